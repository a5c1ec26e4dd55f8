//! Expected answers.

use core::fmt;

use iso7816::Response;

use crate::{PATTERN_LENGTH_MAX, error::SyntaxErrorKind};

/// One element of the expected data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Byte(u8),
    AnyByte,
    AnyBytes,
}

/// An expected answer, or several of which one must come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    alternatives: Vec<Alternative>,
    text: String,
}

/// Data with gaps, then status words of which one must come.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    data: Vec<Element>,
    status: Vec<[Option<u8>; 4]>,
}

impl Pattern {
    /// Reads a pattern such as `E3 .. * 9000|6310` or `00 9000 or 6985`.
    ///
    /// # Errors
    /// `ExpectedStatus`, `Unexpected`, `TooMuch`.
    pub fn parse(text: &str) -> Result<Self, SyntaxErrorKind> {
        let text = text.trim();
        let alternatives = text.split(" or ").map(Alternative::parse).collect::<Result<_, _>>()?;
        Ok(Self { alternatives, text: text.to_owned() })
    }

    /// Whether an answer is the expected one.
    #[must_use]
    pub fn matches(&self, answer: &Response) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches(answer))
    }
}

impl Alternative {
    fn parse(text: &str) -> Result<Self, SyntaxErrorKind> {
        let text = text.trim();
        let (data, status) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
        let status = status.split('|').map(status_word).collect::<Option<Vec<_>>>();
        let status = status.ok_or(SyntaxErrorKind::ExpectedStatus)?;
        let mut elements = Vec::new();
        for word in data.split_whitespace() {
            elements_of(word, &mut elements)?;
            if elements.len() > PATTERN_LENGTH_MAX {
                return Err(SyntaxErrorKind::TooMuch("elements of an expected answer"));
            }
        }
        Ok(Self { data: elements, status })
    }

    fn matches(&self, answer: &Response) -> bool {
        let word = answer.status.0;
        let digits = [12, 8, 4, 0].map(|shift| word >> shift & 0xF);
        let same = |expected: &[Option<u8>; 4]| {
            let mut pairs = expected.iter().zip(digits);
            pairs.all(|(want, is)| want.is_none_or(|want| u16::from(want) == is))
        };
        self.status.iter().any(same) && data_matches(&self.data, &answer.data)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Four hex digits, a point for any.
fn status_word(text: &str) -> Option<[Option<u8>; 4]> {
    let digit = |digit: char| match digit {
        '.' => Some(None),
        _ => digit.to_digit(16).and_then(|value| u8::try_from(value).ok()).map(Some),
    };
    text.chars().map(digit).collect::<Option<Vec<_>>>()?.try_into().ok()
}

fn elements_of(word: &str, elements: &mut Vec<Element>) -> Result<(), SyntaxErrorKind> {
    let wrong = || SyntaxErrorKind::Unexpected(word.to_owned());
    if word == "*" {
        elements.push(Element::AnyBytes);
        return Ok(());
    }
    let digits = word.chars().collect::<Vec<_>>();
    let (pairs, []) = digits.as_chunks::<2>() else { return Err(wrong()) };
    for pair in pairs {
        elements.push(match pair {
            ['.', '.'] => Element::AnyByte,
            [high, low] => {
                let value = |digit: &char| digit.to_digit(16).ok_or_else(wrong);
                let byte = value(high)? << 4 | value(low)?;
                Element::Byte(u8::try_from(byte).map_err(|_| wrong())?)
            }
        });
    }
    Ok(())
}

/// Matches from the left; a gap is widened only when what follows it does not match, so that time is bounded by the product of lengths.
fn data_matches(mut pattern: &[Element], mut data: &[u8]) -> bool {
    let mut gap: Option<(&[Element], &[u8])> = None;
    loop {
        match (pattern.split_first(), data.split_first()) {
            (Some((Element::AnyBytes, rest)), _) => {
                (pattern, gap) = (rest, Some((rest, data)));
            }
            (Some((element, rest)), Some((byte, after)))
                if *element == Element::AnyByte || *element == Element::Byte(*byte) =>
            {
                (pattern, data) = (rest, after);
            }
            (None, None) => return true,
            _ => {
                let Some((after_gap, [_, shorter @ ..])) = gap else { return false };
                (pattern, data, gap) = (after_gap, shorter, Some((after_gap, shorter)));
            }
        }
    }
}
