//! Key pairs: made on the card with proof of possession, or made by DRM and imported.

use coolkey::{
    Command as TokenCommand, ObjectAcl, ObjectId,
    blob::KeyBlob,
    command::{Enrollment, ImportKeyEncrypted, KeySlots, SECURE_CHUNK_MAX, WrappingAlgorithm},
};
use token_management::{
    message::Status,
    subsystem::{
        drm::{KeyGenerationRequest, KeyKind, TransportKeyForDrm, WrappedKeyPair},
        tks::{EncryptDataRequest, TransportAlgorithm, TransportKey},
    },
};

use super::{Run, plan::KeyWork};
use crate::{
    outcome::Fault,
    proof::{self, Verification},
};

/// The PIN that guards the private keys.
const OWNER: u8 = 0;
/// Longest answer of START ENROLLMENT that is fetched, in bytes: a 4096-bit key with its proof has 1039.
const ENROLLMENT_LENGTH_MAX: u16 = 2048;

const fn slots(slot: u8) -> KeySlots {
    KeySlots { owner: OWNER, private: slot * 2, usage: 0, public: slot * 2 + 1 }
}

/// A challenge in clear and under the card's key-encryption key.
pub(super) struct Challenge {
    clear: [u8; 16],
    wrapped: [u8; 16],
}

impl Run {
    /// A fresh challenge for the card's proofs of possession.
    pub(super) async fn challenge(&self) -> Result<Challenge, Fault> {
        let clear = self.cx.random::<16>().await?;
        let open = self.opened()?;
        let request = EncryptDataRequest {
            card: open.card.clone(),
            initialize_update: open.initialize_update.clone(),
            option: open.option,
            data: clear.to_vec(),
        };
        let wrapped = self.cx.encrypt(request).await?;
        let wrapped = wrapped
            .try_into()
            .map_err(|_| Fault::new(Status::Snac, "TKS: enciphered data of another length"))?;
        Ok(Challenge { clear, wrapped })
    }

    /// Lets the card make a pair; DER of its SubjectPublicKeyInfo.
    pub(super) async fn generate_on_card(
        &mut self,
        work: &KeyWork,
        challenge: &Challenge,
        verification: Verification,
    ) -> Result<Vec<u8>, Fault> {
        let start = TokenCommand::StartEnrollment(Enrollment {
            slots: slots(work.slot),
            algorithm: Enrollment::RSA,
            bits: work.key.bits,
            option: 0,
            key_type: 0,
            wrapped_challenge: challenge.wrapped,
        });
        let mut apdu =
            start.secured().map_err(|e| Fault::new(Status::MacEnrollPdu, e.to_string()))?;
        apdu.expected = Some(256);
        let answer = self.secured(&apdu, Status::MacEnrollPdu).await?;
        let length = match answer.as_slice() {
            [high, low, ..] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        };
        if length == 0 || length > ENROLLMENT_LENGTH_MAX {
            let cause = format!("the card announces {length} bytes for its new key");
            return Err(Fault::new(Status::ReadBufferOverflow, cause));
        }
        let buffer = self.read_object(ObjectId::IO_BUFFER, length.into()).await?;
        proof::accept(&buffer, &challenge.clear, work.key.bits, verification)
            .map_err(|e| Fault::new(Status::MacEnrollPdu, e.to_string()))
    }

    /// Lets DRM make a pair and puts it on the card; DER of its SubjectPublicKeyInfo.
    pub(super) async fn generate_at_drm(&mut self, work: &KeyWork) -> Result<Vec<u8>, Fault> {
        let request = KeyGenerationRequest {
            cuid: self.cuid()?,
            user: self.user()?.to_owned(),
            kind: KeyKind::Rsa(work.key.bits),
            archive: work.key.archive,
            transport_key: self.transport_key_for_drm()?,
        };
        let pair = self.cx.generate_key(request).await?;
        let public_key = pair.public_key.clone();
        self.import(work, pair, Status::MacEnrollPdu).await?;
        Ok(public_key)
    }

    pub(super) fn transport_key_for_drm(&self) -> Result<TransportKeyForDrm, Fault> {
        let TransportKey { algorithm, for_drm, .. } = self.transport_key()?;
        Ok(TransportKeyForDrm { algorithm: *algorithm, wrapped: for_drm.clone() })
    }

    fn transport_key(&self) -> Result<&TransportKey, Fault> {
        self.opened()?
            .transport_key
            .as_ref()
            .ok_or_else(|| Fault::new(Status::MacEnrollPdu, "TKS gave no transport key"))
    }

    /// Puts a wrapped pair on the card: written as an object, then opened by the card.
    pub(super) async fn import(
        &mut self,
        work: &KeyWork,
        pair: WrappedKeyPair,
        failure: Status,
    ) -> Result<(), Fault> {
        let bits = proof::modulus_bits(&pair.public_key).unwrap_or(work.key.bits);
        let blob = KeyBlob::wrapped_pkcs8(bits, pair.wrapped_private_key).to_bytes();
        self.write_object(ObjectId::WRAPPED_KEY, ObjectAcl::RA_ONLY, &blob, failure).await?;
        let transport_key = self.transport_key()?;
        let import = ImportKeyEncrypted {
            slots: slots(work.slot),
            blob: ObjectId::WRAPPED_KEY,
            algorithm: match transport_key.algorithm {
                TransportAlgorithm::Des3Cbc => WrappingAlgorithm::DES3,
                TransportAlgorithm::AesCbc => WrappingAlgorithm::AES_CBC,
                TransportAlgorithm::AesKeyWrapPadded => WrappingAlgorithm::AES_KEY_WRAP_PADDED,
            },
            wrapped_key: transport_key.for_card.clone(),
            check_value: transport_key.check_value.to_vec(),
            iv: pair.iv,
        };
        self.secured_token(TokenCommand::ImportKeyEncrypted(import), failure).await.map(drop)
    }

    /// Reads `length` bytes of an object, in pieces.
    pub(super) async fn read_object(
        &mut self,
        id: ObjectId,
        length: usize,
    ) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let piece = (length - bytes.len()).min(SECURE_CHUNK_MAX);
            let offset = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let read = TokenCommand::ReadObject {
                id,
                offset,
                length: u8::try_from(piece).unwrap_or(u8::MAX),
            };
            let part = self.secured_token(read, Status::MacEnrollPdu).await?;
            if part.len() != piece {
                let cause = "the card answers READ OBJECT with another length";
                return Err(Fault::new(Status::ReadBufferOverflow, cause));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    /// Makes an object, or takes the one that is there, and writes it in pieces.
    pub(super) async fn write_object(
        &mut self,
        id: ObjectId,
        acl: ObjectAcl,
        bytes: &[u8],
        failure: Status,
    ) -> Result<(), Fault> {
        let size = u32::try_from(bytes.len()).map_err(|_| Fault::new(failure, "too long"))?;
        let create = TokenCommand::CreateObject { id, size, acl }
            .secured()
            .map_err(|e| Fault::new(failure, e.to_string()))?;
        let status = self.secured_any(&create).await?.status;
        if !status.is_ok() && status != coolkey::status::OBJECT_EXISTS {
            return Err(Fault::new(failure, format!("CREATE OBJECT {id}: {status}")));
        }
        for (index, piece) in bytes.chunks(SECURE_CHUNK_MAX).enumerate() {
            let offset = u32::try_from(index * SECURE_CHUNK_MAX).unwrap_or(u32::MAX);
            let write = TokenCommand::WriteObject { id, offset, data: piece.to_vec() };
            self.secured_token(write, failure).await?;
        }
        Ok(())
    }
}
