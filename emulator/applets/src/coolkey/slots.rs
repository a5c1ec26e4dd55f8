//! The key slots: one record each.

use ::coolkey::{Identities, KEY_SLOTS, KeyAcl, report::KeyRecord, status};
use card::Nvm;
use iso7816::StatusWord;
use serde::{Deserialize, Serialize};

use super::rsa_key::Material;

/// Number of slots.
pub(super) const SLOT_COUNT: usize = KEY_SLOTS as usize;
/// Mate of a key that has none, in LIST KEYS.
const NO_MATE: u8 = 0xFF;

/// A slot that was used once. Its type, size and mate are fixed from then on, also after its key was cleared.
#[derive(Serialize, Deserialize)]
pub(super) struct Slot {
    key_type: u8,
    bits: u16,
    mate: Option<u8>,
    acl: [u8; 6],
    // None once cleared.
    material: Option<Material>,
}

const fn record_key(number: u8) -> [u8; 2] {
    [b'k', number]
}

impl Slot {
    /// A slot with a key.
    pub(super) fn new(material: Material, bits: u16, mate: Option<u8>, acl: KeyAcl) -> Self {
        let key_type = material.key_type();
        Self { key_type, bits, mate, acl: acl.to_bytes(), material: Some(material) }
    }

    /// The slot with this number; `None` when it was never used.
    pub(super) fn load(nvm: &Nvm<'_>, number: u8) -> Option<Self> {
        postcard::from_bytes(nvm.get(&record_key(number))?).ok()
    }

    pub(super) fn store(&self, nvm: &mut Nvm<'_>, number: u8) -> Result<(), StatusWord> {
        let record = postcard::to_allocvec(self).map_err(|_| StatusWord::UNKNOWN)?;
        nvm.put(&record_key(number), record)
    }

    /// How many slots were ever used.
    pub(super) fn count(nvm: &Nvm<'_>) -> u8 {
        let used = (0..KEY_SLOTS).filter(|number| nvm.get(&record_key(*number)).is_some());
        u8::try_from(used.count()).unwrap_or(KEY_SLOTS)
    }

    pub(super) const fn acl(&self) -> KeyAcl {
        KeyAcl::from_bytes(self.acl)
    }

    pub(super) const fn mate(&self) -> Option<u8> {
        self.mate
    }

    pub(super) const fn bits(&self) -> u16 {
        self.bits
    }

    /// The key; `None` once cleared.
    pub(super) const fn material(&self) -> Option<&Material> {
        self.material.as_ref()
    }

    /// The same slot as the mate of another.
    pub(super) fn paired_with(self, mate: u8) -> Self {
        Self { mate: Some(mate), ..self }
    }

    /// Takes the key away; the rest stays.
    pub(super) fn clear(&mut self) {
        self.material = None;
    }

    /// What LIST KEYS says.
    pub(super) fn record(&self, number: u8) -> KeyRecord {
        KeyRecord {
            slot: number,
            key_type: self.key_type,
            mate: self.mate.unwrap_or(NO_MATE),
            bits: self.bits,
            acl: self.acl(),
        }
    }
}

/// Whether `caller` may put another key where one is.
///
/// # Errors
/// 9C06.
pub(super) fn check_overwrite(
    nvm: &Nvm<'_>,
    number: u8,
    caller: Identities,
) -> Result<(), StatusWord> {
    let key = Slot::load(nvm, number).filter(|slot| slot.material.is_some());
    if key.is_none_or(|slot| slot.acl().write.admits(caller)) {
        Ok(())
    } else {
        Err(status::UNAUTHORIZED)
    }
}

/// Whether two slots may hold a pair: once paired they belong together.
///
/// # Errors
/// 9C1E.
pub(super) fn check_pairing(nvm: &Nvm<'_>, private: u8, public: u8) -> Result<(), StatusWord> {
    let mate = |number| Slot::load(nvm, number).and_then(|slot| slot.mate);
    let fits = |number, other| mate(number).is_none_or(|mate| mate == other);
    if private != public && fits(private, public) && fits(public, private) {
        Ok(())
    } else {
        Err(status::KEY_PAIRING_INVALID)
    }
}

/// Whether a key of this type and size may go into a slot: a new one needs the right to create keys, one that was used keeps its
/// type and size.
///
/// # Errors
/// 9C06, 9C03.
pub(super) fn check_shape(
    nvm: &Nvm<'_>,
    number: u8,
    (key_type, bits): (u8, u16),
    may_create: bool,
) -> Result<(), StatusWord> {
    match Slot::load(nvm, number) {
        None if may_create => Ok(()),
        None => Err(status::UNAUTHORIZED),
        Some(slot) if slot.key_type == key_type && slot.bits == bits => Ok(()),
        Some(_) => Err(status::OPERATION_NOT_ALLOWED),
    }
}
