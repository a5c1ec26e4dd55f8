//! `openssl` as a judge of signatures, certificates and lists of revoked certificates.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Outcome, Program, StageError};

/// A folder in which files for openssl are written.
#[derive(Clone, Debug)]
pub struct OpenSsl {
    folder: PathBuf,
}

/// A certificate in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFile {
    /// PEM file.
    pub pem: PathBuf,
    /// What `openssl x509 -text` says.
    pub text: String,
    /// Serial number in upper-case hexadecimal digits.
    pub serial: String,
}

impl OpenSsl {
    /// Files go to `folder`, which exists.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Writes a file into the folder and returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, StageError> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(StageError::io(format!("file {}", path.display())))?;
        Ok(path)
    }

    /// Reads a certificate in DER and keeps it as PEM under `name`.
    ///
    /// # Errors
    /// When it is none.
    pub fn certificate(&self, name: &str, der: &[u8]) -> Result<CertificateFile, StageError> {
        let pem = self.folder.join(format!("{name}.pem"));
        let input = self.file(&format!("{name}.der"), der)?;
        openssl(&["x509", "-inform", "DER", "-in"]).arg(&input).arg("-out").arg(&pem).succeed()?;
        let text = openssl(&["x509", "-noout", "-text", "-in"]).arg(&pem).succeed()?.text();
        let serial = openssl(&["x509", "-noout", "-serial", "-in"]).arg(&pem).succeed()?.text();
        let serial = serial.trim().trim_start_matches("serial=").to_owned();
        Ok(CertificateFile { pem, text, serial })
    }

    /// Checks an RSA PKCS#1 v1.5 signature of SHA-256 over `data` [RFC 8017 §8.2].
    ///
    /// # Errors
    /// When openssl does not accept it.
    pub fn verify_signature(
        &self,
        certificate: &CertificateFile,
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), StageError> {
        let key = openssl(&["x509", "-noout", "-pubkey", "-in"]).arg(&certificate.pem).succeed()?;
        let key = self.file("signer.pub", &key.stdout)?;
        let signature = self.file("signature", signature)?;
        let data = self.file("signed-data", data)?;
        openssl(&["dgst", "-sha256", "-verify"])
            .arg(key)
            .arg("-signature")
            .arg(signature)
            .arg(data)
            .succeed()?
            .expect_text("Verified OK")?;
        Ok(())
    }

    /// The SHA-256 `DigestInfo` of `data`: what a token signs raw [RFC 8017 §9.2, note 1].
    ///
    /// # Errors
    /// When openssl fails.
    pub fn sha256_digest_info(&self, data: &[u8]) -> Result<Vec<u8>, StageError> {
        const PREFIX: [u8; 19] = [
            0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        let digest = openssl(&["dgst", "-sha256", "-binary"]).input(data).succeed()?.stdout;
        Ok([PREFIX.as_slice(), &digest].concat())
    }

    /// Enciphers `message` to a certificate, RSA PKCS#1 v1.5 [RFC 8017 §7.2].
    ///
    /// # Errors
    /// When openssl fails.
    pub fn encrypt(
        &self,
        certificate: &CertificateFile,
        message: &[u8],
    ) -> Result<Vec<u8>, StageError> {
        let outcome = openssl(&["pkeyutl", "-encrypt", "-certin", "-inkey"])
            .arg(&certificate.pem)
            .args(["-pkeyopt", "rsa_padding_mode:pkcs1"])
            .input(message)
            .succeed()?;
        Ok(outcome.stdout)
    }

    /// Verifies a certificate up to the root in `chain` (PEM, root and intermediates), and against a CRL (PEM) if given.
    ///
    /// # Errors
    /// When openssl cannot be run; that it refuses is in the outcome.
    pub fn verify_chain(
        &self,
        certificate: &CertificateFile,
        chain: &Path,
        crl: Option<&Path>,
    ) -> Result<Outcome, StageError> {
        let mut program = openssl(&["verify", "-x509_strict", "-CAfile"]).arg(chain);
        if let Some(crl) = crl {
            program = program.arg("-crl_check").arg("-CRLfile").arg(crl);
        }
        program.arg(&certificate.pem).run()
    }

    /// Turns a CRL in DER into a PEM file and its text.
    ///
    /// # Errors
    /// When it is none.
    pub fn crl(&self, name: &str, der: &[u8]) -> Result<(PathBuf, String), StageError> {
        let pem = self.folder.join(format!("{name}.crl.pem"));
        let input = self.file(&format!("{name}.crl"), der)?;
        openssl(&["crl", "-inform", "DER", "-in"]).arg(&input).arg("-out").arg(&pem).succeed()?;
        let text = openssl(&["crl", "-noout", "-text", "-in"]).arg(&pem).succeed()?.text();
        Ok((pem, text))
    }
}

fn openssl(arguments: &[&str]) -> Program {
    Program::new("openssl").args(arguments)
}
