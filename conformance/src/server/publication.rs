//! What an authority publishes: its list of revoked certificates, and answers about single ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use der::pem::Base64Encoder;

use super::{
    Address, Tls, connect,
    http::{Head, Http},
};
use crate::document::{
    certificate::Certificate,
    node::{Node, tag},
};

/// SHA-1, the algorithm of digests that every responder knows, as AlgorithmIdentifier [RFC 5019 §2.1.1].
const SHA1: &[u8] = &[0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0];
/// The extension for a nonce, its identifier.
const NONCE: &[u8] = &[6, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2];

/// Where an authority publishes, and what is asked of it.
pub struct Publication {
    /// Where its list is.
    pub crl: Option<Address>,
    /// Where it answers about certificates.
    pub ocsp: Option<Address>,
    /// How both are reached.
    pub tls: Tls,
    /// How long a server may be silent.
    pub patience: Duration,
    /// The authority's certificate, in DER.
    pub issuer: Vec<u8>,
    /// A certificate that it issued, in DER.
    pub certificate: Option<Vec<u8>>,
}

/// What was fetched.
pub struct Fetched {
    /// The head of the response.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
}

impl Publication {
    /// The time, in seconds since 1970.
    #[must_use]
    pub fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer.
    pub fn fetch(
        &self,
        address: &Address,
        method: &str,
        body: Option<&[u8]>,
    ) -> anyhow::Result<Fetched> {
        let mut http = Http::new(connect(address, &self.tls, self.patience)?);
        let kind = body.map_or_else(String::new, |body| {
            format!("Content-Type: application/ocsp-request\r\nContent-Length: {}\r\n", body.len())
        });
        let (path, authority) = (&address.path, address.authority());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{kind}\r\n"
        );
        http.send(&[head.as_bytes(), body.unwrap_or_default()].concat())?;
        let head = http.head()?;
        let body = http.body(&head)?;
        Ok(Fetched { head, body })
    }

    /// The identifier of a certificate of the authority [RFC 6960 §4.1.1]; `key` instead of the digest of the authority's key.
    #[must_use]
    pub fn certificate_id(&self, serial: &[u8], key: Option<&[u8]>) -> Option<Vec<u8>> {
        let issuer = Certificate::read(Node::first(&self.issuer, 0).ok()?);
        let hash = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
        let name = hash(issuer.subject?.node.encoded);
        let own = hash(issuer.key?.bits?);
        let content = [
            SHA1,
            &element(tag::OCTET_STRING, &name),
            &element(tag::OCTET_STRING, key.unwrap_or(&own)),
            &element(tag::INTEGER, serial),
        ];
        Some(element(tag::SEQUENCE, &content.concat()))
    }

    /// The serial number of the certificate that is asked about.
    #[must_use]
    pub fn serial(&self) -> Option<Vec<u8>> {
        let certificate = Certificate::read(Node::first(self.certificate.as_deref()?, 0).ok()?);
        certificate.serial.map(|serial| serial.content.to_vec())
    }
}

/// A request about one certificate, with a nonce where one is given [RFC 6960 §4.1.1].
#[must_use]
pub fn request(certificate_id: &[u8], nonce: Option<&[u8]>) -> Vec<u8> {
    let list = element(tag::SEQUENCE, &element(tag::SEQUENCE, certificate_id));
    let extensions = nonce.map_or_else(Vec::new, |nonce| {
        let value = element(tag::OCTET_STRING, &element(tag::OCTET_STRING, nonce));
        let extension = element(tag::SEQUENCE, &[NONCE, &value].concat());
        element(tag::context(2), &element(tag::SEQUENCE, &extension))
    });
    element(tag::SEQUENCE, &element(tag::SEQUENCE, &[list, extensions].concat()))
}

/// The path by which a request is asked with GET [RFC 6960 §A.1].
#[must_use]
pub fn get_path(base: &str, request: &[u8]) -> Option<String> {
    let mut buffer = vec![0; request.len() * 2 + 4];
    let mut encoder = Base64Encoder::new(&mut buffer).ok()?;
    encoder.encode(request).ok()?;
    let text = encoder.finish().ok()?;
    let escaped = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    Some(format!("{}/{escaped}", base.trim_end_matches('/')))
}

/// An element in DER; what requests hold is shorter than 64 KiB.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match (high, low) {
        (0, ..0x80) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], content].concat()
}
