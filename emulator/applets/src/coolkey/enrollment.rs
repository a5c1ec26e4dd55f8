//! START ENROLLMENT and CLEAR KEY SLOTS.

use ::coolkey::{
    KEY_SLOTS, KeyAcl,
    blob::{EnrollmentResult, RsaPublicKey, key_type},
    command::{ENROLLMENT_CHALLENGE_LENGTH, Enrollment, KeySlots},
    status,
};
use iso7816::StatusWord;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::{
    Platform,
    call::Call,
    rsa_key::{self, Material, Pair},
    slots::{self, Slot},
};

/// DigestInfo of SHA-1 up to the digest, with the algorithm's parameters NULL [RFC 8017 §9.2].
const SHA1_DIGEST_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14];
/// Fewest bytes of padding between header and DigestInfo [RFC 8017 §9.2].
const PADDING_MIN: usize = 8;
/// The Java applet of 1.5 throws this for an algorithm that is not RSA.
const WRONG_ALGORITHM: StatusWord = StatusWord(0x0009);

impl Call<'_, '_> {
    /// Makes a key pair; the answer is the length of what is in the I/O buffer: public key and proof of possession.
    pub(super) fn start_enrollment(
        &mut self,
        enrollment: &Enrollment,
    ) -> Result<Vec<u8>, StatusWord> {
        let acl = self.check_slots(enrollment.slots)?;
        let challenge = self.unwrap_challenge(enrollment)?;
        let bits = enrollment.bits;
        rsa_key::check_size(bits).map_err(|_| status::KEY_SIZE_INVALID)?;
        self.check_pair(enrollment.slots, bits)?;
        let pair = Pair::generate(&mut self.host.rng(), bits)?;
        let result = self.prove(&pair, bits, &challenge)?;
        self.store_pair(enrollment.slots, bits, pair, acl)?;
        let result = result.to_bytes().map_err(|_| StatusWord::UNKNOWN)?;
        self.volatile.io_buffer.write(0, &result)?;
        let length = u16::try_from(result.len()).map_err(|_| StatusWord::UNKNOWN)?;
        Ok(length.to_be_bytes().to_vec())
    }

    /// Whether the caller may put a pair into these slots; the access control list of the private key.
    pub(super) fn check_slots(&self, slots: KeySlots) -> Result<KeyAcl, StatusWord> {
        let acl = KeyAcl::private(slots.owner).ok_or(status::INCORRECT_P1)?;
        slots::check_overwrite(self.records(), slots.private, self.caller)?;
        slots::check_overwrite(self.records(), slots.public, self.caller)?;
        Ok(acl)
    }

    /// Whether the slots may hold a pair of this size.
    pub(super) fn check_pair(&self, slots: KeySlots, bits: u16) -> Result<(), StatusWord> {
        let (nvm, may_create) = (self.records(), self.may_create_key()?);
        slots::check_pairing(nvm, slots.private, slots.public)?;
        slots::check_shape(nvm, slots.public, (key_type::RSA_PUBLIC, bits), may_create)?;
        slots::check_shape(nvm, slots.private, (key_type::RSA_PRIVATE_CRT, bits), may_create)
    }

    /// Puts a pair into its slots.
    pub(super) fn store_pair(
        &mut self,
        slots: KeySlots,
        bits: u16,
        pair: Pair,
        acl: KeyAcl,
    ) -> Result<(), StatusWord> {
        let KeySlots { private, public, .. } = slots;
        let nvm = self.host.nvm();
        Slot::new(pair.public, bits, Some(private), KeyAcl::PUBLIC).store(nvm, public)?;
        Slot::new(pair.private, bits, Some(public), acl).store(nvm, private)
    }

    fn unwrap_challenge(
        &mut self,
        enrollment: &Enrollment,
    ) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        let checks_algorithm = self.build.platform == Platform::GlobalPlatform;
        if checks_algorithm && enrollment.algorithm != Enrollment::RSA {
            return Err(WRONG_ALGORITHM);
        }
        let challenge = self
            .host
            .secure_channel()
            .decrypt(&enrollment.wrapped_challenge)
            .map_err(|_| status::WRAPPED_KEY_CHECK_FAILED)?;
        if challenge.len() == ENROLLMENT_CHALLENGE_LENGTH {
            Ok(challenge)
        } else {
            Err(status::WRAPPED_KEY_CHECK_FAILED)
        }
    }

    /// Signs blob and challenge with the new key: PKCS#1 v1.5 with SHA-1 [RFC 8017 §8.2.1].
    fn prove(
        &mut self,
        pair: &Pair,
        bits: u16,
        challenge: &[u8],
    ) -> Result<EnrollmentResult, StatusWord> {
        let Material::Public { modulus, exponent } = &pair.public else {
            return Err(StatusWord::UNKNOWN);
        };
        let blob =
            RsaPublicKey { bits, modulus: modulus.clone(), exponent: exponent.clone() }.to_bytes();
        let public_key_blob = blob.map_err(|_| StatusWord::UNKNOWN)?;
        let mut result = EnrollmentResult { public_key_blob, proof: Vec::new() };
        let digest = Sha1::digest(result.proof_input(challenge));
        let padded = pad(&digest, modulus.len()).ok_or(StatusWord::UNKNOWN)?;
        result.proof = pair.private.raw(&mut self.host.rng(), &padded)?.to_vec();
        Ok(result)
    }

    /// Clears every key that is not named.
    pub(super) fn clear_key_slots(&mut self, keep: &[u8]) -> Result<(), StatusWord> {
        if keep.iter().any(|number| *number > KEY_SLOTS) {
            return Err(status::INVALID_PARAMETER);
        }
        if keep.contains(&KEY_SLOTS) {
            // The Java applet lets this one through to its array.
            return Err(StatusWord::UNKNOWN);
        }
        for number in (0..KEY_SLOTS).filter(|number| !keep.contains(number)) {
            let slot = Slot::load(self.records(), number);
            if let Some(mut slot) = slot.filter(|slot| slot.material().is_some()) {
                slot.clear();
                slot.store(self.host.nvm(), number)?;
            }
        }
        Ok(())
    }
}

/// EMSA-PKCS1-v1_5 [RFC 8017 §9.2].
fn pad(digest: &[u8], length: usize) -> Option<Vec<u8>> {
    let padding = length.checked_sub(3 + SHA1_DIGEST_INFO.len() + digest.len())?;
    if padding < PADDING_MIN {
        return None;
    }
    let mut padded = vec![0x00, 0x01];
    padded.resize(2 + padding, 0xFF);
    padded.push(0x00);
    padded.extend_from_slice(&SHA1_DIGEST_INFO);
    padded.extend_from_slice(digest);
    Some(padded)
}
