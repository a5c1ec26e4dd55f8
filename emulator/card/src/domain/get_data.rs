//! GET DATA [GPCS 2.3.1 §11.3].

use faults::Fault;
use globalplatform::{
    command::{GetData, GetDataOfFile},
    data::{Privileges, key_information},
};
use iso7816::{
    Command, Response, StatusWord,
    tlv::{self, Writer},
};

use super::{Receiver, refused};
use crate::{
    card::Card,
    state::{self, Domain, KeySetRecord, LOCKED, default_key_set, key_sets},
};

const KEY_INFORMATION: u32 = 0xE0;
/// The list of applications, its tag in GET DATA, and what is in it [GPCS 2.3.1 §11.3.3.1.3].
const APPLICATIONS: u16 = 0x2F00;
const APPLICATION_TEMPLATE: u32 = 0x61;
const APPLICATION_NAME: u32 = 0x4F;
/// Pre-personalisation and personalisation data, kept from STORE DATA.
pub(super) const PRE_PERSONALIZATION: u16 = 0x9F66;
pub(super) const PERSONALIZATION: u16 = 0x9F67;
/// Where the two lie in the CPLC data, in bytes.
const PRE_PERSONALIZATION_AT: usize = 26;
const PERSONALIZATION_AT: usize = 34;

impl Card {
    pub(super) fn get_data(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let wanted = GetData::parse(command).map_err(refused)?;
        let GetData { tag, with_header, .. } = wanted;
        if tag == APPLICATIONS && with_header {
            return self.application_list(receiver.domain, &wanted).map(Response::ok);
        }
        let value = self.object_value(receiver, tag)?;
        let data =
            if with_header { Writer::new().object(u32::from(tag), &value).finish() } else { value };
        match (command.expected, u8::try_from(data.len()), u32::try_from(data.len())) {
            (Some(le), Ok(exact), Ok(length)) if le < length => {
                Err(StatusWord::from_bytes(0x6C, exact))
            }
            _ => Ok(Response::ok(data)),
        }
    }

    /// GET DATA with an odd instruction byte: the list of applications, for those who read it as a file. The class is that of ISO.
    pub(super) fn get_application_list(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let GetDataOfFile(wanted) = GetDataOfFile::parse(command).map_err(refused)?;
        match wanted.tag {
            _ if wanted.with_header => Err(StatusWord::INS_NOT_SUPPORTED),
            APPLICATIONS => self.application_list(receiver.domain, &wanted).map(Response::ok),
            _ => Err(StatusWord::REFERENCED_DATA_NOT_FOUND),
        }
    }

    /// What can be selected and stands under a domain, or is on the card where it has Global Registry; a template each, without a tag
    /// around them.
    fn application_list(&self, domain: Domain, wanted: &GetData) -> Result<Vec<u8>, StatusWord> {
        let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
        let tags = wanted.tag_list().map_err(|_| StatusWord::WRONG_DATA)?.ok_or(missing)?;
        let told = [APPLICATION_TEMPLATE, APPLICATION_NAME];
        if !tags.is_empty() && !tags.iter().any(|tag| told.contains(tag)) {
            return Err(missing);
        }
        let issuer = Some(self.registry.isd.aid).filter(|_| self.registry.isd.life_cycle < LOCKED);
        let applications = self.registry.applications().filter(|entry| entry.is_selectable());
        let all = issuer.into_iter().chain(applications.map(|entry| entry.aid));
        let list = all.filter(|aid| self.may_see(domain, *aid)).fold(Writer::new(), |list, aid| {
            list.constructed(APPLICATION_TEMPLATE, |template| {
                template.object(APPLICATION_NAME, aid.as_bytes())
            })
        });
        Ok(list.finish())
    }

    fn object_value(&mut self, receiver: Receiver, tag: u16) -> Result<Vec<u8>, StatusWord> {
        let domain = receiver.domain;
        let found = match tag {
            0x9F7F => Some(self.cplc()),
            0x66 | 0x67 | 0x42 | 0x45 | 0x5F50 => self.stored_or_generated(domain, tag),
            0xE0 => Some(self.key_information(domain)),
            0xC1 => self.sequence_counter(domain),
            0xC2 => self.confirmation_counter(domain),
            0xCF => {
                let keys = self.registry.key_domain(&self.log, domain);
                Some(state::diversification_data(&self.log, &self.personality, keys).to_vec())
            }
            0xD3 if faults::active(Fault::LevelNotTold) => Some(vec![0]),
            0xD3 => Some(vec![self.channel(receiver.channel)?.session.level().bits()]),
            0xFF21 => Some(self.extended_resources()),
            _ => None,
        };
        let missing = match tag {
            _ if faults::active(Fault::UnknownTagWrongStatus) => StatusWord::UNKNOWN,
            _ => StatusWord::REFERENCED_DATA_NOT_FOUND,
        };
        found.ok_or(missing)
    }

    fn stored_or_generated(&self, domain: Domain, tag: u16) -> Option<Vec<u8>> {
        let stored = state::object(&self.log, domain, tag);
        let told = match tag {
            0x66 => self.personality.card_data.as_slice(),
            0x67 => self.personality.capabilities.as_slice(),
            _ => &[],
        };
        let given = stored.or(Some(told).filter(|told| !told.is_empty()));
        given.map(<[u8]>::to_vec).or_else(|| match tag {
            0x66 => Some(self.card_data(domain)),
            0x67 => Some(self.capabilities(domain)),
            _ => None,
        })
    }

    /// Card production life cycle data, with what STORE DATA changed.
    pub(crate) fn cplc(&self) -> Vec<u8> {
        let mut bytes = self.personality.cplc.to_bytes().to_vec();
        let fields =
            [(PRE_PERSONALIZATION, PRE_PERSONALIZATION_AT), (PERSONALIZATION, PERSONALIZATION_AT)];
        for (tag, at) in fields {
            let stored = state::object(&self.log, Domain::Issuer, tag).unwrap_or_default();
            bytes.iter_mut().skip(at).zip(stored).for_each(|(to, from)| *to = *from);
        }
        bytes
    }

    /// Key information: identifier, version, then type and length of each component; usage and access where they were told
    /// [GPCS 2.3.1 §11.3.3.1.1].
    fn key_information(&self, domain: Domain) -> Vec<u8> {
        let mut keys: Vec<_> = key_sets(&self.log, domain)
            .flat_map(|set| set.information().collect::<Vec<_>>())
            .collect();
        if faults::active(Fault::KeyInformationWrongLength) {
            let mut parts = keys.iter_mut().flat_map(|key| &mut key.parts);
            parts.by_ref().for_each(|part| part.length += 1);
        }
        let object = key_information(&keys);
        tlv::find(&object, KEY_INFORMATION).ok().flatten().unwrap_or_default().to_vec()
    }

    /// The sequence counter of the default key set, where its protocol has one.
    fn sequence_counter(&self, domain: Domain) -> Option<Vec<u8>> {
        let domain = self.registry.key_domain(&self.log, domain);
        let set = default_key_set(&self.log, domain)?;
        let protocol = set.protocol()?;
        let mut counter = KeySetRecord::counter(&self.log, domain, set.version);
        if faults::active(Fault::CounterToldWrong) {
            counter = counter.wrapping_add(1);
        }
        let [_, high, middle, low] = counter.to_be_bytes();
        match protocol.id() {
            2 => Some(vec![middle, low]),
            3 if protocol.pseudo_random_challenge() => Some(vec![high, middle, low]),
            _ => None,
        }
    }

    /// How many receipts the domain has made, where it makes any.
    fn confirmation_counter(&self, domain: Domain) -> Option<Vec<u8>> {
        let privileges = self.registry.privileges_of(domain);
        let makes = privileges.contains(Privileges::RECEIPT_GENERATION);
        makes.then(|| state::receipts(&self.log, domain).to_be_bytes().to_vec())
    }

    /// Applications, free persistent memory, free volatile memory [TS 102 226 §8.2.1.7.2].
    fn extended_resources(&self) -> Vec<u8> {
        let applications = u8::try_from(self.registry.applications().count()).unwrap_or(u8::MAX);
        let free = [(0x82, self.log.free()), (0x83, self.java.volatile_free())];
        let writer = Writer::new().object(0x81, &[applications]);
        let writer = free.into_iter().fold(writer, |writer, (tag, free)| {
            writer.object(tag, &u32::try_from(free).unwrap_or(u32::MAX).to_be_bytes())
        });
        writer.finish()
    }
}
