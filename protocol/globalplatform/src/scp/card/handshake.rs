//! INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, seen from the card [GPCS 2.3.1 §D.1.3, §E.1.3, AmdD 1.1.1 §5.2].

use core::fmt;

use faults::Fault;
use iso7816::{Aid, Command};

use super::Channel;
use crate::{
    diversification::DIVERSIFICATION_DATA_LENGTH,
    key::KeySet,
    scp::{
        INS_EXTERNAL_AUTHENTICATE,
        answer::InitializeUpdateAnswer,
        class::is_secured,
        cryptogram::Cryptogram,
        error::ScpError,
        protocol::{ICV_ENCRYPTION, Protocol, SecurityLevel},
        session::Session,
        session_keys::{SessionKeys, pseudo_random_challenge},
    },
};

/// Random bytes that a card brings to a handshake; the protocol may need fewer.
pub const CARD_RANDOM_LENGTH: usize = 16;

/// What a security domain brings to INITIALIZE UPDATE.
#[derive(Debug)]
pub struct Handshake<'a> {
    /// The static keys of the chosen key version.
    pub keys: &'a KeySet,
    /// Its version number.
    pub key_version: u8,
    /// Protocol and option that the security domain speaks with this key version.
    pub protocol: Protocol,
    /// Key diversification data.
    pub kdd: [u8; DIVERSIFICATION_DATA_LENGTH],
    /// The sequence counter that this session shows: the stored value under SCP02, the stored value plus one
    /// ([`Handshake::next_counter`]) under SCP03; unused under SCP01.
    pub sequence_counter: u32,
    /// AID of the application that was selected when INITIALIZE UPDATE came; enters pseudo-random challenges.
    pub aid: Aid,
    /// Fresh random bytes, unused where the challenge is pseudo-random.
    pub random: [u8; CARD_RANDOM_LENGTH],
}

impl Handshake<'_> {
    /// The counter after this one, never wrapping.
    ///
    /// A card stores it before it answers INITIALIZE UPDATE under SCP03, and after a successful EXTERNAL AUTHENTICATE, the first
    /// verified C-MAC, under SCP02 [GPCS 2.3.1 §E.1.2.1, AmdD 1.1.1 §6.2.2.1].
    ///
    /// # Errors
    /// `SequenceCounterExhausted` at the largest value.
    pub fn next_counter(protocol: Protocol, counter: u32) -> Result<u32, ScpError> {
        match protocol.sequence_counter_max() {
            Some(max) if counter >= max => Err(ScpError::SequenceCounterExhausted),
            _ => Ok(counter.saturating_add(1)),
        }
    }

    /// Answers INITIALIZE UPDATE: the data field of the response, and the state that waits for EXTERNAL AUTHENTICATE.
    ///
    /// # Errors
    /// `UnsupportedProtocol` where initiation is implicit, `WrongLength` for a host challenge of the wrong length, `Key` for
    /// keys of the wrong algorithm, `SequenceCounterExhausted`.
    pub fn initialize_update(&self, host_challenge: &[u8]) -> Result<(Vec<u8>, Pending), ScpError> {
        let protocol = self.protocol;
        protocol.check_explicit()?;
        if protocol.sequence_counter_max().is_some_and(|max| self.sequence_counter > max) {
            return Err(ScpError::SequenceCounterExhausted);
        }
        if host_challenge.len() != protocol.mac_length() {
            return Err(ScpError::WrongLength { length: host_challenge.len() });
        }
        let mut answer = InitializeUpdateAnswer {
            kdd: self.kdd,
            key_version: self.key_version,
            protocol,
            sequence_counter: Some(self.sequence_counter),
            card_challenge: self.card_challenge()?,
            card_cryptogram: Cryptogram::from([0; 8]),
        };
        let keys = SessionKeys::derive(self.keys, &answer, host_challenge)?;
        answer.card_cryptogram = keys.card_cryptogram(&answer, host_challenge)?;
        let host_cryptogram = keys.host_cryptogram(&answer, host_challenge)?;
        let session = Session::new(acted_on(protocol), keys);
        Ok((answer.to_bytes(), Pending { session, host_cryptogram }))
    }

    fn card_challenge(&self) -> Result<Vec<u8>, ScpError> {
        if self.protocol.pseudo_random_challenge() {
            let without_aid = faults::active(Fault::CardChallengeWithoutAid);
            let aid = if without_aid { &[] } else { self.aid.as_bytes() };
            return pseudo_random_challenge(self.protocol, self.keys, self.sequence_counter, aid);
        }
        let mut challenge = self.random.to_vec();
        if faults::active(Fault::CardChallengeConstant) {
            challenge.fill(0);
        }
        challenge.truncate(self.protocol.card_challenge_length());
        Ok(challenge)
    }
}

/// The protocol as the card acts on it: a fault leaves the chaining value of C-MACs unencrypted.
fn acted_on(protocol: Protocol) -> Protocol {
    if protocol.encrypts_icv() && faults::active(Fault::IcvNotEncrypted) {
        return Protocol::new(protocol.id(), protocol.i() & !ICV_ENCRYPTION).unwrap_or(protocol);
    }
    protocol
}

/// After INITIALIZE UPDATE: the card waits for EXTERNAL AUTHENTICATE, and for nothing else.
pub struct Pending {
    session: Session,
    host_cryptogram: Cryptogram,
}

impl Pending {
    /// Protocol and option.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.session.protocol
    }

    /// Checks EXTERNAL AUTHENTICATE and opens the channel; Le is ignored. Answer 9000 without protection.
    ///
    /// # Errors
    /// In this order: `UnexpectedCommand`, `WrongLength`, `UnsupportedLevel`, `HostCryptogramMismatch`,
    /// `CommandMacMismatch`. The state is gone in every case.
    pub fn external_authenticate(mut self, command: &Command) -> Result<Channel, ScpError> {
        let header = command.header;
        let secured = is_secured(header.cla) && header.cla & 0x80 != 0;
        if header.ins != INS_EXTERNAL_AUTHENTICATE || !secured || header.p2 != 0 {
            return Err(ScpError::UnexpectedCommand);
        }
        let protocol = self.session.protocol;
        let length = command.data.len();
        if length != 2 * protocol.mac_length() {
            return Err(ScpError::WrongLength { length });
        }
        let (cryptogram, mac) = command
            .data
            .split_at_checked(protocol.mac_length())
            .ok_or(ScpError::WrongLength { length })?;
        let level = match protocol.security_level(header.p1) {
            Err(_) if faults::active(Fault::IllegalLevelAccepted) => {
                SecurityLevel::from_bits_truncate(header.p1)
            }
            level => level?,
        };
        let expected = self.session.command_mac(header, cryptogram)?;
        let mac_matches = expected.matches(protocol, mac);
        let cryptogram_matches = Cryptogram::new(cryptogram)? == self.host_cryptogram;
        if !cryptogram_matches && !faults::active(Fault::HostCryptogramNotChecked) {
            return Err(ScpError::HostCryptogramMismatch);
        }
        if !mac_matches && !faults::active(Fault::AuthenticateMacNotChecked) {
            return Err(ScpError::CommandMacMismatch);
        }
        self.session.open(level, expected);
        Ok(Channel::open(self.session))
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "card::Pending({:?})", self.session.protocol)
    }
}
