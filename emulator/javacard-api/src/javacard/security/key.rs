//! Key objects: what all of them have [JCAPI 3.0.5 javacard.security.Key], and their parts.
//!
//! The hidden array of a key has a slot for each part: its length in two bytes, zero while it is not set, and its bytes. What clears
//! the array, a reset or a deselection, thereby makes the key uninitialised.

pub(crate) mod discrete;
pub(crate) mod elliptic;
pub(crate) mod family;
pub(crate) mod rsa;
pub(crate) mod secret;
mod working;

use jcvm::{Body, ClassId, ObjectFlags, Reference, Standard, Trap, Write};
use zeroize::Zeroizing;

use self::family::{Family, Memory, Part};
use super::{
    buffer::{input, input_of, throw, to_byte},
    offer, reason,
};
use crate::{Call, javacardx::crypto::key_encryption, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/Key.clearKey()V", clear_key),
    ("javacard/security/Key.getSize()S", get_size),
    ("javacard/security/Key.getType()B", get_type),
    ("javacard/security/Key.isInitialized()Z", is_initialized),
];

/// Hidden cells of `KeyObject`.
const MATERIAL: usize = 0;
pub(crate) const CIPHER: usize = 1;
const DOMAIN: usize = 2;
pub(crate) const SPECIFICATION: usize = 3;
const FAMILY: usize = 4;
const BITS: usize = 5;
const MEMORY: usize = 6;
const CURVE: usize = 7;

/// Bytes before a part: its length.
const HEAD: usize = 2;

/// A key object.
#[derive(Clone, Copy)]
pub(crate) struct KeyObject {
    pub(crate) object: Reference,
    pub(crate) family: Family,
    /// Size, in bits.
    pub(crate) bits: usize,
}

/// What a key is built with besides its family and memory.
#[derive(Clone, Copy, Default)]
pub(crate) struct Built {
    /// Size, in bits.
    pub(crate) bits: usize,
    /// The key whose domain parameters it shares.
    pub(crate) domain: Reference,
    /// The specification of its curve, and that curve's `NamedParameterSpec.*`.
    pub(crate) specification: (Reference, i32),
}

/// How often a key's parts were set since the card started: an engine made before is of another key.
struct Revision(u32);

impl KeyObject {
    /// Makes a key.
    ///
    /// # Errors
    /// `CryptoException.NO_SUCH_ALGORITHM` where the card does not offer them; `SystemException` when memory is full.
    pub(crate) fn build(
        call: &mut Call<'_, '_>,
        (family, memory): (Family, Memory),
        built: Built,
    ) -> Result<Self, Trap> {
        offer::check_key(call, family, built.bits)?;
        let shared = |part| !built.domain.is_null() && family.shares(part);
        let own = family.parts().iter().filter(|part| !shared(**part));
        let length: usize = own.map(|part| HEAD + family.capacity(*part, built.bits)).sum();
        let body = Body::Bytes(vec![0; length].into());
        let material = call.vm.allocate(ClassId::BYTE_ARRAY, memory.lifetime(), body)?;
        call.vm.set_flags(material, ObjectFlags::SENSITIVE);
        let object = call.vm.new_instance(family.class(), jcvm::Lifetime::Persistent)?;
        let cells = [
            (MATERIAL, material.to_cell()),
            (DOMAIN, built.domain.to_cell()),
            (SPECIFICATION, built.specification.0.to_cell()),
            (FAMILY, family as i32),
            (BITS, i32::try_from(built.bits).unwrap_or(0)),
            (MEMORY, memory as i32),
            (CURVE, built.specification.1),
        ];
        for (cell, value) in cells {
            call.vm.set_field(object, classes::KEY_OBJECT, cell, value, Write::Transactional)?;
        }
        Ok(Self { object, family, bits: built.bits })
    }

    /// The key behind a reference, `None` where the object is a program's own.
    ///
    /// # Errors
    /// `NullPointerException`, `SecurityException`.
    pub(crate) fn find(call: &mut Call<'_, '_>, object: Reference) -> Result<Option<Self>, Trap> {
        call.vm.check_access(object)?;
        if !call.vm.is_instance(object, classes::KEY_OBJECT) {
            return Ok(None);
        }
        let family = Family::from_cell(call.vm.field(object, classes::KEY_OBJECT, FAMILY));
        let bits = usize::try_from(call.vm.field(object, classes::KEY_OBJECT, BITS)).unwrap_or(0);
        Ok(family.map(|family| Self { object, family, bits }))
    }

    /// The key that an argument names.
    ///
    /// # Errors
    /// Those of [`KeyObject::find`]; `CryptoException.ILLEGAL_VALUE` where it is a program's own.
    pub(crate) fn argument(call: &mut Call<'_, '_>, at: usize) -> Result<Self, Trap> {
        let object = call.arguments.reference(at)?;
        match Self::find(call, object)? {
            Some(key) => Ok(key),
            None => throw(call, reason::ILLEGAL_VALUE),
        }
    }

    /// The key that a native method was called on.
    ///
    /// # Errors
    /// `SecurityException` where unverified code called it on something else.
    pub(crate) fn this(call: &mut Call<'_, '_>) -> Result<Self, Trap> {
        let object = call.this()?;
        match Self::find(call, object)? {
            Some(key) => Ok(key),
            None => call.throw(Standard::Security),
        }
    }

    fn cell(&self, call: &Call<'_, '_>, index: usize) -> i32 {
        call.vm.field(self.object, classes::KEY_OBJECT, index)
    }

    pub(crate) fn reference(&self, call: &Call<'_, '_>, index: usize) -> Reference {
        Reference::from_cell(self.cell(call, index))
    }

    pub(crate) fn memory(&self, call: &Call<'_, '_>) -> Memory {
        let constant = i8::try_from(self.cell(call, MEMORY)).unwrap_or(0);
        Memory::from_constant(constant).unwrap_or(Memory::Persistent)
    }

    /// `NamedParameterSpec.*` of the key's curve.
    pub(crate) fn curve(&self, call: &Call<'_, '_>) -> u16 {
        u16::try_from(self.cell(call, CURVE)).unwrap_or(0)
    }

    /// The key whose domain parameters this one shares.
    pub(crate) fn domain(&self, call: &Call<'_, '_>) -> Option<Reference> {
        Some(self.reference(call, DOMAIN)).filter(|domain| !domain.is_null())
    }

    /// Whether the domain parameters are another key's.
    pub(crate) fn is_sharing(&self, call: &Call<'_, '_>) -> bool {
        self.domain(call).is_some()
    }

    /// Where a part is: the key that holds it, the offset and length of its slot. `None` where the key has no such part.
    fn slot(
        &self,
        call: &mut Call<'_, '_>,
        part: Part,
    ) -> Result<Option<(Self, usize, usize)>, Trap> {
        let domain = self.reference(call, DOMAIN);
        let sharing = !domain.is_null();
        if sharing && self.family.shares(part) {
            let domain = Self::find(call, domain)?;
            // The domain of a domain is not followed: the builder has resolved it.
            return Ok(domain.and_then(|domain| domain.own_slot(part, false)));
        }
        Ok(self.own_slot(part, sharing))
    }

    fn own_slot(&self, part: Part, sharing: bool) -> Option<(Self, usize, usize)> {
        let mut offset = 0;
        for each in self.family.parts() {
            let length = HEAD + self.family.capacity(*each, self.bits);
            if *each == part {
                return Some((*self, offset, length));
            }
            if !(sharing && self.family.shares(*each)) {
                offset += length;
            }
        }
        None
    }

    /// A part as it was set, if it was.
    ///
    /// # Errors
    /// `SecurityException` where the key is transient, and its applet not selected.
    pub(crate) fn part(
        &self,
        call: &mut Call<'_, '_>,
        part: Part,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Trap> {
        let Some((key, offset, length)) = self.slot(call, part)? else { return Ok(None) };
        let material = key.reference(call, MATERIAL);
        let slot = call.vm.bytes(material, short(offset), short(length))?;
        Ok(slot.split_first_chunk::<HEAD>().and_then(|(head, bytes)| {
            let length = usize::from(u16::from_be_bytes(*head));
            let bytes = bytes.get(..length).filter(|bytes| !bytes.is_empty())?;
            Some(Zeroizing::new(bytes.to_vec()))
        }))
    }

    /// Whether a part is set.
    fn has(&self, call: &mut Call<'_, '_>, part: Part) -> Result<bool, Trap> {
        let Some((key, offset, _)) = self.slot(call, part)? else { return Ok(false) };
        let material = key.reference(call, MATERIAL);
        let head = call.vm.bytes(material, short(offset), short(HEAD))?;
        Ok(head.iter().any(|byte| *byte != 0))
    }

    /// A part that has to be there.
    ///
    /// # Errors
    /// `CryptoException.UNINITIALIZED_KEY`; those of [`KeyObject::part`].
    pub(crate) fn expect(
        &self,
        call: &mut Call<'_, '_>,
        part: Part,
    ) -> Result<Zeroizing<Vec<u8>>, Trap> {
        match self.part(call, part)? {
            Some(bytes) => Ok(bytes),
            None => throw(call, reason::UNINITIALIZED_KEY),
        }
    }

    /// Sets a part.
    ///
    /// # Errors
    /// `CryptoException.ILLEGAL_VALUE` where it is empty or too long; `TransactionException` when the commit buffer is full.
    pub(crate) fn set(
        &self,
        call: &mut Call<'_, '_>,
        part: Part,
        bytes: &[u8],
    ) -> Result<(), Trap> {
        let Some((key, offset, length)) = self.slot(call, part)? else {
            return throw(call, reason::ILLEGAL_VALUE);
        };
        let count = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        if count == 0 || usize::from(count) > length - HEAD {
            return throw(call, reason::ILLEGAL_VALUE);
        }
        let mut slot = Zeroizing::new(count.to_be_bytes().to_vec());
        slot.extend_from_slice(bytes);
        // The rest of the slot too: what was there before is no longer the key's.
        slot.resize(length, 0);
        let material = key.reference(call, MATERIAL);
        call.vm.write_bytes(material, short(offset), &slot, Write::Transactional)?;
        key.revise(call);
        if key.object != self.object {
            self.revise(call);
        }
        Ok(())
    }

    /// Whether all parts are set that the key needs.
    ///
    /// # Errors
    /// Those of [`KeyObject::part`].
    pub(crate) fn is_initialized(&self, call: &mut Call<'_, '_>) -> Result<bool, Trap> {
        for part in self.family.parts() {
            if self.family.needs(*part) && !self.has(call, *part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Forgets all parts but those of a shared domain.
    ///
    /// # Errors
    /// Those of [`KeyObject::set`].
    pub(crate) fn clear(&self, call: &mut Call<'_, '_>) -> Result<(), Trap> {
        let material = self.reference(call, MATERIAL);
        let zeros = vec![0; call.vm.array_length(material)?];
        call.vm.write_bytes(material, 0, &zeros, Write::Transactional)?;
        self.revise(call);
        Ok(())
    }

    fn revise(&self, call: &mut Call<'_, '_>) {
        let revision = self.own_revision(call).wrapping_add(1);
        call.state.volatile().set(self.object, Revision(revision));
    }

    fn own_revision(&self, call: &mut Call<'_, '_>) -> u32 {
        call.state.volatile().get::<Revision>(self.object).map_or(0, |revision| revision.0)
    }

    /// Changes whenever the key does.
    pub(crate) fn revision(&self, call: &mut Call<'_, '_>) -> (u32, u32) {
        let domain = self.reference(call, DOMAIN);
        let domain = call.state.volatile().get::<Revision>(domain).map_or(0, |known| known.0);
        (self.own_revision(call), domain)
    }
}

/// An offset or length within the material of a key, which is short.
fn short(value: usize) -> i16 {
    i16::try_from(value).unwrap_or(i16::MAX)
}

fn clear_key(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    KeyObject::this(call)?.clear(call)?;
    Ok(0)
}

fn get_size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    Ok(i32::try_from(key.bits).unwrap_or(0))
}

fn get_type(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let memory = key.memory(call);
    Ok(i32::from(key.family.type_constant(memory)))
}

fn is_initialized(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    KeyObject::this(call)?.is_initialized(call).map(i32::from)
}

/// A setter of a part that is given by array, offset and length.
pub(crate) fn set_part(call: &mut Call<'_, '_>, part: Part) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    if key.family.shares(part) && key.is_sharing(call) {
        return throw(call, reason::ILLEGAL_USE);
    }
    let given = input(call, 1)?;
    let given = key_encryption::decrypted(call, &key, given)?;
    let capacity = key.family.capacity(part, key.bits);
    key.set(call, part, fit(&given, capacity))?;
    Ok(0)
}

/// A setter of a key of a fixed length that is given by array and offset.
pub(crate) fn set_whole(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let length = key.bits / 8;
    let given = key_encryption::length(call, &key, length)?;
    let given = input_of(call, 1, short(given))?;
    let given = key_encryption::decrypted(call, &key, given)?;
    if given.len() != length {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    key.set(call, Part::Whole, &given)?;
    Ok(0)
}

/// A getter of a part: as it was set, but with zeros before it up to a length.
pub(crate) fn get_part(call: &mut Call<'_, '_>, part: Part) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let bytes = key.expect(call, part)?;
    let length = match (key.family, part) {
        (Family::RsaPublic | Family::RsaPrivate, Part::Modulus)
        | (
            Family::EcPublic | Family::EcPrivate | Family::EcParameters,
            Part::Field | Part::A | Part::B,
        )
        | (Family::RsaCrt, _) => key.family.capacity(part, key.bits),
        (_, Part::R) => key.bits.div_ceil(8),
        _ => 0,
    };
    let padding = length.saturating_sub(bytes.len());
    let mut padded = Zeroizing::new(vec![0; padding]);
    padded.extend_from_slice(&bytes);
    super::buffer::output(call, 1, &padded)
}

/// A getter of a whole key that returns its length as a byte.
pub(crate) fn get_whole(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get_part(call, Part::Whole).map(to_byte)
}

/// A number without those zeros before it for which there is no room.
fn fit(number: &[u8], capacity: usize) -> &[u8] {
    match number.split_at_checked(number.len().saturating_sub(capacity)) {
        Some((zeros, rest)) if zeros.iter().all(|byte| *byte == 0) => rest,
        _ => number,
    }
}
