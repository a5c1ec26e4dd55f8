//! The objects that TPS writes for a certificate and its key pair.
//!
//! What both PKCS#11 modules rely on: the certificate comes before its keys; all three carry the same CKA_ID of one byte,
//! which is the certificate's index n; the keys are in slots 2n (private) and 2n + 1 (public); modulus and exponent are
//! read from the certificate and are not stored. Byte for byte what Dogtag's TPS writes for RSA.

use super::spec::{Attribute, AttributeType, FixedAttributes, ObjectClass, ObjectSpec};
use crate::object::ObjectId;

/// Largest certificate index that libcoolkeypk11 knows: its key slots 8 and 9 are the last with one digit.
pub const CERTIFICATE_INDEX_MAX: u8 = 4;
/// CKK_RSA [PKCS11 2.40 §2.1].
const KEY_TYPE_RSA: u32 = 0;

/// What the keys of a pair may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Booleans of the private key; what is no attribute of a private key is dropped.
    pub private: FixedAttributes,
    /// Booleans of the public key; what is no attribute of a public key is dropped.
    pub public: FixedAttributes,
}

impl Capabilities {
    /// A pair for signing: what Dogtag's profile `userKey` gives its signing key.
    pub const SIGNING: Self = Self {
        private: FixedAttributes::TOKEN
            .union(FixedAttributes::PRIVATE)
            .union(FixedAttributes::SENSITIVE)
            .union(FixedAttributes::SIGN)
            .union(FixedAttributes::SIGN_RECOVER),
        public: FixedAttributes::TOKEN
            .union(FixedAttributes::VERIFY)
            .union(FixedAttributes::VERIFY_RECOVER),
    };
    /// A pair for encryption: what the same profile gives its encryption key.
    pub const ENCRYPTION: Self = Self {
        private: FixedAttributes::TOKEN
            .union(FixedAttributes::PRIVATE)
            .union(FixedAttributes::SENSITIVE)
            .union(FixedAttributes::DECRYPT)
            .union(FixedAttributes::UNWRAP),
        public: FixedAttributes::TOKEN.union(FixedAttributes::ENCRYPT).union(FixedAttributes::WRAP),
    };
}

/// A certificate and its RSA key pair, as token objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateObjects {
    /// Index n of the certificate, at most [`CERTIFICATE_INDEX_MAX`].
    pub index: u8,
    /// Label of the certificate; the PKCS#11 modules show it for the keys too.
    pub label: String,
    /// DER of the certificate.
    pub certificate: Vec<u8>,
    /// What the keys may do.
    pub capabilities: Capabilities,
}

impl CertificateObjects {
    /// Slot of the private key.
    #[must_use]
    pub const fn private_slot(&self) -> u8 {
        self.index.saturating_mul(2)
    }

    /// Slot of the public key.
    #[must_use]
    pub const fn public_slot(&self) -> u8 {
        self.private_slot().saturating_add(1)
    }

    /// Certificate, public key, private key: the order in which TPS writes them. `None` beyond the largest index.
    #[must_use]
    pub fn specs(&self) -> Option<[ObjectSpec; 3]> {
        if self.index > CERTIFICATE_INDEX_MAX {
            return None;
        }
        let fixed = |class, flags| FixedAttributes::new(self.index, class, flags);
        let certificate = ObjectSpec {
            id: ObjectId::certificate_attributes(self.index)?,
            fixed: fixed(ObjectClass::Certificate, FixedAttributes::TOKEN)?,
            attributes: vec![
                Attribute::bytes(AttributeType::LABEL, self.label.as_bytes()),
                Attribute::bytes(AttributeType::VALUE, self.certificate.as_slice()),
            ],
        };
        let public = ObjectSpec {
            id: ObjectId::key_attributes(self.public_slot())?,
            fixed: fixed(ObjectClass::PublicKey, self.capabilities.public)?,
            attributes: Vec::new(),
        };
        let private = ObjectSpec {
            id: ObjectId::key_attributes(self.private_slot())?,
            fixed: fixed(ObjectClass::PrivateKey, self.capabilities.private)?,
            attributes: vec![Attribute::integer(AttributeType::KEY_TYPE, KEY_TYPE_RSA)],
        };
        Some([certificate, public, private])
    }
}
