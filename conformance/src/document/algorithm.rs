//! Algorithm identifiers and public keys [RFC 5280 §4.1.1.2, §4.1.2.7].

use const_oid::ObjectIdentifier;

use super::{
    node::{Node, Parts, tag},
    oid,
};

/// An AlgorithmIdentifier.
#[derive(Clone, Copy, Debug)]
pub struct Algorithm<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// Which one.
    pub oid: Option<ObjectIdentifier>,
    /// Its parameters; they may be missing.
    pub parameters: Option<Node<'a>>,
    /// Whether nothing follows, and all was readable.
    pub complete: bool,
}

impl<'a> Algorithm<'a> {
    /// Reads an identifier.
    #[must_use]
    pub fn read(node: Node<'a>) -> Self {
        let mut parts = Parts::of(Some(node));
        let oid = parts.take(tag::OBJECT_IDENTIFIER).and_then(|node| node.oid());
        let parameters = parts.take_next();
        let complete = oid.is_some() && parts.left().is_none() && parts.malformed.is_none();
        Self { node, oid, parameters, complete }
    }

    /// Whether it is one of these.
    #[must_use]
    pub fn is_one_of(&self, oids: &[ObjectIdentifier]) -> bool {
        self.oid.is_some_and(|oid| oids.contains(&oid))
    }

    /// Whether the parameters are NULL.
    #[must_use]
    pub fn has_null(&self) -> bool {
        self.parameters.is_some_and(|node| node.encoded == [tag::NULL, 0])
    }

    /// The name, for findings.
    #[must_use]
    pub fn name(&self) -> String {
        self.oid.as_ref().map_or_else(|| "an unreadable algorithm".to_owned(), oid::describe)
    }
}

/// What is inside a public key.
#[derive(Clone, Copy, Debug)]
pub enum Material<'a> {
    /// An RSA key [RFC 8017 §A.1.1]: modulus and exponent, as INTEGERs.
    Rsa(Node<'a>, Node<'a>),
    /// A point on the curve that the parameters name [RFC 5480 §2.2].
    Point(&'a [u8]),
    /// The bytes of a key on Curve25519 or Curve448 [RFC 8410 §4].
    Edwards(&'a [u8]),
    /// A key of another algorithm, or one that cannot be read.
    Other,
}

/// A SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// The algorithm.
    pub algorithm: Option<Algorithm<'a>>,
    /// The key as the BIT STRING holds it, without the count of unused bits.
    pub bits: Option<&'a [u8]>,
    /// What is inside.
    pub material: Material<'a>,
}

impl<'a> PublicKey<'a> {
    /// Reads a key.
    #[must_use]
    pub fn read(node: Node<'a>) -> Self {
        let mut parts = Parts::of(Some(node));
        let algorithm = parts.take(tag::SEQUENCE).map(Algorithm::read);
        let string = parts.take(tag::BIT_STRING);
        let bits = string.and_then(|string| string.content.get(1..));
        let material = match (algorithm, string) {
            (Some(algorithm), Some(string)) => material(&algorithm, string),
            _ => Material::Other,
        };
        Self { node, algorithm, bits, material }
    }

    /// Whether its algorithm is one of these.
    #[must_use]
    pub fn is_one_of(&self, oids: &[ObjectIdentifier]) -> bool {
        self.algorithm.is_some_and(|algorithm| algorithm.is_one_of(oids))
    }

    /// The named curve.
    #[must_use]
    pub fn curve(&self) -> Option<ObjectIdentifier> {
        self.algorithm?.parameters?.oid()
    }
}

fn material<'a>(algorithm: &Algorithm<'a>, string: Node<'a>) -> Material<'a> {
    let bits = string.content.get(1..).unwrap_or_default();
    match algorithm.oid {
        Some(oid::RSA_ENCRYPTION | oid::RSASSA_PSS) => {
            let mut numbers = Parts::of(string.wrapped(1).ok());
            match (numbers.take(tag::INTEGER), numbers.take(tag::INTEGER)) {
                (Some(modulus), Some(exponent)) => Material::Rsa(modulus, exponent),
                _ => Material::Other,
            }
        }
        Some(oid::EC_PUBLIC_KEY) => Material::Point(bits),
        Some(oid::ED25519 | oid::ED448 | oid::X25519 | oid::X448) => Material::Edwards(bits),
        _ => Material::Other,
    }
}

/// How many bits a positive INTEGER has.
#[must_use]
pub fn bit_length(integer: &Node<'_>) -> usize {
    let digits: Vec<u8> = integer.content.iter().copied().skip_while(|byte| *byte == 0).collect();
    let leading = digits.first().map_or(8, |byte| byte.leading_zeros() as usize);
    (digits.len() * 8).saturating_sub(leading)
}
