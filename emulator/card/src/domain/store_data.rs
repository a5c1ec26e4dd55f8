//! STORE DATA to a security domain [GPCS 2.3.1 §11.11].

use globalplatform::command::{StoreData, StoreDataEncryption, StoreDataFormat};
use iso7816::{Aid, Command, ParseError, Response, StatusWord, tlv};

use super::{
    Receiver,
    get_data::{PERSONALIZATION, PRE_PERSONALIZATION},
    refused,
};
use crate::{
    card::Card,
    channel::Store,
    state::{self, Domain, IssuerDomain},
};

/// Most data that one run of blocks may bring, in bytes.
const STORE_LENGTH_MAX: usize = 4096;
/// Data grouping that wraps data objects [GPCS 2.3.1 §11.11.2.3].
const DGI_OBJECTS: u16 = 0x0070;
const TAG_NAME: u32 = 0x4F;
/// Longest value of a data object, in bytes.
const OBJECT_LENGTH_MAX: usize = 255;

impl Card {
    /// Collects blocks; the last one makes all of them take effect.
    pub(super) fn store_data(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let personalizing = self.channel(receiver.channel)?.personalizing;
        let domain = match personalizing.map(|aid| (aid, self.registry.domain(aid))) {
            Some((aid, None)) => return self.pass_on(receiver.channel, aid, command),
            Some((_, Some(domain))) => domain,
            None => receiver.domain,
        };
        let open = self.channel(receiver.channel)?;
        // An error ends the run of blocks: it is put back only when the block was taken.
        let run = open.store.take();
        let block = StoreData::parse(command).map_err(refused)?;
        if block.encryption != StoreDataEncryption::None {
            return Err(StatusWord::WRONG_P1P2);
        }
        let fresh = Store { format: block.format, next_block: 0, bytes: Vec::new() };
        let mut store = run.unwrap_or(fresh);
        if store.format != block.format || store.next_block != usize::from(block.block) {
            return Err(StatusWord::WRONG_P1P2);
        }
        store.next_block += 1;
        store.bytes.extend_from_slice(&block.data);
        if store.bytes.len() > STORE_LENGTH_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        if !block.last {
            open.store = Some(store);
            return Ok(Response::status(StatusWord::OK));
        }
        open.personalizing = None;
        if block.format == StoreDataFormat::Dgi {
            self.store_groupings(domain, &store.bytes)?;
        } else {
            self.store_objects(domain, &store.bytes)?;
        }
        Ok(Response::status(StatusWord::OK))
    }

    /// Passes data on to the application that is being personalised; the last block ends that.
    fn pass_on(
        &mut self,
        channel: usize,
        application: Aid,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        if StoreData::parse(command).map_err(refused)?.last {
            self.channel(channel)?.personalizing = None;
        }
        self.with_applet(Some(channel), application, |applet, host| {
            applet.store_data(host, command)
        })
        .unwrap_or(Err(StatusWord::CONDITIONS_OF_USE))
    }

    fn store_groupings(&mut self, domain: Domain, mut bytes: &[u8]) -> Result<(), StatusWord> {
        while !bytes.is_empty() {
            let (group, value, rest) = data_grouping(bytes).ok_or(StatusWord::WRONG_DATA)?;
            if group != DGI_OBJECTS {
                return Err(StatusWord::WRONG_DATA);
            }
            self.store_objects(domain, value)?;
            bytes = rest;
        }
        Ok(())
    }

    fn store_objects(&mut self, domain: Domain, bytes: &[u8]) -> Result<(), StatusWord> {
        for object in tlv::parse(bytes) {
            let object = object.map_err(malformed)?;
            self.store_object(domain, object.tag.0, object.value)?;
        }
        Ok(())
    }

    /// What may be stored; anything else (counters, security level, lists) is refused.
    fn store_object(&mut self, domain: Domain, tag: u32, value: &[u8]) -> Result<(), StatusWord> {
        if tag == TAG_NAME && domain == Domain::Issuer {
            return self.rename(Aid::new(value).map_err(malformed)?);
        }
        if value.len() > OBJECT_LENGTH_MAX {
            return Err(StatusWord::WRONG_DATA);
        }
        let tag = u16::try_from(tag).map_err(|_| StatusWord::WRONG_DATA)?;
        match tag {
            PERSONALIZATION | PRE_PERSONALIZATION
                if value.len() == 8 && domain == Domain::Issuer => {}
            0x42 | 0x45 | 0x66 | 0x67 | 0x5F50 => {}
            _ => return Err(StatusWord::WRONG_DATA),
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

/// A data grouping: identifier, value, and what follows [GPCS 2.3.1 §11.11.2.3].
fn data_grouping(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (&[high, low], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match rest {
        [0xFF, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        [length, rest @ ..] => (u16::from(*length), rest),
        [] => return None,
    };
    let (value, rest) = rest.split_at_checked(usize::from(length))?;
    Some((u16::from_be_bytes([high, low]), value, rest))
}
