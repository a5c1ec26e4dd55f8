//! Key blobs: public keys on their way out of the card, private keys on their way in.
//!
//! All begin with `u1 encoding, u1 type, u2 bits`.

use core::fmt;

use iso7816::{ParseError, ParseErrorKind};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cursor::{Cursor, push_field};

/// Types of keys in blobs and in LIST KEYS.
pub mod key_type {
    /// RSA public key: modulus, exponent.
    pub const RSA_PUBLIC: u8 = 1;
    /// RSA private key: modulus, exponent; imported by old builds only.
    pub const RSA_PRIVATE: u8 = 2;
    /// RSA private key with CRT values: p, q, q⁻¹ mod p, dP, dQ.
    pub const RSA_PRIVATE_CRT: u8 = 3;
    /// RSA key pair as PKCS#8 PrivateKeyInfo [RFC 5208 §5].
    pub const RSA_PKCS8_PAIR: u8 = 9;
    /// EC public key: uncompressed point.
    pub const EC_PUBLIC: u8 = 10;
}

/// Encoding byte of a blob in clear.
pub const ENCODING_PLAIN: u8 = 0;
/// Encoding byte of a blob under a symmetric key.
pub const ENCODING_ENCRYPTED: u8 = 1;
/// Bytes of the header of a blob.
pub const HEADER_LENGTH: usize = 4;
/// Longest number in a blob, in bytes: more than any key of the applet needs.
pub const NUMBER_LENGTH_MAX: usize = 1024;

/// RSA public key: `00, 01, u2 bits, u2 n, modulus, u2 n, exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// Size of the modulus in bits.
    pub bits: u16,
    /// Modulus, big-endian.
    pub modulus: Vec<u8>,
    /// Public exponent, big-endian.
    pub exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// The blob.
    ///
    /// # Errors
    /// `OutOfRange` when a number is longer than its length field can say.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ParseError> {
        let mut bytes = header(ENCODING_PLAIN, key_type::RSA_PUBLIC, self.bits);
        push_field(&mut bytes, &self.modulus)?;
        push_field(&mut bytes, &self.exponent)?;
        Ok(bytes)
    }

    /// Parses a blob.
    ///
    /// # Errors
    /// `UnexpectedByte` when it is no plain RSA public key, others when lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let bits = expect_header(&mut cursor, key_type::RSA_PUBLIC)?;
        let modulus = number(&mut cursor)?;
        let exponent = number(&mut cursor)?;
        cursor.finish()?;
        Ok(Self { bits, modulus, exponent })
    }
}

/// RSA private key in clear, with CRT values: `00, 03, u2 bits`, then five numbers, each after its `u2` length.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RsaPrivateCrtKey {
    /// Size of the modulus in bits.
    pub bits: u16,
    /// First prime.
    pub p: Vec<u8>,
    /// Second prime.
    pub q: Vec<u8>,
    /// Inverse of q modulo p.
    pub pq: Vec<u8>,
    /// d mod (p - 1).
    pub dp: Vec<u8>,
    /// d mod (q - 1).
    pub dq: Vec<u8>,
}

impl RsaPrivateCrtKey {
    /// The blob.
    ///
    /// # Errors
    /// `OutOfRange` when a number is longer than its length field can say.
    pub fn to_bytes(&self) -> Result<zeroize::Zeroizing<Vec<u8>>, ParseError> {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(5 * (2 + self.p.len()) + 4));
        bytes.append(&mut header(ENCODING_PLAIN, key_type::RSA_PRIVATE_CRT, self.bits));
        for number in [&self.p, &self.q, &self.pq, &self.dp, &self.dq] {
            push_field(&mut bytes, number)?;
        }
        Ok(bytes)
    }

    /// Parses a blob.
    ///
    /// # Errors
    /// `UnexpectedByte` when it is no plain RSA CRT key, others when lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let bits = expect_header(&mut cursor, key_type::RSA_PRIVATE_CRT)?;
        let key = Self {
            bits,
            p: number(&mut cursor)?,
            q: number(&mut cursor)?,
            pq: number(&mut cursor)?,
            dp: number(&mut cursor)?,
            dq: number(&mut cursor)?,
        };
        cursor.finish()?;
        Ok(key)
    }
}

impl fmt::Debug for RsaPrivateCrtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateCrtKey({} bits)", self.bits)
    }
}

/// Any blob as it lies in an object: header and body. The body may be a private key in clear.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct KeyBlob {
    /// [`ENCODING_PLAIN`] or [`ENCODING_ENCRYPTED`].
    pub encoding: u8,
    /// The type; see [`key_type`].
    pub key_type: u8,
    /// Size of the key in bits.
    pub bits: u16,
    /// What follows the header.
    pub body: Vec<u8>,
}

impl KeyBlob {
    /// A PKCS#8 key pair under a symmetric key, as TPS writes it for IMPORT KEY ENCRYPTED: `01, 09, u2 bits, ciphertext`.
    #[must_use]
    pub const fn wrapped_pkcs8(bits: u16, ciphertext: Vec<u8>) -> Self {
        let key_type = key_type::RSA_PKCS8_PAIR;
        Self { encoding: ENCODING_ENCRYPTED, key_type, bits, body: ciphertext }
    }

    /// The bytes of the object.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = header(self.encoding, self.key_type, self.bits);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Parses the bytes of an object.
    ///
    /// # Errors
    /// `Truncated` below four bytes; `UnexpectedByte` when the encoding byte is neither 0 nor 1.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let encoding = cursor.u8()?;
        if encoding > ENCODING_ENCRYPTED {
            return Err(ParseErrorKind::UnexpectedByte.at(0));
        }
        let key_type = cursor.u8()?;
        let bits = cursor.u16()?;
        Ok(Self { encoding, key_type, bits, body: cursor.remainder().to_vec() })
    }
}

impl fmt::Debug for KeyBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoding, key_type, bits, body } = self;
        write!(
            f,
            "KeyBlob(encoding {encoding}, type {key_type}, {bits} bits, {} bytes)",
            body.len()
        )
    }
}

/// What START ENROLLMENT leaves in the I/O buffer: `u2 n, public key blob, u2 n, signature`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentResult {
    /// The blob of the new public key, byte for byte what the proof covers.
    pub public_key_blob: Vec<u8>,
    /// Signature by the new private key over [`EnrollmentResult::proof_input`], PKCS#1 v1.5 with SHA-1.
    pub proof: Vec<u8>,
}

impl EnrollmentResult {
    /// What the proof of possession signs: the blob, then the challenge in clear.
    #[must_use]
    pub fn proof_input(&self, challenge: &[u8]) -> Vec<u8> {
        [&self.public_key_blob, challenge].concat()
    }

    /// The bytes of the I/O buffer.
    ///
    /// # Errors
    /// `OutOfRange` when a part is longer than its length field can say.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ParseError> {
        let mut bytes = Vec::with_capacity(4 + self.public_key_blob.len() + self.proof.len());
        push_field(&mut bytes, &self.public_key_blob)?;
        push_field(&mut bytes, &self.proof)?;
        Ok(bytes)
    }

    /// Parses the bytes of the I/O buffer.
    ///
    /// # Errors
    /// When the lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let public_key_blob = cursor.field()?.to_vec();
        let proof = cursor.field()?.to_vec();
        cursor.finish()?;
        Ok(Self { public_key_blob, proof })
    }
}

fn header(encoding: u8, key_type: u8, bits: u16) -> Vec<u8> {
    let [high, low] = bits.to_be_bytes();
    vec![encoding, key_type, high, low]
}

fn expect_header(cursor: &mut Cursor<'_>, key_type: u8) -> Result<u16, ParseError> {
    for expected in [ENCODING_PLAIN, key_type] {
        let offset = cursor.offset();
        if cursor.u8()? != expected {
            return Err(ParseErrorKind::UnexpectedByte.at(offset));
        }
    }
    cursor.u16()
}

fn number(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, ParseError> {
    let offset = cursor.offset();
    let bytes = cursor.field()?;
    if bytes.len() > NUMBER_LENGTH_MAX {
        return Err(ParseErrorKind::OutOfRange.at(offset));
    }
    Ok(bytes.to_vec())
}
