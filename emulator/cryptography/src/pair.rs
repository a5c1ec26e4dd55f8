//! The two numbers of a signature as an ASN.1 sequence [SEC 1 §C.5], [RFC 3279 §2.2.2].

use crate::number::{fit, trim};

/// ASN.1 tag of an integer.
const INTEGER: u8 = 0x02;
/// ASN.1 tag of a sequence.
const SEQUENCE: u8 = 0x30;
/// Lengths from here on have a byte before them in DER, that says that one follows.
const LONG_LENGTH: usize = 0x80;

/// Greatest length of two numbers of `length` bytes, in bytes: each may need a zero before it, and all have heads.
pub(crate) const fn length_max(length: usize) -> usize {
    let body = 2 * (length + 3);
    body + if body < LONG_LENGTH { 2 } else { 3 }
}

fn head(tag: u8, length: usize) -> Vec<u8> {
    let short = u8::try_from(length).unwrap_or(u8::MAX);
    if length < LONG_LENGTH { vec![tag, short] } else { vec![tag, 0x81, short] }
}

fn integer(number: &[u8]) -> Vec<u8> {
    let digits = trim(number);
    let sign = usize::from(digits.first().is_none_or(|byte| *byte >= 0x80));
    let mut encoded = head(INTEGER, digits.len() + sign);
    encoded.extend_from_slice(&fit(digits, digits.len() + sign));
    encoded
}

/// `ECDSA-Sig-Value` [SEC 1 §C.5].
pub(crate) fn encode(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    [head(SEQUENCE, body.len()), body].concat()
}

/// The value of an element with a tag, and what follows it.
fn value(tag: u8, encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    match encoded {
        [first, length, rest @ ..] if *first == tag && usize::from(*length) < LONG_LENGTH => {
            rest.split_at_checked(usize::from(*length))
        }
        [first, 0x81, length, rest @ ..]
            if *first == tag && usize::from(*length) >= LONG_LENGTH =>
        {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// The two positive integers of a sequence, in their shortest form.
pub(crate) fn decode(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, []) = value(SEQUENCE, encoded)? else { return None };
    let (r, rest) = value(INTEGER, body)?;
    let (s, []) = value(INTEGER, rest)? else { return None };
    let is_positive = |number: &[u8]| match number {
        [0, second, ..] => *second >= 0x80,
        [first, ..] => *first < 0x80,
        [] => false,
    };
    (is_positive(r) && is_positive(s)).then_some((r, s))
}
