//! A host and a card that share keys.

use globalplatform::{
    Key, KeySet, Protocol, ScpError, SecurityLevel,
    scp::{
        card,
        host::{self, Dialect},
    },
};
use iso7816::{Aid, Response};

/// Every option that the crate accepts and that INITIALIZE UPDATE opens, S16 included.
pub(super) fn protocols() -> Vec<Protocol> {
    let all = (1..=3).flat_map(|id| (0..=0xFF).map(move |i| Protocol::new(id, i)));
    all.filter_map(Result::ok).filter(|protocol| !protocol.is_implicit()).collect()
}

/// Every option of SCP02 with implicit initiation.
pub(super) fn implicit_protocols() -> Vec<Protocol> {
    let all = (0..=0xFF).filter_map(|i| Protocol::new(2, i).ok());
    all.filter(|protocol| protocol.is_implicit()).collect()
}

/// Every level that a protocol offers.
pub(super) fn levels(protocol: Protocol) -> Vec<SecurityLevel> {
    (0..=0xFF).filter_map(|p1| protocol.security_level(p1).ok()).collect()
}

/// Key lengths in bytes that fit a protocol.
pub(super) fn key_lengths(protocol: Protocol) -> &'static [usize] {
    if protocol.id() == 3 { &[16, 24, 32] } else { &[16] }
}

/// Three different keys.
pub(super) fn key_set(protocol: Protocol, length: usize) -> KeySet {
    let key = |seed: u8| {
        let bytes: Vec<u8> =
            (0..length).map(|i| seed.wrapping_mul(17) ^ i.to_le_bytes()[0]).collect();
        if protocol.id() == 3 {
            Key::aes(&bytes)
        } else {
            Key::new(globalplatform::KeyAlgorithm::Des3, &bytes)
        }
    };
    KeySet::new(key(0x41).unwrap(), key(0x52).unwrap(), key(0x63).unwrap())
}

pub(super) struct Ends {
    pub(super) protocol: Protocol,
    pub(super) keys: KeySet,
    pub(super) host_challenge: Vec<u8>,
    pub(super) dialect: Dialect,
}

impl Ends {
    pub(super) fn new(protocol: Protocol, key_length: usize) -> Self {
        let host_challenge = (0x10..).take(protocol.mac_length()).collect();
        let keys = key_set(protocol, key_length);
        Self { protocol, keys, host_challenge, dialect: Dialect::GlobalPlatform }
    }

    pub(super) fn initialize_update(&self) -> (Vec<u8>, card::Pending) {
        let card = card::Handshake {
            keys: &self.keys,
            key_version: 0x20,
            protocol: self.protocol,
            kdd: *b"0123456789",
            sequence_counter: 0x0102,
            aid: Aid::new(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0]).unwrap(),
            random: *b"random challenge",
        };
        card.initialize_update(&self.host_challenge).unwrap()
    }

    pub(super) fn verify(&self, answer: &[u8]) -> Result<host::Verified, ScpError> {
        host::Handshake::new(&self.host_challenge)
            .with_option(self.protocol.i())
            .with_dialect(self.dialect)
            .answer(&Response::ok(answer.to_vec()))?
            .verify_with(&self.keys)
    }

    /// Both ends of an open channel.
    pub(super) fn open(&self, level: SecurityLevel) -> (host::Channel, card::Channel) {
        let (answer, pending) = self.initialize_update();
        let verified = self.verify(&answer).unwrap();
        let (mut command, host) = verified.external_authenticate(level).unwrap();
        // Some hosts append Le.
        command.expected = Some(256);
        let card = pending.external_authenticate(&command).unwrap();
        assert_eq!(card.level(), host.level() | SecurityLevel::AUTHENTICATED);
        (host, card)
    }
}

/// Every combination of protocol, option, level and key size.
pub(super) fn every_combination() -> Vec<(Ends, SecurityLevel)> {
    let mut all = Vec::new();
    for protocol in protocols() {
        for length in key_lengths(protocol) {
            for level in levels(protocol) {
                all.push((Ends::new(protocol, *length), level));
            }
        }
    }
    all
}
