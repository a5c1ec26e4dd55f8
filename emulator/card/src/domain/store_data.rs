//! STORE DATA to a security domain [GPCS 2.3.1 §11.11].

use std::collections::BTreeMap;

use faults::Fault;
use globalplatform::{
    command::{StoreData, StoreDataEncryption, StoreDataFormat},
    data::dgi::{DataGrouping, OBJECTS, StoredKey},
};
use iso7816::{Aid, Command, ParseError, Response, StatusWord, tlv};

use super::{
    Receiver,
    get_data::{PERSONALIZATION, PRE_PERSONALIZATION},
    new_key::NewKey,
    refused,
};
use crate::{
    card::Card,
    channel::Store,
    profile::KDD_LENGTH,
    state::{self, DIVERSIFICATION_DATA, Domain, IssuerDomain},
};

/// Most data that one run of blocks may bring, in bytes.
const STORE_LENGTH_MAX: usize = 4096;
const TAG_NAME: u32 = 0x4F;
/// Longest value of a data object, in bytes.
const OBJECT_LENGTH_MAX: usize = 255;
/// Length of the pre-personalisation and personalisation data, in bytes.
const PERSONALIZATION_LENGTH: usize = 8;

impl Card {
    /// Collects blocks; the last one makes all of them take effect. In a personalisation session they go to the application that
    /// INSTALL [for personalization] named [GPCS 2.3.1 §11.11.1].
    pub(super) fn store_data(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let open = self.channel(receiver.channel)?;
        let personalizing = open.personalizing;
        // An error begins the numbers of the blocks anew: the run is put back only when the block was taken [GPCS 2.3.1 §11.11.2.2].
        let run = open.store.take();
        let block = StoreData::parse(command).map_err(refused)?;
        let fresh = Store { format: block.format, next_block: 0, bytes: Vec::new() };
        let mut store = run.unwrap_or(fresh);
        let other = store.next_block != usize::from(block.block);
        if other && !faults::active(Fault::StoreDataBlockNotChecked) {
            return Err(StatusWord::WRONG_P1P2);
        }
        store.next_block += 1;
        if block.last && !faults::active(Fault::PersonalizationGoesOn) {
            open.personalizing = None;
        }
        let domain = match personalizing.map(|aid| (aid, self.registry.domain(aid))) {
            Some((aid, None)) => {
                return self.pass_on(receiver.channel, aid, &block, command, store);
            }
            Some((_, Some(domain))) => domain,
            None => receiver.domain,
        };
        let encrypted_objects =
            block.encryption != StoreDataEncryption::None && block.format != StoreDataFormat::Dgi;
        if store.format != block.format || encrypted_objects {
            return Err(StatusWord::WRONG_P1P2);
        }
        store.bytes.extend_from_slice(&block.data);
        if store.bytes.len() > STORE_LENGTH_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        if !block.last {
            self.channel(receiver.channel)?.store = Some(store);
        } else if block.format == StoreDataFormat::Dgi {
            self.store_groupings(receiver.channel, domain, &store.bytes)?;
        } else {
            self.store_objects(domain, &store.bytes)?;
        }
        Ok(Response::status(StatusWord::OK))
    }

    /// Passes a block on to the application that is being personalised. What it answers must have been asked for
    /// [GPCS 2.3.1 §11.11.3.1].
    fn pass_on(
        &mut self,
        channel: usize,
        application: Aid,
        block: &StoreData,
        command: &Command,
        store: Store,
    ) -> Result<Response, StatusWord> {
        let answer = self.with_applet(Some(channel), application, |applet, host| {
            applet.store_data(host, command)
        });
        let answer = answer.unwrap_or(Err(StatusWord::CONDITIONS_OF_USE))?;
        let status = answer.status;
        if !status.is_ok() && !status.is_warning() {
            return Ok(answer);
        }
        if !answer.data.is_empty() && !block.response_expected {
            return Err(StatusWord::WRONG_P1P2);
        }
        if !block.last {
            self.channel(channel)?.store = Some(store);
        }
        Ok(answer)
    }

    /// Data objects in 0070, and keys: what of them is secret says so itself, in its identifier.
    fn store_groupings(
        &mut self,
        channel: usize,
        domain: Domain,
        bytes: &[u8],
    ) -> Result<(), StatusWord> {
        let groupings = DataGrouping::parse_all(bytes).map_err(malformed)?;
        let (objects, keys): (Vec<_>, Vec<_>) =
            groupings.into_iter().partition(|grouping| grouping.identifier == OBJECTS);
        for grouping in objects {
            self.store_objects(domain, &grouping.value)?;
        }
        let keys = StoredKey::parse_all(&keys).map_err(malformed)?;
        if keys.is_empty() {
            return Ok(());
        }
        let mut versions: BTreeMap<u8, Vec<state::StoredKey>> = BTreeMap::new();
        for key in keys {
            let checked = self.stored_key(channel, domain, &key)?;
            versions.entry(key.key_version).or_default().push(checked);
        }
        for (version, keys) in versions {
            self.store_keys(domain, version, keys)?;
        }
        self.become_personalized(domain)
    }

    fn stored_key(
        &mut self,
        channel: usize,
        domain: Domain,
        key: &StoredKey,
    ) -> Result<state::StoredKey, StatusWord> {
        let session = &self.channel(channel)?.session;
        let parts = key.values(|block| session.decrypt_key(block)).map_err(refused)?;
        let (check_value, attributes) = (key.check_value.as_slice(), Some(key.attributes));
        self.checked_key(domain, NewKey { id: key.key_index, parts, check_value, attributes })
    }

    fn store_objects(&mut self, domain: Domain, bytes: &[u8]) -> Result<(), StatusWord> {
        for object in tlv::parse(bytes) {
            let object = object.map_err(malformed)?;
            self.store_object(domain, object.tag.0, object.value)?;
        }
        Ok(())
    }

    /// What may be stored; anything else (counters, security level, lists) is refused [GPCS 2.3.1 §11.11.2.3].
    fn store_object(&mut self, domain: Domain, tag: u32, value: &[u8]) -> Result<(), StatusWord> {
        let issuer = domain == Domain::Issuer;
        if tag == TAG_NAME && issuer {
            return self.rename(Aid::new(value).map_err(malformed)?);
        }
        let tag = u16::try_from(tag).map_err(|_| StatusWord::WRONG_DATA)?;
        let storable = match tag {
            PERSONALIZATION | PRE_PERSONALIZATION => {
                issuer && value.len() == PERSONALIZATION_LENGTH
            }
            DIVERSIFICATION_DATA => value.len() == KDD_LENGTH,
            0x66 => is_constructed(value),
            0x67 => issuer && is_constructed(value),
            0x42 | 0x45 | 0x5F50 => true,
            0xC1 => faults::active(Fault::StoreDataOfCounterAccepted),
            _ => false,
        };
        if !storable || value.len() > OBJECT_LENGTH_MAX {
            return Err(StatusWord::WRONG_DATA);
        }
        if faults::active(Fault::StoredObjectNotKept) {
            return Ok(());
        }
        state::put_object(&mut self.log, domain, tag, value)
    }

    /// Gives the issuer security domain another AID.
    fn rename(&mut self, aid: Aid) -> Result<(), StatusWord> {
        if aid != self.registry.isd.aid && self.is_in_use(aid) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let domain = IssuerDomain { aid, ..self.registry.isd.clone() };
        self.registry.put_domain(&mut self.log, domain)
    }
}

const fn malformed(_: ParseError) -> StatusWord {
    StatusWord::WRONG_DATA
}

/// Whether a value is made of data objects.
fn is_constructed(value: &[u8]) -> bool {
    tlv::parse(value).all(|object| object.is_ok())
}
