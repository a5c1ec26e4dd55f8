//! IMPORT KEY and IMPORT KEY ENCRYPTED.

use ::coolkey::{
    KEY_SLOTS, KeyAcl, ObjectId,
    blob::{ENCODING_ENCRYPTED, ENCODING_PLAIN, KeyBlob, RsaPrivateCrtKey, RsaPublicKey, key_type},
    command::{ImportKeyEncrypted, KeySlots, WrappingAlgorithm},
    status,
};
use globalplatform::{Key, KeyAlgorithm};
use iso7816::StatusWord;
use zeroize::Zeroizing;

use super::{
    Platform,
    call::Call,
    key_unwrap, object_store as store,
    rsa_key::{Material, Pair, RsaError},
    slots::{self, Slot},
};

/// Length of the symmetric key, in bytes: two-key triple DES or AES-128.
const WRAPPING_KEY_LENGTH: usize = 16;
/// Lengths of its check value and of the vectors, in bytes.
const CHECK_VALUE_LENGTH: usize = 3;
const DES_IV_LENGTH: usize = 8;
const AES_IV_LENGTH: usize = 16;

/// What a blob held.
enum Imported {
    Pair(Pair),
    Single(Material),
}

/// Who gets which access to what was imported.
struct Destination {
    key: u8,
    mate: u8,
    acl: KeyAcl,
    public_acl: KeyAcl,
    /// Whether a private key alone becomes the mate of what is in the other slot.
    pairs: bool,
}

impl Call<'_, '_> {
    /// IMPORT KEY: from a blob in clear, which is erased if all goes well.
    pub(super) fn import_key(
        &mut self,
        key: u8,
        mate: u8,
        blob_id: ObjectId,
        [acl, public_acl]: [Option<KeyAcl>; 2],
    ) -> Result<(), StatusWord> {
        if key >= KEY_SLOTS {
            return Err(status::INCORRECT_P1);
        }
        slots::check_overwrite(self.records(), key, self.caller)?;
        let bytes = self.blob(blob_id, false)?;
        let blob = KeyBlob::parse(&bytes).map_err(|error| match error.kind {
            iso7816::ParseErrorKind::UnexpectedByte => status::UNSUPPORTED_FEATURE,
            _ => status::INVALID_PARAMETER,
        })?;
        if blob.encoding != ENCODING_PLAIN {
            return Err(status::UNSUPPORTED_FEATURE);
        }
        let acl = acl.ok_or(status::INVALID_PARAMETER)?;
        let is_pair = blob.key_type == key_type::RSA_PKCS8_PAIR;
        if is_pair {
            // The Java applet indexes its array of keys unchecked.
            if mate >= KEY_SLOTS {
                return Err(StatusWord::UNKNOWN);
            }
            slots::check_overwrite(self.records(), mate, self.caller)?;
        }
        let public_acl =
            public_acl.or((!is_pair).then_some(acl)).ok_or(status::INVALID_PARAMETER)?;
        let destination = Destination { key, mate, acl, public_acl, pairs: false };
        let filled = self.fill_slots(&blob, &blob.body, &destination)?;
        self.store_slots(&filled)?;
        self.erase_blob(blob_id, bytes.len())
    }

    /// IMPORT KEY ENCRYPTED. Once the private key was in clear, the blob is erased, come what may.
    pub(super) fn import_encrypted(
        &mut self,
        import: &ImportKeyEncrypted,
    ) -> Result<(), StatusWord> {
        let KeySlots { private, public, .. } = import.slots;
        let acl = self.check_slots(import.slots)?;
        let wrapping_key = self.wrapping_key(import)?;
        let bytes = self.blob(import.blob, true)?;
        let blob = KeyBlob::parse(&bytes).map_err(|_| status::INVALID_PARAMETER)?;
        let body = if blob.encoding == ENCODING_ENCRYPTED {
            key_unwrap::decrypt(&wrapping_key, import.algorithm, &import.iv, &blob.body)
        } else {
            Ok(Zeroizing::new(blob.body.clone()))
        };
        let destination = Destination {
            key: private,
            mate: public,
            acl,
            public_acl: KeyAcl::PUBLIC,
            pairs: true,
        };
        let filled = body
            .map_err(StatusWord::from)
            .and_then(|body| self.fill_slots(&blob, &body, &destination));
        if let Ok(filled) = &filled {
            self.store_slots(filled)?;
        }
        self.erase_blob(import.blob, bytes.len())?;
        if filled.is_err() {
            // The erasure outlives the failure.
            self.host.nvm().commit()?;
        }
        filled.map(|_| ())
    }

    /// Checks, unwraps and verifies the symmetric key.
    fn wrapping_key(&mut self, import: &ImportKeyEncrypted) -> Result<Key, StatusWord> {
        let aes = self.check_wrapping(import)?;
        let refused = status::WRAPPED_KEY_CHECK_FAILED;
        let bytes = self.host.secure_channel().decrypt(&import.wrapped_key).map_err(|_| refused)?;
        let algorithm = if aes { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 };
        let key = Key::new(algorithm, &bytes).map_err(|_| refused)?;
        key.verify_check_value(&import.check_value).map_err(|_| refused)?;
        Ok(key)
    }

    /// Whether lengths and algorithm are those of the build; whether the key is an AES key.
    fn check_wrapping(&self, import: &ImportKeyEncrypted) -> Result<bool, StatusWord> {
        let build = self.build;
        let aes = match import.algorithm {
            WrappingAlgorithm::AES_KEY_WRAP_PADDED => build.aes_key_wrap,
            WrappingAlgorithm::AES_CBC => build.aes_cbc,
            _ => false,
        };
        let iv_fits = match import.iv.len() {
            DES_IV_LENGTH => true,
            AES_IV_LENGTH => build.aes_key_wrap,
            _ => false,
        };
        if import.wrapped_key.len() != WRAPPING_KEY_LENGTH {
            return Err(status::KEY_SIZE_INVALID);
        }
        if !iv_fits {
            return Err(StatusWord::WRONG_LENGTH);
        }
        match import.check_value.len() {
            0 | CHECK_VALUE_LENGTH if aes || !import.algorithm.is_aes() => Ok(aes),
            // A key of a type that the platform does not know, or with such a check value, does not verify.
            _ if build.platform == Platform::OpenPlatform => Err(status::WRAPPED_KEY_CHECK_FAILED),
            _ => Err(status::UNSUPPORTED_FEATURE),
        }
    }

    /// The bytes of an object that holds a blob; to erase it the caller must be able to write it.
    fn blob(&self, id: ObjectId, for_writing: bool) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        if id.is_io_buffer() {
            return Ok(Zeroizing::new(self.volatile.io_buffer.contents().to_vec()));
        }
        let object = store::find(self.records(), id)?;
        let acl = object.acl();
        if acl.read.admits(self.caller) && (!for_writing || acl.write.admits(self.caller)) {
            Ok(Zeroizing::new(object.data.to_vec()))
        } else {
            Err(status::UNAUTHORIZED)
        }
    }

    fn erase_blob(&mut self, id: ObjectId, length: usize) -> Result<(), StatusWord> {
        let zeros = vec![0; length];
        if id.is_io_buffer() {
            self.volatile.io_buffer.write(0, &zeros)
        } else {
            store::write(self.host.nvm(), id, 0, &zeros)
        }
    }

    /// The slots as they will be with what a blob in clear holds; nothing is written.
    fn fill_slots(
        &self,
        blob: &KeyBlob,
        body: &[u8],
        to: &Destination,
    ) -> Result<Vec<(u8, Slot)>, StatusWord> {
        let (nvm, bits) = (self.records(), blob.bits);
        let pairs = match blob.key_type {
            key_type::RSA_PKCS8_PAIR => true,
            key_type::RSA_PRIVATE_CRT => to.pairs,
            _ => false,
        };
        if pairs {
            slots::check_pairing(nvm, to.key, to.mate)?;
        }
        match imported(blob, body)? {
            Imported::Pair(pair) => {
                let slots = KeySlots { owner: 0, private: to.key, usage: 0, public: to.mate };
                self.check_pair(slots, bits)?;
                Ok(vec![
                    (to.mate, Slot::new(pair.public, bits, Some(to.key), to.public_acl)),
                    (to.key, Slot::new(pair.private, bits, Some(to.mate), to.acl)),
                ])
            }
            Imported::Single(material) => {
                let shape = (material.key_type(), bits);
                slots::check_shape(nvm, to.key, shape, self.may_create_key()?)?;
                let mate = if pairs {
                    Some(to.mate)
                } else {
                    Slot::load(nvm, to.key).and_then(|slot| slot.mate())
                };
                let public = Slot::load(nvm, to.mate).filter(|_| pairs);
                let public = public.map(|slot| (to.mate, slot.paired_with(to.key)));
                let key = (to.key, Slot::new(material, bits, mate, to.acl));
                Ok(public.into_iter().chain([key]).collect())
            }
        }
    }

    fn store_slots(&mut self, slots: &[(u8, Slot)]) -> Result<(), StatusWord> {
        slots.iter().try_for_each(|(number, slot)| slot.store(self.host.nvm(), *number))
    }
}

/// The keys in a blob in clear.
fn imported(blob: &KeyBlob, body: &[u8]) -> Result<Imported, StatusWord> {
    let plain = || {
        let bytes = KeyBlob { encoding: ENCODING_PLAIN, body: body.to_vec(), ..*blob };
        Zeroizing::new(bytes.to_bytes())
    };
    let malformed = |_| status::INVALID_PARAMETER;
    let refused = |_: RsaError| status::INVALID_PARAMETER;
    match blob.key_type {
        key_type::RSA_PKCS8_PAIR => Ok(Imported::Pair(key_unwrap::parse_pkcs8(blob.bits, body)?)),
        key_type::RSA_PUBLIC => {
            let key = RsaPublicKey::parse(&plain()).map_err(malformed)?;
            Material::public(key.bits, &key.modulus, &key.exponent)
                .map(Imported::Single)
                .map_err(refused)
        }
        key_type::RSA_PRIVATE_CRT => {
            let key = RsaPrivateCrtKey::parse(&plain()).map_err(malformed)?;
            let pair = Pair::from_crt(key.bits, [&key.p, &key.q, &key.dp]).map_err(refused)?;
            Ok(Imported::Single(pair.private))
        }
        2 | 4..=8 => Err(status::KEY_TYPE_UNSUPPORTED),
        _ => Err(status::KEY_TYPE_INVALID),
    }
}
