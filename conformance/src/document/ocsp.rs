//! An OCSP response as it stands in a file [RFC 6960 §4.2.1].

use super::{
    algorithm::Algorithm,
    certificate::{Certificate, flaws},
    extension::Extensions,
    name::Name,
    node::{Node, Parts, tag},
    time::Time,
};

/// What the responder says of a certificate.
#[derive(Clone, Debug)]
pub struct SingleResponse<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// The algorithm of the digests below.
    pub hash: Option<Algorithm<'a>>,
    /// Digest of the issuer's name.
    pub issuer_name_hash: Option<Node<'a>>,
    /// Digest of the issuer's key.
    pub issuer_key_hash: Option<Node<'a>>,
    /// The serial number.
    pub serial: Option<Node<'a>>,
    /// The status: its tag says which one.
    pub status: Option<Node<'a>>,
    /// Since when this is known to be right.
    pub this_update: Option<Time<'a>>,
    /// When more will be known.
    pub next_update: Option<Time<'a>>,
    /// Extensions of this answer.
    pub extensions: Extensions<'a>,
}

/// Tags of the statuses [RFC 6960 §4.2.1].
pub mod status {
    use super::tag;

    /// The certificate is not revoked.
    pub const GOOD: u8 = tag::primitive(0);
    /// The certificate is revoked.
    pub const REVOKED: u8 = tag::context(1);
    /// The certificate is unknown.
    pub const UNKNOWN: u8 = tag::primitive(2);
}

impl<'a> SingleResponse<'a> {
    fn read(node: Node<'a>) -> Self {
        let mut parts = Parts::of((node.tag == tag::SEQUENCE).then_some(node));
        let mut id = Parts::of(parts.take(tag::SEQUENCE));
        let status = parts.take_any(&[status::GOOD, status::REVOKED, status::UNKNOWN]);
        let this_update = parts.take(tag::GENERALIZED_TIME).map(Time::read);
        let next = parts.take(tag::context(0)).and_then(|node| node.wrapped(0).ok());
        Self {
            node,
            hash: id.take(tag::SEQUENCE).map(Algorithm::read),
            issuer_name_hash: id.take(tag::OCTET_STRING),
            issuer_key_hash: id.take(tag::OCTET_STRING),
            serial: id.take(tag::INTEGER),
            status,
            this_update,
            next_update: next.map(Time::read),
            extensions: Extensions::read(parts.take(tag::context(1))),
        }
    }

    /// Time and reason of the revocation, where it says so.
    #[must_use]
    pub fn revocation(&self) -> Option<(Option<Time<'a>>, Option<u64>)> {
        let mut parts = Parts::of(self.status.filter(|node| node.tag == status::REVOKED));
        self.status.filter(|node| node.tag == status::REVOKED)?;
        let time = parts.take(tag::GENERALIZED_TIME).map(Time::read);
        let reason = parts.take(tag::context(0)).and_then(|node| node.wrapped(0).ok());
        Some((time, reason.and_then(|reason| reason.small_number())))
    }

    /// Whether all parts are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let id = self.hash.is_some()
            && self.issuer_name_hash.is_some()
            && self.issuer_key_hash.is_some();
        id && self.serial.is_some() && self.status.is_some() && self.this_update.is_some()
    }
}

/// A response of the basic type.
#[derive(Clone, Debug)]
pub struct BasicResponse<'a> {
    /// What is signed.
    pub to_be_signed: Option<Node<'a>>,
    /// The number inside the version's tag.
    pub version: Option<Node<'a>>,
    /// The responder's name.
    pub responder_name: Option<Name<'a>>,
    /// The responder's key, as a digest.
    pub responder_key: Option<Node<'a>>,
    /// When it was signed.
    pub produced_at: Option<Time<'a>>,
    /// The answers.
    pub responses: Vec<SingleResponse<'a>>,
    /// Extensions of the whole.
    pub extensions: Extensions<'a>,
    /// The algorithm of the signature.
    pub algorithm: Option<Algorithm<'a>>,
    /// The signature.
    pub signature: Option<Node<'a>>,
    /// Certificates that come with it.
    pub certificates: Vec<Certificate<'a>>,
    /// What could not be read, and elements that should not be there.
    pub flaws: Vec<String>,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Ocsp<'a> {
    /// All of it.
    pub root: Node<'a>,
    /// Whether there is an answer, and why not.
    pub status: Option<Node<'a>>,
    /// The tag around the answer.
    pub bytes: Option<Node<'a>>,
    /// The type of the answer.
    pub kind: Option<Node<'a>>,
    /// The answer, where it is of the basic type.
    pub basic: Option<BasicResponse<'a>>,
    /// What could not be read, and elements that should not be there.
    pub flaws: Vec<String>,
}

impl<'a> Ocsp<'a> {
    /// Reads what can be read.
    #[must_use]
    pub fn read(root: Node<'a>) -> Self {
        let mut outer = Parts::of(Some(root));
        let status = outer.take(tag::ENUMERATED);
        let bytes = outer.take(tag::context(0));
        let mut typed = Parts::of(bytes.and_then(|bytes| bytes.wrapped(0).ok()));
        let kind = typed.take(tag::OBJECT_IDENTIFIER);
        let basic = typed.take(tag::OCTET_STRING).and_then(|node| node.wrapped(0).ok());
        Self {
            root,
            status,
            bytes,
            kind,
            basic: basic.map(BasicResponse::read),
            flaws: flaws(&[outer, typed]),
        }
    }
}

impl<'a> BasicResponse<'a> {
    fn read(node: Node<'a>) -> Self {
        let mut outer = Parts::of(Some(node));
        let to_be_signed = outer.take(tag::SEQUENCE);
        let algorithm = outer.take(tag::SEQUENCE).map(Algorithm::read);
        let signature = outer.take(tag::BIT_STRING);
        let certificates = outer.take(tag::context(0)).and_then(|node| node.wrapped(0).ok());
        let mut parts = Parts::of(to_be_signed);
        let version = parts.take(tag::context(0)).and_then(|node| node.wrapped(0).ok());
        let name = parts.take(tag::context(1)).and_then(|node| node.wrapped(0).ok());
        let key = parts.take(tag::context(2)).and_then(|node| node.wrapped(0).ok());
        let produced_at = parts.take(tag::GENERALIZED_TIME).map(Time::read);
        let responses = parts.take(tag::SEQUENCE);
        let extensions = Extensions::read(parts.take(tag::context(1)));
        let elements =
            |list: Option<Node<'a>>| list.map(|list| list.elements()).unwrap_or_default();
        Self {
            to_be_signed,
            version,
            responder_name: name.map(Name::read),
            responder_key: key,
            produced_at,
            responses: elements(responses).into_iter().map(SingleResponse::read).collect(),
            extensions,
            algorithm,
            signature,
            certificates: elements(certificates).into_iter().map(Certificate::read).collect(),
            flaws: flaws(&[outer, parts, Parts::of(responses).read_through()]),
        }
    }
}
