//! What a security domain tells of the card: recognition data and capabilities [GPCS 2.3.1 §H.2, §H.4].

use faults::Fault;
use globalplatform::data::{CardCapability, ChannelCapability, Curve, Privileges};
use iso7816::tlv::{self, Writer};

use super::privileges::FOR_APPLICATIONS;
use crate::{
    authority::{AuthorityAlgorithm, LoadFileCipher, LoadFileHash},
    card::Card,
    state::{Domain, key_sets},
};

/// Object identifiers below {iso(1) member-body(2) us(840) globalPlatform(114283)} [GPCS 2.3.1 §H.2].
const GLOBALPLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
const CARD_RECOGNITION: u8 = 1;
const CARD_MANAGEMENT: u8 = 2;
const CARD_IDENTIFICATION: u8 = 3;
const SECURE_CHANNEL: u8 = 4;
/// Java Card; the next arc is its major version [GPCS 2.3.1 §H.2].
const JAVA_CARD: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x6E, 0x01];
/// Sizes of AES keys, one bit each [GPCS 2.3.1 §H.4, table H-7].
const AES_128_192_256: u8 = 0x07;
/// Objects of the capability information [GPCS 2.3.1 §H.4, table H-5].
const CAPABILITY: u32 = 0x67;
const CIPHERS: u32 = 0x84;
const TOKENS: u32 = 0x85;
const RECEIPTS: u32 = 0x86;
const LOAD_FILE_SIGNATURES: u32 = 0x87;
const CURVES: u32 = 0x88;

impl Card {
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
    pub(super) fn card_data(&self, domain: Domain) -> Vec<u8> {
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
                for (id, mut i) in self.protocols(domain) {
                    if id == 3 && faults::active(Fault::CardDataWrongOption) {
                        i ^= 0x40;
                    }
                    data = data.constructed(0x64, |inner| oid(inner, SECURE_CHANNEL, &[id, i]));
                }
                let mut environment = JAVA_CARD.to_vec();
                environment.push(self.personality.java_card.level.major());
                data.constructed(0x66, |inner| inner.object(0x06, &environment))
            })
            .finish()
    }

    /// Card capability information: what the card can do, each list from the table that the card acts by [GPCS 2.3.1 §H.4].
    pub(super) fn capabilities(&self, domain: Domain) -> Vec<u8> {
        let mut channels: Vec<ChannelCapability> = Vec::new();
        for (protocol, option) in self.protocols(domain) {
            let known = channels.iter_mut().find(|known| known.protocol == protocol);
            if let Some(known) = known {
                known.options.push(option);
                continue;
            }
            let key_sizes = (protocol == 3).then_some(AES_128_192_256);
            let options = vec![option];
            channels.push(ChannelCapability { protocol, options, key_sizes, others: Vec::new() });
        }
        if faults::active(Fault::CapabilityWithoutChannels) {
            channels.clear();
        }
        let signatures = AuthorityAlgorithm::ALL.iter().map(|algorithm| algorithm.capability());
        let signatures = signatures.fold(0, |all, one| all | one).to_be_bytes().to_vec();
        let curves: Vec<u8> = (0..=u8::MAX)
            .map_while(|reference| Curve::from_reference(reference).map(|_| reference))
            .collect();
        let mut others = vec![(CIPHERS, vec![LoadFileCipher::CAPABILITY])];
        others
            .extend([TOKENS, RECEIPTS, LOAD_FILE_SIGNATURES].map(|tag| (tag, signatures.clone())));
        others.push((CURVES, curves));
        let capability = CardCapability {
            channels,
            domain_privileges: Some(Privileges::all()),
            application_privileges: Some(FOR_APPLICATIONS),
            hash_algorithms: LoadFileHash::ALL.map(|hash| hash as u8).to_vec(),
            others,
        };
        let object = capability.to_bytes();
        tlv::find(&object, CAPABILITY).ok().flatten().unwrap_or_default().to_vec()
    }
}
