//! A certificate as it stands in a file [RFC 5280 §4.1]; whatever cannot be read is missing here.

use super::{
    algorithm::{Algorithm, PublicKey},
    extension::Extensions,
    name::Name,
    node::{Node, Parts, tag},
    time::Time,
};

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate<'a> {
    /// All of it.
    pub root: Node<'a>,
    /// What is signed.
    pub to_be_signed: Option<Node<'a>>,
    /// The number inside the version's tag; missing in a certificate of version 1.
    pub version: Option<Node<'a>>,
    /// The serial number.
    pub serial: Option<Node<'a>>,
    /// The algorithm that is named inside what is signed.
    pub inner_algorithm: Option<Algorithm<'a>>,
    /// Who issued it.
    pub issuer: Option<Name<'a>>,
    /// When it begins to be valid.
    pub not_before: Option<Time<'a>>,
    /// When it ceases to be valid.
    pub not_after: Option<Time<'a>>,
    /// Whose it is.
    pub subject: Option<Name<'a>>,
    /// The key.
    pub key: Option<PublicKey<'a>>,
    /// Unique identifiers of issuer and subject.
    pub unique_ids: [Option<Node<'a>>; 2],
    /// The extensions.
    pub extensions: Extensions<'a>,
    /// The algorithm that is named beside the signature.
    pub algorithm: Option<Algorithm<'a>>,
    /// The signature.
    pub signature: Option<Node<'a>>,
    /// What could not be read, and elements that should not be there.
    pub flaws: Vec<String>,
}

impl<'a> Certificate<'a> {
    /// Reads what can be read.
    #[must_use]
    pub fn read(root: Node<'a>) -> Self {
        let mut outer = Parts::of(Some(root));
        let to_be_signed = outer.take(tag::SEQUENCE);
        let algorithm = outer.take(tag::SEQUENCE).map(Algorithm::read);
        let signature = outer.take(tag::BIT_STRING);
        let mut parts = Parts::of(to_be_signed);
        let version = parts.take(tag::context(0));
        let serial = parts.take(tag::INTEGER);
        let inner_algorithm = parts.take(tag::SEQUENCE).map(Algorithm::read);
        let issuer = parts.take(tag::SEQUENCE).map(Name::read);
        let mut validity = Parts::of(parts.take(tag::SEQUENCE));
        let mut moment = || validity.take_any(&[tag::UTC_TIME, tag::GENERALIZED_TIME]);
        let (not_before, not_after) = (moment().map(Time::read), moment().map(Time::read));
        let subject = parts.take(tag::SEQUENCE).map(Name::read);
        let key = parts.take(tag::SEQUENCE).map(PublicKey::read);
        let mut unique = |number| parts.take_any(&[tag::primitive(number), tag::context(number)]);
        let unique_ids = [unique(1), unique(2)];
        let extensions = Extensions::read(parts.take(tag::context(3)));
        let flaws = flaws(&[outer, parts, validity]);
        Self {
            root,
            to_be_signed,
            version: version.and_then(|version| version.wrapped(0).ok()),
            serial,
            inner_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            key,
            unique_ids,
            extensions,
            algorithm,
            signature,
            flaws,
        }
    }

    /// The parts that every certificate has and this one lacks.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        [
            ("tbsCertificate", self.to_be_signed.is_some()),
            ("serialNumber", self.serial.is_some()),
            ("signature", self.inner_algorithm.is_some()),
            ("issuer", self.issuer.is_some()),
            ("notBefore", self.not_before.is_some()),
            ("notAfter", self.not_after.is_some()),
            ("subject", self.subject.is_some()),
            ("subjectPublicKeyInfo", self.key.is_some()),
            ("signatureAlgorithm", self.algorithm.is_some()),
            ("signatureValue", self.signature.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, there)| (!there).then_some(name))
        .collect()
    }

    /// The version as it is counted: 1 where none is written.
    #[must_use]
    pub fn version_number(&self) -> Option<u64> {
        match self.version {
            None => Some(1),
            Some(version) => version.small_number().and_then(|number| number.checked_add(1)),
        }
    }

    /// Whether issuer and subject are the same [RFC 5280 §3.2].
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        matches!((&self.issuer, &self.subject), (Some(issuer), Some(subject)) if issuer.matches(subject))
    }
}

/// What the readers of parts left over.
pub(super) fn flaws(parts: &[Parts<'_>]) -> Vec<String> {
    let malformed = parts.iter().filter_map(|parts| parts.malformed).map(|at| at.to_string());
    let left = parts.iter().filter_map(Parts::left);
    malformed.chain(left.map(|node| format!("unexpected element {node:?}"))).collect()
}
