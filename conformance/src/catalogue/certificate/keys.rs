//! The subject's public key [RFC 5280 §4.1.2.7; RFC 4055 §1.2; RFC 5480; RFC 8017 §3.1; RFC 8410].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        algorithm::{Material, PublicKey, bit_length},
        certificate::Certificate,
        extension::usage,
        lint::{Lint, absent, at, flawless, unreadable},
        node::Node,
        oid,
    },
    verdict::Verdict,
};

/// Least bits of an RSA modulus that still count as safe [SP 800-131A Rev. 2 §3].
const MODULUS_BITS_MIN: usize = 2048;
/// Least public exponent that counts as safe [FIPS 186-5 §A.1.1].
const EXPONENT_MIN: u64 = 65_537;
/// Primes that no modulus may have.
const SMALL_PRIMES: &[u64] = &[
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199, 211, 223, 227, 229, 233, 239, 241, 251,
];
/// Length of a coordinate, in bytes, on each curve.
const COORDINATES: &[(ObjectIdentifier, usize)] =
    &[(oid::P256, 32), (oid::P384, 48), (oid::P521, 66)];
/// Length of keys on Curve25519 and Curve448, in bytes [RFC 7748 §6, RFC 8032 §5].
const EDWARDS_LENGTHS: &[(ObjectIdentifier, usize)] =
    &[(oid::X25519, 32), (oid::ED25519, 32), (oid::X448, 56), (oid::ED448, 57)];

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-26",
        "RFC5280-4.1.2.7-key-001",
        "RFC 5280 §4.1.2.7",
        "algorithm and key are there, the key in whole bytes",
        Lint::Certificate(structure),
    ),
    must(
        "CE-27",
        "RFC4055-1.2-parameters-001",
        "RFC 4055 §1.2",
        "an RSA key's algorithm has NULL as its parameters",
        Lint::Certificate(rsa_parameters),
    ),
    must(
        "CE-28",
        "RFC8017-3.1-modulus-001",
        "RFC 8017 §3.1",
        "an RSA modulus is positive, odd and without small factors",
        Lint::Certificate(modulus),
    ),
    must(
        "CE-29",
        "RFC8017-3.1-exponent-002",
        "RFC 8017 §3.1",
        "an RSA exponent is odd, at least 3 and less than the modulus",
        Lint::Certificate(exponent),
    ),
    should(
        "CE-30",
        "SP800-131A-3-modulus-001",
        "SP 800-131A §3",
        "an RSA modulus has at least 2048 bits",
        Lint::Certificate(modulus_size),
    ),
    should(
        "CE-31",
        "FIPS186-5-A.1.1-exponent-001",
        "FIPS 186-5 §A.1.1",
        "an RSA exponent is at least 65537",
        Lint::Certificate(exponent_size),
    ),
    must(
        "CE-32",
        "RFC5480-2.1.1-curve-001",
        "RFC 5480 §2.1.1",
        "an elliptic curve is named, not described or inherited",
        Lint::Certificate(curve),
    ),
    must(
        "CE-33",
        "RFC5480-2.2-point-001",
        "RFC 5480 §2.2",
        "a point has the length and form of its curve, and is not infinite",
        Lint::Certificate(point),
    ),
    must(
        "CE-34",
        "RFC5480-3-usage-001",
        "RFC 5480 §3",
        "a key on an elliptic curve enciphers neither keys nor data",
        Lint::Certificate(curve_usage),
    ),
    must(
        "CE-35",
        "RFC8410-3-parameters-001",
        "RFC 8410 §3",
        "a key on Curve25519 or Curve448 has no parameters",
        Lint::Certificate(edwards_parameters),
    ),
    must(
        "CE-36",
        "RFC8410-4-length-001",
        "RFC 8410 §4",
        "a key on Curve25519 or Curve448 has the curve's length",
        Lint::Certificate(edwards_length),
    ),
    should(
        "CE-37",
        "RFC3279-2.3.1-usage-001",
        "RFC 3279 §2.3.1",
        "an RSA key agrees on no keys",
        Lint::Certificate(rsa_usage),
    ),
];

/// Judges the key if it is of one of these algorithms.
fn of(
    certificate: &Certificate<'_>,
    oids: &[ObjectIdentifier],
    what: &str,
    judge: impl Fn(&PublicKey<'_>) -> Verdict,
) -> Verdict {
    match &certificate.key {
        None => unreadable("the key"),
        Some(key) if key.is_one_of(oids) => judge(key),
        Some(_) => absent(what),
    }
}

fn structure(certificate: &Certificate<'_>) -> Verdict {
    let Some(key) = &certificate.key else { return unreadable("the key") };
    let string = key.node.elements().into_iter().nth(1);
    let whole = string.is_some_and(|string| matches!(string.content, [0, _, ..]));
    let algorithm = key.algorithm.is_some_and(|algorithm| algorithm.complete);
    let readable =
        !matches!((key.material, key.is_one_of(&[oid::RSA_ENCRYPTION])), (Material::Other, true));
    let two = key.node.elements().len() == 2;
    Verdict::require(whole && algorithm && readable && two, || {
        at(&key.node, "no algorithm with a key of its kind")
    })
}

fn rsa_parameters(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, &[oid::RSA_ENCRYPTION], "RSA key", |key| {
        Verdict::require(key.algorithm.is_some_and(|algorithm| algorithm.has_null()), || {
            at(&key.node, "parameters other than NULL")
        })
    })
}

fn rsa(certificate: &Certificate<'_>, judge: impl Fn(&Node<'_>, &Node<'_>) -> Verdict) -> Verdict {
    match certificate.key.map(|key| key.material) {
        Some(Material::Rsa(modulus, exponent)) => judge(&modulus, &exponent),
        Some(_) => absent("RSA key"),
        None => unreadable("the key"),
    }
}

fn is_negative(integer: &Node<'_>) -> bool {
    integer.content.first().is_none_or(|byte| byte & 0x80 != 0)
}

fn is_even(integer: &Node<'_>) -> bool {
    integer.content.last().is_none_or(|byte| byte & 1 == 0)
}

fn remainder(integer: &Node<'_>, divisor: u64) -> u64 {
    integer.content.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % divisor)
}

fn modulus(certificate: &Certificate<'_>) -> Verdict {
    rsa(certificate, |modulus, _| {
        if is_negative(modulus) || is_even(modulus) {
            return flawless(Some(at(modulus, "an even or negative modulus")));
        }
        let factor = SMALL_PRIMES.iter().find(|prime| remainder(modulus, **prime) == 0);
        flawless(factor.map(|prime| at(modulus, &format!("a modulus that {prime} divides"))))
    })
}

fn exponent(certificate: &Certificate<'_>) -> Verdict {
    rsa(certificate, |modulus, exponent| {
        let small = exponent.small_number().is_some_and(|number| number < 3);
        let bad = is_negative(exponent)
            || is_even(exponent)
            || small
            || bit_length(exponent) >= bit_length(modulus);
        flawless(bad.then(|| at(exponent, "an exponent that is even, too small or too large")))
    })
}

fn modulus_size(certificate: &Certificate<'_>) -> Verdict {
    rsa(certificate, |modulus, _| {
        let bits = bit_length(modulus);
        Verdict::require(bits >= MODULUS_BITS_MIN, || {
            at(modulus, &format!("a modulus of {bits} bits"))
        })
    })
}

fn exponent_size(certificate: &Certificate<'_>) -> Verdict {
    rsa(certificate, |_, exponent| {
        let large = exponent.small_number().is_none_or(|number| number >= EXPONENT_MIN);
        Verdict::require(large, || at(exponent, "a small exponent"))
    })
}

fn curve(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, &[oid::EC_PUBLIC_KEY], "key on an elliptic curve", |key| {
        Verdict::require(key.curve().is_some(), || at(&key.node, "no named curve"))
    })
}

fn point(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, &[oid::EC_PUBLIC_KEY], "key on an elliptic curve", |key| {
        let Material::Point(point) = key.material else { return unreadable("the point") };
        let length = COORDINATES
            .iter()
            .find(|(curve, _)| key.curve() == Some(*curve))
            .map(|(_, length)| *length);
        let right = match (point.first(), length) {
            (Some(4), Some(length)) => point.len() == 1 + 2 * length,
            (Some(2 | 3), Some(length)) => point.len() == 1 + length,
            (Some(4), None) => point.len() >= 3 && point.len() % 2 == 1,
            (Some(2 | 3), None) => point.len() >= 2,
            _ => false,
        };
        Verdict::require(right, || {
            at(&key.node, &format!("a point of {} bytes in another form", point.len()))
        })
    })
}

fn forbidden_usage(certificate: &Certificate<'_>, forbidden: u16) -> Verdict {
    match certificate.extensions.key_usage() {
        None => absent("key usage"),
        Some(bits) => Verdict::require(bits & forbidden == 0, || {
            format!("key usage has bits {:03X} of this key's forbidden ones", bits & forbidden)
        }),
    }
}

fn curve_usage(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, &[oid::EC_PUBLIC_KEY], "key on an elliptic curve", |_| {
        forbidden_usage(certificate, usage::KEY_ENCIPHERMENT | usage::DATA_ENCIPHERMENT)
    })
}

fn rsa_usage(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, &[oid::RSA_ENCRYPTION], "RSA key", |_| {
        forbidden_usage(
            certificate,
            usage::KEY_AGREEMENT | usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY,
        )
    })
}

const EDWARDS: &[ObjectIdentifier] = &[oid::ED25519, oid::ED448, oid::X25519, oid::X448];

fn edwards_parameters(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, EDWARDS, "key on Curve25519 or Curve448", |key| {
        let parameters = key.algorithm.and_then(|algorithm| algorithm.parameters);
        flawless(parameters.map(|node| at(&node, "parameters")))
    })
}

fn edwards_length(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, EDWARDS, "key on Curve25519 or Curve448", |key| {
        let length = EDWARDS_LENGTHS
            .iter()
            .find(|(curve, _)| key.is_one_of(&[*curve]))
            .map(|(_, length)| *length);
        let Material::Edwards(bytes) = key.material else { return unreadable("the key") };
        Verdict::require(length == Some(bytes.len()), || {
            at(&key.node, &format!("a key of {} bytes", bytes.len()))
        })
    })
}
