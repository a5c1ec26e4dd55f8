//! Files with documents: DER, PEM, or a bundle of PEM.

use anyhow::Context as _;
use der::pem;

use super::Kind;

/// Largest file that is read, in bytes.
pub const FILE_MAX: u64 = 32 * 1024 * 1024;
/// Most documents in a bundle.
pub const DOCUMENTS_MAX: usize = 1_000;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// PEM labels, with what is inside [RFC 7468 §5, §6].
const LABELS: &[(&str, Kind)] = &[
    ("CERTIFICATE", Kind::Certificate),
    ("X509 CERTIFICATE", Kind::Certificate),
    ("X509 CRL", Kind::Crl),
    ("CRL", Kind::Crl),
    ("OCSP RESPONSE", Kind::Ocsp),
];

/// The documents of a file in DER, each with its kind where the file tells. Private keys and the like are passed over.
///
/// # Errors
/// When a bundle has no document, too many, or one whose PEM is broken.
pub fn documents(bytes: &[u8]) -> anyhow::Result<Vec<(Vec<u8>, Option<Kind>)>> {
    let Some(first) = find(bytes, BEGIN) else { return Ok(vec![(bytes.to_vec(), None)]) };
    // DER may hold the word by chance; PEM has only text before it.
    if bytes.first() == Some(&0x30) && !bytes.is_ascii() {
        return Ok(vec![(bytes.to_vec(), None)]);
    }
    let mut documents = Vec::new();
    let mut rest = bytes.get(first..).unwrap_or_default();
    while let Some(begin) = find(rest, BEGIN) {
        let block = rest.get(begin..).unwrap_or_default();
        let end = end_of(block).context("a PEM block without end")?;
        documents.extend(document(block.get(..end).unwrap_or_default())?);
        anyhow::ensure!(documents.len() <= DOCUMENTS_MAX, "more than {DOCUMENTS_MAX} documents");
        rest = block.get(end..).unwrap_or_default();
    }
    anyhow::ensure!(!documents.is_empty(), "no certificate, CRL or OCSP response in it");
    Ok(documents)
}

fn document(block: &[u8]) -> anyhow::Result<Option<(Vec<u8>, Option<Kind>)>> {
    let label = pem::decode_label(block).map_err(|error| anyhow::anyhow!("PEM: {error}"))?;
    let Some((_, kind)) = LABELS.iter().find(|(name, _)| *name == label) else { return Ok(None) };
    let (_, der) = pem::decode_vec(block).map_err(|error| anyhow::anyhow!("PEM: {error}"))?;
    Ok(Some((der, Some(*kind))))
}

/// Length of a block, with its last line.
fn end_of(block: &[u8]) -> Option<usize> {
    let end = find(block, END)?;
    let line = block.get(end..)?;
    Some(end + line.iter().position(|byte| *byte == b'\n').map_or(line.len(), |at| at + 1))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
