//! A list of revoked certificates as it stands in a file [RFC 5280 §5.1].

use super::{
    algorithm::Algorithm,
    certificate::flaws,
    extension::Extensions,
    name::Name,
    node::{Node, Parts, tag},
    time::Time,
};

const TIMES: &[u8] = &[tag::UTC_TIME, tag::GENERALIZED_TIME];

/// An entry of a list.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// The serial number.
    pub serial: Option<Node<'a>>,
    /// When it was revoked.
    pub date: Option<Time<'a>>,
    /// Extensions of the entry.
    pub extensions: Extensions<'a>,
    /// Whether there is nothing else in it.
    pub complete: bool,
}

impl<'a> Entry<'a> {
    fn read(node: Node<'a>) -> Self {
        let mut parts = Parts::of((node.tag == tag::SEQUENCE).then_some(node));
        let serial = parts.take(tag::INTEGER);
        let date = parts.take_any(TIMES).map(Time::read);
        let extensions = parts.take(tag::SEQUENCE).map(Extensions::read_list).unwrap_or_default();
        let complete = parts.left().is_none() && parts.malformed.is_none();
        Self { node, serial, date, extensions, complete }
    }
}

/// A list of revoked certificates.
#[derive(Clone, Debug)]
pub struct Crl<'a> {
    /// All of it.
    pub root: Node<'a>,
    /// What is signed.
    pub to_be_signed: Option<Node<'a>>,
    /// The version.
    pub version: Option<Node<'a>>,
    /// The algorithm that is named inside what is signed.
    pub inner_algorithm: Option<Algorithm<'a>>,
    /// Who issued it.
    pub issuer: Option<Name<'a>>,
    /// When it was issued.
    pub this_update: Option<Time<'a>>,
    /// When the next one comes.
    pub next_update: Option<Time<'a>>,
    /// The list of entries, where it is there.
    pub list: Option<Node<'a>>,
    /// The entries.
    pub entries: Vec<Entry<'a>>,
    /// The extensions.
    pub extensions: Extensions<'a>,
    /// The algorithm that is named beside the signature.
    pub algorithm: Option<Algorithm<'a>>,
    /// The signature.
    pub signature: Option<Node<'a>>,
    /// What could not be read, and elements that should not be there.
    pub flaws: Vec<String>,
}

impl<'a> Crl<'a> {
    /// Reads what can be read.
    #[must_use]
    pub fn read(root: Node<'a>) -> Self {
        let mut outer = Parts::of(Some(root));
        let to_be_signed = outer.take(tag::SEQUENCE);
        let algorithm = outer.take(tag::SEQUENCE).map(Algorithm::read);
        let signature = outer.take(tag::BIT_STRING);
        let mut parts = Parts::of(to_be_signed);
        let version = parts.take(tag::INTEGER);
        let inner_algorithm = parts.take(tag::SEQUENCE).map(Algorithm::read);
        let issuer = parts.take(tag::SEQUENCE).map(Name::read);
        let this_update = parts.take_any(TIMES).map(Time::read);
        let next_update = parts.take_any(TIMES).map(Time::read);
        let list = parts.take(tag::SEQUENCE);
        let extensions = Extensions::read(parts.take(tag::context(0)));
        let entries = list.map(|list| list.elements()).unwrap_or_default();
        Self {
            root,
            to_be_signed,
            version,
            inner_algorithm,
            issuer,
            this_update,
            next_update,
            list,
            entries: entries.into_iter().map(Entry::read).collect(),
            extensions,
            algorithm,
            signature,
            flaws: flaws(&[outer, parts, Parts::of(list).read_through()]),
        }
    }

    /// The parts that every list has and this one lacks.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        [
            ("tbsCertList", self.to_be_signed.is_some()),
            ("signature", self.inner_algorithm.is_some()),
            ("issuer", self.issuer.is_some()),
            ("thisUpdate", self.this_update.is_some()),
            ("signatureAlgorithm", self.algorithm.is_some()),
            ("signatureValue", self.signature.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, there)| (!there).then_some(name))
        .collect()
    }
}
