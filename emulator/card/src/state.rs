//! The typed records of the card itself: registry, keys, data objects.

mod domain;
mod global_pin;
mod historical_bytes;
mod keys;
mod personality;
mod receipts;
mod registry;

use globalplatform::KeySet;
use iso7816::StatusWord;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::{
    domain::Domain,
    global_pin::{GlobalPinRecord, delete_service, delete_services_of, put_service, service},
    historical_bytes::{atr, historical_bytes, save_atr, with_historical_bytes},
    keys::{Component, KeySetRecord, StoredKey, default_key_set, key_set_versions, key_sets},
    personality::personality,
    receipts::{count_receipt, next_receipt, receipts},
    registry::{
        APPLICATIONS_MAX, Application, DomainTraits, IssuerDomain, LOCKED, LoadFileEntry, Quotas,
        Registry,
    },
};
use crate::{
    nvm::{Owner, WriteLog},
    profile::{CardProfile, KDD_LENGTH, Personality},
};

/// Tag of the key diversification data.
pub(crate) const DIVERSIFICATION_DATA: u16 = 0xCF;

/// Reads a record of the system.
pub(crate) fn load<T: DeserializeOwned>(log: &WriteLog, key: &[u8]) -> Option<T> {
    load_of(log, Owner::System, key)
}

/// Reads a record of the card or of one of its security domains.
pub(crate) fn load_of<T: DeserializeOwned>(log: &WriteLog, owner: Owner, key: &[u8]) -> Option<T> {
    postcard::from_bytes(log.get(owner, key)?).ok()
}

/// Writes a record of the system.
pub(crate) fn save<T: Serialize>(
    log: &mut WriteLog,
    key: &[u8],
    value: &T,
) -> Result<(), StatusWord> {
    save_of(log, Owner::System, key, value)
}

/// Writes a record of the card or of one of its security domains.
pub(crate) fn save_of<T: Serialize>(
    log: &mut WriteLog,
    owner: Owner,
    key: &[u8],
    value: &T,
) -> Result<(), StatusWord> {
    let bytes = postcard::to_allocvec(value).map_err(|_| StatusWord::MEMORY_FAILURE)?;
    Ok(log.put(owner, key, bytes)?)
}

/// Writes the records of a card that is born.
pub(crate) fn create(log: &mut WriteLog, profile: &CardProfile) -> Result<(), StatusWord> {
    let personality = &profile.personality;
    personality::create(log, personality)?;
    IssuerDomain::born(personality).save(log)?;
    for initial in &profile.key_sets {
        let (protocol, keys): (_, KeySet) =
            initial.key_set().map_err(|_| StatusWord::WRONG_DATA)?;
        KeySetRecord::of(initial.version, protocol, &keys).save(log, Domain::Issuer)?;
    }
    for (tag, value) in [(0x42, &personality.iin), (0x45, &personality.cin)] {
        if !value.is_empty() {
            put_object(log, Domain::Issuer, tag, value)?;
        }
    }
    Ok(())
}

/// The value of a data object that a domain stores.
pub(crate) fn object(log: &WriteLog, domain: Domain, tag: u16) -> Option<&[u8]> {
    log.get(domain.owner(), &object_key(tag))
}

/// Stores the value of a data object of a domain.
pub(crate) fn put_object(
    log: &mut WriteLog,
    domain: Domain,
    tag: u16,
    value: &[u8],
) -> Result<(), StatusWord> {
    Ok(log.put(domain.owner(), &object_key(tag), value.to_vec())?)
}

/// Key diversification data: what a domain stores, else the card's own.
pub(crate) fn diversification_data(
    log: &WriteLog,
    personality: &Personality,
    domain: Domain,
) -> [u8; KDD_LENGTH] {
    let stored = object(log, domain, DIVERSIFICATION_DATA);
    stored.and_then(|value| value.try_into().ok()).unwrap_or_else(|| personality.kdd())
}

fn object_key(tag: u16) -> [u8; 3] {
    let [high, low] = tag.to_be_bytes();
    [b'd', high, low]
}
