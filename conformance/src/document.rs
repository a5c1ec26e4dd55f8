//! Documents that a public key infrastructure issues, read so that they can be judged: certificates, lists of revoked certificates and
//! OCSP responses.
//!
//! Nothing here refuses a document: what cannot be read is missing from the value, and a lint says so.

pub mod algorithm;
pub mod certificate;
pub mod crl;
pub mod extension;
pub mod file;
pub mod general_name;
pub mod lint;
pub mod name;
pub mod node;
pub mod ocsp;
pub mod oid;
pub mod signature;
pub mod time;

use certificate::Certificate;
use crl::Crl;
use node::{Malformed, Node, tag};
use ocsp::Ocsp;
use serde::Serialize;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A certificate [RFC 5280 §4].
    Certificate,
    /// A list of revoked certificates [RFC 5280 §5].
    Crl,
    /// An OCSP response [RFC 6960 §4.2].
    Ocsp,
}

/// What is in a document.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A certificate.
    Certificate(Box<Certificate<'a>>),
    /// A list of revoked certificates.
    Crl(Box<Crl<'a>>),
    /// An OCSP response.
    Ocsp(Box<Ocsp<'a>>),
}

/// A document, with what it is judged by.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The outermost element, without what may follow it.
    pub root: Result<Node<'a>, Malformed>,
    /// What is in it.
    pub content: Content<'a>,
    /// The certificate of its issuer.
    pub issuer: Option<Certificate<'a>>,
    /// The time by which it is judged, in seconds since 1970.
    pub now: u64,
}

impl<'a> Document<'a> {
    /// Reads a document in DER. Without a kind it is taken for what it looks like.
    #[must_use]
    pub fn read(bytes: &'a [u8], kind: Option<Kind>, issuer: Option<&'a [u8]>, now: u64) -> Self {
        let root = Node::first(bytes, 0);
        // An element without content has nothing that could be read, and so every part is missing.
        let nothing = Node { tag: 0, offset: 0, content: &[], encoded: &[], minimal_length: true };
        let node = root.unwrap_or(nothing);
        let content = match kind.unwrap_or_else(|| recognise(node)) {
            Kind::Certificate => Content::Certificate(Box::new(Certificate::read(node))),
            Kind::Crl => Content::Crl(Box::new(Crl::read(node))),
            Kind::Ocsp => Content::Ocsp(Box::new(Ocsp::read(node))),
        };
        let issuer = issuer.and_then(|bytes| Node::first(bytes, 0).ok()).map(Certificate::read);
        Self { bytes, root, content, issuer, now }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.content {
            Content::Certificate(_) => Kind::Certificate,
            Content::Crl(_) => Kind::Crl,
            Content::Ocsp(_) => Kind::Ocsp,
        }
    }
}

/// What a document looks like: an OCSP response begins with its status, and a list has a time where a certificate has a name or the validity.
#[must_use]
pub fn recognise(root: Node<'_>) -> Kind {
    let first = root.elements().into_iter().next();
    if first.is_some_and(|first| first.tag == tag::ENUMERATED) {
        return Kind::Ocsp;
    }
    let tags: Vec<u8> = first
        .map(|first| first.elements())
        .unwrap_or_default()
        .iter()
        .map(|node| node.tag)
        .collect();
    let without_version = tags.strip_prefix(&[tag::INTEGER]).unwrap_or(&tags);
    match without_version {
        [tag::SEQUENCE, tag::SEQUENCE, tag::UTC_TIME | tag::GENERALIZED_TIME, ..] => Kind::Crl,
        _ => Kind::Certificate,
    }
}
