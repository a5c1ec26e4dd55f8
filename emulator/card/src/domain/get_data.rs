//! GET DATA [GPCS 2.3.1 §11.3, §H.2, §H.4].

use globalplatform::data::Privileges;
use iso7816::{Command, Response, StatusWord, tlv::Writer};

use super::Receiver;
use crate::{
    authority::{AuthorityAlgorithm, LoadFileCipher, LoadFileHash},
    card::Card,
    state::{self, Domain, KeySetRecord, default_key_set, key_sets},
};

/// Object identifiers below {iso(1) member-body(2) us(840) globalPlatform(114283)} [GPCS 2.3.1 §H.2].
const GLOBALPLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
const CARD_RECOGNITION: u8 = 1;
const CARD_MANAGEMENT: u8 = 2;
const CARD_IDENTIFICATION: u8 = 3;
const SECURE_CHANNEL: u8 = 4;
/// Java Card; the next arc is its major version [GPCS 2.3.1 §H.2].
const JAVA_CARD: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x6E, 0x01];
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
        let header = command.header;
        let value = self.object_value(receiver, header.p1p2())?;
        let data = if header.cla & 0x80 == 0 {
            value
        } else {
            Writer::new().object(u32::from(header.p1p2()), &value).finish()
        };
        match (command.expected, u8::try_from(data.len()), u32::try_from(data.len())) {
            (Some(le), Ok(exact), Ok(length)) if le < length => {
                Err(StatusWord::from_bytes(0x6C, exact))
            }
            _ => Ok(Response::ok(data)),
        }
    }

    fn object_value(&mut self, receiver: Receiver, tag: u16) -> Result<Vec<u8>, StatusWord> {
        let domain = receiver.domain;
        let found = match tag {
            0x9F7F => Some(self.cplc()),
            0x66 | 0x67 | 0x42 | 0x45 | 0x5F50 => self.stored_or_generated(domain, tag),
            0xE0 => Some(self.key_information(domain)),
            0xC1 => self.sequence_counter(domain),
            0xC2 => self.confirmation_counter(domain),
            0xCF => Some(self.personality.kdd().to_vec()),
            0xD3 => Some(vec![self.channel(receiver.channel)?.session.level().bits()]),
            0xFF21 => Some(self.extended_resources()),
            _ => None,
        };
        found.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
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

    /// The protocols that a domain speaks: those of the complete key sets that it uses, the default one first.
    fn protocols(&self, domain: Domain) -> Vec<(u8, u8)> {
        let mut protocols = Vec::new();
        let sets = key_sets(&self.log, self.registry.key_domain(&self.log, domain));
        for (protocol, _) in sets.filter_map(|set| set.channel_keys()) {
            let known = (protocol.id(), protocol.i());
            if !protocols.contains(&known) {
                protocols.push(known);
            }
        }
        protocols
    }

    /// Card recognition data. Their order is what TPS and others parse by position [GPCS 2.3.1 §H.2].
    fn card_data(&self, domain: Domain) -> Vec<u8> {
        let oid = |writer: Writer, arc: u8, more: &[u8]| {
            let mut bytes = GLOBALPLATFORM.to_vec();
            bytes.push(arc);
            bytes.extend_from_slice(more);
            writer.object(0x06, &bytes)
        };
        let version = &self.personality.version;
        Writer::new()
            .constructed(0x73, |data| {
                let mut data = oid(data, CARD_RECOGNITION, &[])
                    .constructed(0x60, |inner| oid(inner, CARD_MANAGEMENT, version))
                    .constructed(0x63, |inner| oid(inner, CARD_IDENTIFICATION, &[]));
                for (id, i) in self.protocols(domain) {
                    data = data.constructed(0x64, |inner| oid(inner, SECURE_CHANNEL, &[id, i]));
                }
                let mut environment = JAVA_CARD.to_vec();
                environment.push(self.personality.java_card.level.major());
                data.constructed(0x66, |inner| inner.object(0x06, &environment))
            })
            .finish()
    }

    /// Card capability information [GPCS 2.3.1 §H.4].
    fn capabilities(&self, domain: Domain) -> Vec<u8> {
        let mut writer = Writer::new();
        for (id, i) in self.protocols(domain) {
            writer = writer.constructed(0xA0, |protocol| {
                let protocol = protocol.object(0x80, &[id]).object(0x81, &[i]);
                if id == 3 { protocol.object(0x82, &[0x07]) } else { protocol }
            });
        }
        let hashes = LoadFileHash::ALL.map(|hash| hash as u8);
        let algorithms = AuthorityAlgorithm::ALL.iter();
        let algorithms = algorithms.fold(0, |bits, algorithm| bits | algorithm.capability());
        let algorithms = algorithms.to_be_bytes();
        // Assignable to domains: all; to applications: Card Lock, Terminate, Reset, CVM Management; Global Delete, Lock, Registry,
        // Service. Then hashes and ciphers of load files, algorithms of tokens, receipts and load file signatures.
        writer
            .object(0x81, &Privileges::all().to_bytes())
            .object(0x82, &[0x1E, 0x1D, 0x00])
            .object(0x83, &hashes)
            .object(0x84, &[LoadFileCipher::CAPABILITY])
            .object(0x85, &algorithms)
            .object(0x86, &algorithms)
            .object(0x87, &algorithms)
            .finish()
    }

    /// Key information: identifier, version, then type and length of each component [GPCS 2.3.1 §11.3.3.1.1].
    fn key_information(&self, domain: Domain) -> Vec<u8> {
        let mut writer = Writer::new();
        for set in key_sets(&self.log, domain) {
            for key in set.keys() {
                let mut entry = vec![key.id, set.version];
                for (kind, length) in key.shape() {
                    // 00 stands for 256 and more.
                    entry.extend_from_slice(&[kind, u8::try_from(length).unwrap_or(0)]);
                }
                writer = writer.object(0xC0, &entry);
            }
        }
        writer.finish()
    }

    /// The sequence counter of the default key set, where its protocol has one.
    fn sequence_counter(&self, domain: Domain) -> Option<Vec<u8>> {
        let domain = self.registry.key_domain(&self.log, domain);
        let set = default_key_set(&self.log, domain)?;
        let protocol = set.protocol()?;
        let counter = KeySetRecord::counter(&self.log, domain, set.version);
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
        let free = u32::try_from(self.log.free()).unwrap_or(u32::MAX);
        Writer::new()
            .object(0x81, &[applications])
            .object(0x82, &free.to_be_bytes())
            .object(0x83, &VOLATILE_FREE.to_be_bytes())
            .finish()
    }
}

/// Volatile memory the card claims to have free, in bytes: what a chip of this class has.
const VOLATILE_FREE: u16 = 4096;
