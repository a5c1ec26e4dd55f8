//! PUT KEY [GPCS 2.3.1 §11.8, AmdD 1.1.1 §7.2].

use faults::Fault;
use globalplatform::{
    Protocol,
    command::{KeyComponent, PutKey},
    data::dgi::PlainComponent,
};
use iso7816::{Command, Response, StatusWord};

use super::{
    Receiver,
    content::{PERSONALIZED, SELECTABLE},
    new_key::NewKey,
    refused,
};
use crate::{
    card::Card,
    secure_channel::Session,
    state::{Domain, KeySetRecord, StoredKey, default_key_set, key_set_versions},
};

/// Version of keys that the first PUT KEY replaces.
const INITIAL_VERSION: u8 = 0xFF;
/// Highest identifier and version of a key.
const KEY_NUMBER_MAX: u8 = 0x7F;
/// Most key sets on a card.
const KEY_SETS_MAX: usize = 32;

impl Card {
    /// Adds keys or replaces them, all or none [GPCS 2.3.1 §11.8.1].
    pub(super) fn put_key(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let put = PutKey::parse(command).map_err(refused)?;
        if !matches!(put.new_version, 1..=KEY_NUMBER_MAX)
            && !faults::active(Fault::KeyVersionNotChecked)
        {
            return Err(StatusWord::WRONG_DATA);
        }
        let domain = receiver.domain;
        let keys = self.new_keys(receiver, &put)?;
        match put.replaces {
            None => self.add_keys(domain, put.new_version, keys)?,
            Some(old_version) => self.replace_keys(domain, old_version, put.new_version, keys)?,
        }
        self.become_personalized(domain)?;
        let mut answer = put.answer();
        if let Some(last) = answer.last_mut()
            && faults::active(Fault::CheckValueToldWrong)
        {
            *last ^= 1;
        }
        Ok(Response::ok(answer))
    }

    /// The keys that the components make; their identifiers count up.
    fn new_keys(&mut self, receiver: Receiver, put: &PutKey) -> Result<Vec<StoredKey>, StatusWord> {
        let count = put.components.iter().filter(|component| !component.continued).count();
        if put.keys().count() != count || count > 1 && !put.several {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut keys = Vec::new();
        for (id, components) in put.keys() {
            let session = &self.channel(receiver.channel)?.session;
            let part = |component: &KeyComponent| {
                let value = session.component_value(component)?;
                Ok(PlainComponent { key_type: component.key_type, value })
            };
            let parts = components.iter().map(part).collect::<Result<_, _>>().map_err(refused)?;
            let last = components.last();
            let check_value = last.map_or(&[][..], |component| &component.check_value);
            let attributes = last.and_then(|component| component.attributes);
            let new = NewKey { id, parts, check_value, attributes };
            let checked = self.checked_key(receiver.domain, new);
            if checked.is_err() && faults::active(Fault::PutKeyKeepsFirstKeys) {
                self.add_keys(receiver.domain, put.new_version, keys.clone())?;
                self.log.commit()?;
            }
            keys.push(checked?);
        }
        Ok(keys)
    }

    /// A supplementary domain that has the keys of a secure channel is personalised [GPCS 2.3.1 §5.3.2.3].
    pub(crate) fn become_personalized(&mut self, domain: Domain) -> Result<(), StatusWord> {
        let Domain::Supplementary(aid) = domain else { return Ok(()) };
        let complete = default_key_set(&self.log, domain).is_some()
            && !faults::active(Fault::DomainNotPersonalized);
        if complete && self.entry(aid)?.life_cycle == SELECTABLE {
            self.registry.set_life_cycle(&mut self.log, aid, PERSONALIZED)?;
        }
        Ok(())
    }

    /// New keys: none of them may be there.
    fn add_keys(
        &mut self,
        domain: Domain,
        version: u8,
        keys: Vec<StoredKey>,
    ) -> Result<(), StatusWord> {
        let mut set = self.set_for(domain, version, &keys)?;
        if keys.iter().any(|key| set.key(key.id).is_some()) {
            return Err(StatusWord::WRONG_DATA);
        }
        for key in keys {
            set.put(key);
            self.tear_apart(domain, &set)?;
        }
        self.save_added(domain, &set)
    }

    /// A fault writes a set key by key.
    fn tear_apart(&mut self, domain: Domain, set: &KeySetRecord) -> Result<(), StatusWord> {
        if !faults::active(Fault::PutKeyTorn) {
            return Ok(());
        }
        set.save(&mut self.log, domain)?;
        Ok(self.log.commit()?)
    }

    /// Keys of STORE DATA: each takes the place of one with its identifier and version, or is added.
    pub(super) fn store_keys(
        &mut self,
        domain: Domain,
        version: u8,
        keys: Vec<StoredKey>,
    ) -> Result<(), StatusWord> {
        if !matches!(version, 1..=KEY_NUMBER_MAX) {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut set = self.set_for(domain, version, &keys)?;
        for key in keys {
            if key.id > KEY_NUMBER_MAX || set.key(key.id).is_some_and(|old| !key.may_replace(old)) {
                return Err(StatusWord::WRONG_DATA);
            }
            set.put(key);
        }
        self.save_added(domain, &set)
    }

    /// The set of a version: the one that is there, or a new one for these keys.
    fn set_for(
        &self,
        domain: Domain,
        version: u8,
        keys: &[StoredKey],
    ) -> Result<KeySetRecord, StatusWord> {
        if let Some(set) = KeySetRecord::load(&self.log, domain, version) {
            return Ok(set);
        }
        if key_set_versions(&self.log, domain).len() >= KEY_SETS_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        Ok(KeySetRecord::new(version, self.protocol_for(domain, version, keys)?))
    }

    /// Writes a set that has got keys. The first complete one takes the place of the initial one.
    fn save_added(&mut self, domain: Domain, set: &KeySetRecord) -> Result<(), StatusWord> {
        let complete = set.channel_keys().is_some() && !faults::active(Fault::InitialKeysStay);
        self.save_changed(domain, set)?;
        if let Some(mut initial) =
            KeySetRecord::load(&self.log, domain, INITIAL_VERSION).filter(|_| complete)
        {
            initial.clear();
            initial.save(&mut self.log, domain)?;
        }
        Ok(())
    }

    /// Keys in the place of others of the same type and length, under the same version or a new one [GPCS 2.3.1 §11.8.2.3.3].
    fn replace_keys(
        &mut self,
        domain: Domain,
        old_version: u8,
        version: u8,
        keys: Vec<StoredKey>,
    ) -> Result<(), StatusWord> {
        let old = KeySetRecord::load(&self.log, domain, old_version);
        if old.is_none() && faults::active(Fault::UnknownKeyVersionReplaced) {
            return self.add_keys(domain, version, keys);
        }
        let mut old = old.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        for key in &keys {
            let before = old.key(key.id).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            if !key.may_replace(before) && !faults::active(Fault::ReplacedKeyChangesType) {
                return Err(StatusWord::WRONG_DATA);
            }
        }
        if old_version == version {
            for key in keys {
                old.put(key);
                self.tear_apart(domain, &old)?;
            }
            return self.save_changed(domain, &old);
        }
        let mut set = match KeySetRecord::load(&self.log, domain, version) {
            Some(set) => set,
            None => {
                KeySetRecord::new(version, old.protocol().ok_or(StatusWord::CONDITIONS_OF_USE)?)
            }
        };
        for key in keys {
            if set.key(key.id).is_some() {
                return Err(StatusWord::WRONG_DATA);
            }
            old.remove(key.id);
            set.put(key);
        }
        self.save_changed(domain, &set)?;
        self.save_changed(domain, &old)?;
        self.check_a_channel_can_be_opened()
    }

    /// A changed set counts its sessions from 0 again [GPCS 2.3.1 §E.1.2.1].
    fn save_changed(&mut self, domain: Domain, set: &KeySetRecord) -> Result<(), StatusWord> {
        set.save(&mut self.log, domain)?;
        self.forget_handshakes();
        if faults::active(Fault::CounterSurvivesNewKeys) {
            return Ok(());
        }
        KeySetRecord::reset_counter(&mut self.log, domain, set.version)
    }

    /// No handshake that began with keys as they were may end after they changed.
    pub(super) fn forget_handshakes(&mut self) {
        for open in self.channels.iter_mut().flatten() {
            if matches!(open.session, Session::Pending { .. }) {
                open.session = Session::None;
            }
        }
    }

    /// Refuses a change after which nobody could open a secure channel any more; the command's writes are then rolled back.
    pub(super) fn check_a_channel_can_be_opened(&self) -> Result<(), StatusWord> {
        default_key_set(&self.log, Domain::Issuer).map(|_| ()).ok_or(StatusWord::CONDITIONS_OF_USE)
    }

    /// What a new set speaks: SCP03 with AES keys, the card's other protocol with any other; of a supplementary domain the first fitting
    /// protocol that it was made with, if it was made with any.
    fn protocol_for(
        &self,
        domain: Domain,
        version: u8,
        keys: &[StoredKey],
    ) -> Result<Protocol, StatusWord> {
        let aes = keys.iter().filter_map(StoredKey::key).any(|key| key.algorithm().is_aes());
        let entry = match domain {
            Domain::Issuer => None,
            Domain::Supplementary(aid) => Some(self.entry(aid)?),
        };
        let own = entry.iter().flat_map(|entry| &entry.traits.protocols);
        let mut fitting = own.filter(|(id, _)| (*id == 3) == aes);
        if let Some((id, i)) = fitting.next() {
            return Protocol::new(*id, *i).map_err(|_| StatusWord::WRONG_DATA);
        }
        self.personality.protocol_of(version, aes).map_err(|_| StatusWord::WRONG_DATA)
    }
}
