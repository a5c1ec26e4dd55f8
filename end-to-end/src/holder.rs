//! What the holder of a token does with it, through a PKCS#11 module, and what an outsider finds of that with openssl.

use crate::{
    OpenSsl, StageError, Token,
    error::ensure,
    openssl::CertificateFile,
    pkcs11::{Module, Object},
};

/// What the holder signs.
const MESSAGE: &[u8] = b"I have read this and agree to it.\n";
/// RSA with PKCS#1 v1.5 padding over what the caller has hashed: every module has it.
const RSA_PKCS: &str = "RSA-PKCS";
/// The module hashes too.
const SHA256_RSA_PKCS: &str = "SHA256-RSA-PKCS";
/// Key usages in openssl's words [RFC 5280 §4.2.1.3].
const DIGITAL_SIGNATURE: &str = "Digital Signature";
const KEY_ENCIPHERMENT: &str = "Key Encipherment";

/// A certificate on a token, with the identifier that leads to its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCertificate {
    /// CKA_ID in hexadecimal digits.
    pub id: String,
    /// The certificate.
    pub file: CertificateFile,
}

/// The certificates that the module shows.
///
/// # Errors
/// When the module fails, or something is not a certificate.
pub fn certificates(token: &Token, openssl: &OpenSsl) -> Result<Vec<TokenCertificate>, StageError> {
    let is_certificate = |object: &Object| object.class == "Certificate Object";
    let objects = token.objects(None)?;
    objects
        .into_iter()
        .filter(is_certificate)
        .map(|object| {
            let name = format!("{}-{}", token.module().name(), object.id);
            let file = openssl.certificate(&name, &token.certificate(&object.id)?)?;
            Ok(TokenCertificate { id: object.id, file })
        })
        .collect()
}

/// The one certificate for signatures.
///
/// # Errors
/// When there is not exactly one.
pub fn signing(certificates: &[TokenCertificate]) -> Result<&TokenCertificate, StageError> {
    only(certificates, DIGITAL_SIGNATURE)
}

/// The one certificate for encryption.
///
/// # Errors
/// When there is not exactly one.
pub fn encryption(certificates: &[TokenCertificate]) -> Result<&TokenCertificate, StageError> {
    only(certificates, KEY_ENCIPHERMENT)
}

fn only<'a>(
    certificates: &'a [TokenCertificate],
    usage: &str,
) -> Result<&'a TokenCertificate, StageError> {
    let mut with_usage = certificates.iter().filter(|found| found.file.text.contains(usage));
    match (with_usage.next(), with_usage.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(StageError::failed(format!("no certificate on the token is for {usage}"))),
        _ => Err(StageError::failed(format!("several certificates on the token are for {usage}"))),
    }
}

/// Signs with the module in every way it has, and lets openssl check. Returns the mechanisms.
///
/// # Errors
/// When the module does not sign, or openssl does not accept a signature.
pub fn sign_and_verify(
    token: &Token,
    pin: &str,
    certificate: &TokenCertificate,
    openssl: &OpenSsl,
) -> Result<Vec<&'static str>, StageError> {
    let mechanisms = token.mechanisms()?;
    let mut used = Vec::new();
    let digest_info = openssl.sha256_digest_info(MESSAGE)?;
    for (mechanism, input) in [(RSA_PKCS, digest_info.as_slice()), (SHA256_RSA_PKCS, MESSAGE)] {
        // CoolKey's module does not hash.
        if !mechanisms.iter().any(|known| known == mechanism) {
            continue;
        }
        let signature = token.sign(pin, &certificate.id, mechanism, input)?;
        openssl.verify_signature(&certificate.file, MESSAGE, &signature)?;
        used.push(mechanism);
    }
    ensure(used.contains(&RSA_PKCS), || {
        format!("the {} module has no {RSA_PKCS}", token.module().name())
    })?;
    Ok(used)
}

/// Deciphers with the module, and compares.
///
/// # Errors
/// When the module does not decipher, or something else comes out.
pub fn decrypt(
    token: &Token,
    pin: &str,
    certificate: &TokenCertificate,
    enciphered: &[u8],
    message: &[u8],
) -> Result<(), StageError> {
    let plain = token.decrypt(pin, &certificate.id, RSA_PKCS, enciphered)?;
    ensure(plain == message, || {
        format!("the {} module deciphers to something else", token.module().name())
    })
}

/// Whether both modules see the same two certificates, by serial number; returns them as the first module names them.
///
/// # Errors
/// When one of them does not.
pub fn same_for_both(
    tokens: &[Token],
    openssl: &OpenSsl,
) -> Result<Vec<TokenCertificate>, StageError> {
    let mut seen: Vec<(Module, Vec<TokenCertificate>)> = Vec::new();
    for token in tokens {
        seen.push((token.module(), certificates(token, openssl)?));
    }
    let serials = |found: &[TokenCertificate]| {
        let mut serials: Vec<String> = found.iter().map(|one| one.file.serial.clone()).collect();
        serials.sort();
        serials
    };
    let (_, first) = seen.first().ok_or_else(|| StageError::failed("no module was asked"))?;
    for (module, found) in &seen {
        ensure(serials(found) == serials(first), || {
            format!("the {} module sees other certificates: {:?}", module.name(), serials(found))
        })?;
    }
    Ok(first.clone())
}
