//! COMPUTE CRYPT: raw RSA, in steps or at once.

use ::coolkey::{
    MODULUS_BITS_MAX,
    command::{CryptInput, CryptParameters, CryptStep, Direction, Location},
    status,
};
use faults::Fault;
use iso7816::StatusWord;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{call::Call, rsa_key::Material, slots::Slot};

/// Most bytes of an answer, length included.
const ANSWER_MAX: usize = 255;

impl Call<'_, '_> {
    pub(super) fn compute_crypt(
        &mut self,
        key: u8,
        step: CryptStep,
    ) -> Result<Vec<u8>, StatusWord> {
        let slot = Slot::load(self.records(), key).ok_or(status::INCORRECT_P1)?;
        if !slot.acl().usage.admits(self.caller) && !faults::active(Fault::CoolkeyKeyNotGuarded) {
            return Err(status::UNAUTHORIZED);
        }
        match step {
            CryptStep::Init(parameters, input) => {
                let (_, data) = self.input(&input)?;
                if !data.is_empty() {
                    return Err(status::CHUNK_SIZE_INVALID);
                }
                self.choose(key, &slot, parameters).map(|()| Vec::new())
            }
            CryptStep::Process(input) => {
                self.direction(key)?;
                self.input(&input)?;
                Err(status::KEY_TYPE_UNSUPPORTED)
            }
            CryptStep::Final(input) => self.finish(key, &slot, &input),
            CryptStep::OneStep(parameters, input) => {
                self.input(&input)?;
                self.choose(key, &slot, parameters)?;
                self.finish(key, &slot, &input)
            }
        }
    }

    /// Location and data of the input.
    fn input(&self, input: &CryptInput) -> Result<(Location, Zeroizing<Vec<u8>>), StatusWord> {
        let location = Location::from_byte(input.location)?;
        let data = match location {
            Location::Apdu => &input.data,
            Location::IoBuffer => self.volatile.io_buffer.counted()?,
        };
        Ok((location, Zeroizing::new(data.to_vec())))
    }

    fn choose(
        &mut self,
        key: u8,
        slot: &Slot,
        parameters: CryptParameters,
    ) -> Result<(), StatusWord> {
        let direction = parameters.check()?;
        if slot.bits() > MODULUS_BITS_MAX {
            return Err(status::KEY_SIZE_INVALID);
        }
        let chosen = self.volatile.directions.get_mut(usize::from(key));
        *chosen.ok_or(status::INCORRECT_P1)? = Some(direction);
        Ok(())
    }

    /// What INIT chose; nothing is a direction that does not exist.
    fn direction(&self, key: u8) -> Result<Direction, StatusWord> {
        let chosen = self.volatile.directions.get(usize::from(key)).copied().flatten();
        chosen.ok_or(status::DIRECTION_INVALID)
    }

    fn finish(&mut self, key: u8, slot: &Slot, input: &CryptInput) -> Result<Vec<u8>, StatusWord> {
        let direction = self.direction(key)?;
        let (location, data) = self.input(input)?;
        let length = usize::from(slot.bits()).div_ceil(8);
        if data.len() != length {
            return Err(status::CHUNK_SIZE_INVALID);
        }
        if location == Location::Apdu && length + 2 > ANSWER_MAX {
            return Err(status::OUTPUT_TOO_SMALL);
        }
        let material = slot.material().ok_or(StatusWord::UNKNOWN)?;
        let output = material.raw(&mut self.host.rng(), &data)?;
        if direction == Direction::Encrypt && matches!(material, Material::Private { .. }) {
            self.double_check(slot, &data, &output)?;
        }
        let counted = u16::try_from(length).map_err(|_| StatusWord::UNKNOWN)?;
        let answer = [&counted.to_be_bytes()[..], &output].concat();
        match location {
            Location::Apdu => Ok(answer),
            Location::IoBuffer => self.volatile.io_buffer.write(0, &answer).map(|()| Vec::new()),
        }
    }

    /// A signature leaves only when the public key turns it back into what was signed: a fault would give the private key away.
    fn double_check(&mut self, slot: &Slot, input: &[u8], output: &[u8]) -> Result<(), StatusWord> {
        let mate = slot.mate().and_then(|mate| Slot::load(self.records(), mate));
        let mate = mate.as_ref().and_then(Slot::material).ok_or(StatusWord::UNKNOWN)?;
        let back = mate.raw(&mut self.host.rng(), output)?;
        if back.len() != input.len() {
            return Err(status::INTERNAL_ERROR);
        }
        let [expected, found] = [input, &back].map(Sha1::digest);
        if bool::from(expected.as_slice().ct_eq(&found)) {
            Ok(())
        } else {
            Err(status::SIGNATURE_INVALID)
        }
    }
}
