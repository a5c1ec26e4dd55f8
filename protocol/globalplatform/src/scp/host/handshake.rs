//! INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, seen from the host [GPCS 2.3.1 §D.1.3, §E.1.3, AmdD 1.1.1 §5.2].

use core::fmt;

use iso7816::{Aid, Command, Response};

use super::{Channel, Dialect};
use crate::{
    key::KeySet,
    scp::{
        INS_EXTERNAL_AUTHENTICATE, INS_INITIALIZE_UPDATE,
        answer::InitializeUpdateAnswer,
        class::{known_channel, on_channel},
        cryptogram::Cryptogram,
        error::ScpError,
        protocol::SecurityLevel,
        session::Session,
        session_keys::{SessionKeys, pseudo_random_challenge},
    },
};

/// Before INITIALIZE UPDATE: what the host asks for.
#[derive(Clone, Debug)]
pub struct Handshake {
    host_challenge: Vec<u8>,
    key_version: u8,
    key_index: u8,
    option: u8,
    dialect: Dialect,
    logical_channel: Option<u8>,
}

impl Handshake {
    /// A handshake with this random challenge: 8 bytes, or 16 for SCP03 in S16 mode.
    ///
    /// It asks for the card's default key set (version 00), knows no option, and speaks [`Dialect::GlobalPlatform`].
    #[must_use]
    pub fn new(host_challenge: &[u8]) -> Self {
        Self {
            host_challenge: host_challenge.to_vec(),
            key_version: 0,
            key_index: 0,
            option: 0,
            dialect: Dialect::GlobalPlatform,
            logical_channel: None,
        }
    }

    /// Asks for the key set with this version number.
    #[must_use]
    pub const fn with_key_version(mut self, key_version: u8) -> Self {
        self.key_version = key_version;
        self
    }

    /// Names a key index: SCP01 only.
    #[must_use]
    pub const fn with_key_index(mut self, key_index: u8) -> Self {
        self.key_index = key_index;
        self
    }

    /// Tells the option `i` of SCP01 or SCP02 that the card recognition data name; 00 if unknown.
    #[must_use]
    pub const fn with_option(mut self, option: u8) -> Self {
        self.option = option;
        self
    }

    /// Chooses a dialect.
    #[must_use]
    pub const fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Goes on this logical channel, 0 to 19, with the handshake and with every command of the session. Without this the handshake
    /// goes on channel 0, and commands where their class says.
    ///
    /// # Errors
    /// `UnknownLogicalChannel`.
    pub fn on_logical_channel(mut self, channel: u8) -> Result<Self, ScpError> {
        self.logical_channel = Some(known_channel(channel)?);
        Ok(self)
    }

    /// INITIALIZE UPDATE.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command =
            Command::new(0x80, INS_INITIALIZE_UPDATE, self.key_version, self.key_index)
                .with_data(self.host_challenge.clone());
        command.header = on_channel(command.header, self.logical_channel).unwrap_or(command.header);
        match self.dialect {
            Dialect::GlobalPlatform => command.with_expected(256),
            Dialect::Dogtag => command,
        }
    }

    /// Takes the card's answer.
    ///
    /// # Errors
    /// `StatusRefused` when the card did not answer 9000, else as [`InitializeUpdateAnswer::parse`]; `WrongLength` when the
    /// protocol wants another challenge length.
    pub fn answer(self, response: &Response) -> Result<Authenticating, ScpError> {
        if !response.status.is_ok() {
            return Err(ScpError::StatusRefused(response.status));
        }
        let answer = InitializeUpdateAnswer::parse(&response.data, self.option)?;
        if answer.protocol.mac_length() != self.host_challenge.len() {
            return Err(ScpError::WrongLength { length: self.host_challenge.len() });
        }
        let Self { host_challenge, dialect, logical_channel, .. } = self;
        Ok(Authenticating { answer, host_challenge, dialect, logical_channel })
    }
}

/// After INITIALIZE UPDATE: the card has answered but has not been believed yet.
#[derive(Clone, Debug)]
pub struct Authenticating {
    answer: InitializeUpdateAnswer,
    host_challenge: Vec<u8>,
    dialect: Dialect,
    logical_channel: Option<u8>,
}

impl Authenticating {
    /// The card's answer.
    #[must_use]
    pub const fn answer(&self) -> &InitializeUpdateAnswer {
        &self.answer
    }

    /// The challenge that the card answered.
    #[must_use]
    pub fn host_challenge(&self) -> &[u8] {
        &self.host_challenge
    }

    /// Derives the session keys from the card's static keys and checks the card cryptogram.
    ///
    /// # Errors
    /// `CardCryptogramMismatch`, or `Key` for keys of the wrong algorithm.
    pub fn verify_with(self, keys: &KeySet) -> Result<Verified, ScpError> {
        let session_keys = SessionKeys::derive(keys, &self.answer, &self.host_challenge)?;
        self.verify_card(session_keys)
    }

    /// Checks the card cryptogram with session keys that were derived elsewhere.
    ///
    /// # Errors
    /// `CardCryptogramMismatch`, or `Key` for keys of the wrong algorithm.
    pub fn verify_card(self, keys: SessionKeys) -> Result<Verified, ScpError> {
        keys.verify_card(&self.answer, &self.host_challenge)?;
        let host_cryptogram = keys.host_cryptogram(&self.answer, &self.host_challenge)?;
        Ok(self.trust(keys, host_cryptogram))
    }

    /// Goes on with session keys and a host cryptogram from a key service that has checked the card itself.
    #[must_use]
    pub fn trust(self, keys: SessionKeys, host_cryptogram: Cryptogram) -> Verified {
        Verified {
            session: Session::new(self.answer.protocol, keys),
            host_cryptogram,
            dialect: self.dialect,
            logical_channel: self.logical_channel,
        }
    }

    /// Whether a pseudo-random card challenge is the one that the keys and the sequence counter give.
    ///
    /// `aid` is the AID of the application that was asked, usually the security domain. Not checked by
    /// [`verify_with`](Self::verify_with): cards are known that derive it otherwise.
    ///
    /// # Errors
    /// `UnsupportedProtocol` where the protocol has no such challenge, `Key` for keys of the wrong algorithm.
    pub fn challenge_is_derived(&self, keys: &KeySet, aid: &Aid) -> Result<bool, ScpError> {
        let protocol = self.answer.protocol;
        let Some(counter) = self.answer.sequence_counter else {
            return Err(ScpError::UnsupportedProtocol { id: protocol.id(), i: protocol.i() });
        };
        let expected = pseudo_random_challenge(protocol, keys, counter, aid.as_bytes())?;
        Ok(expected == self.answer.card_challenge)
    }
}

/// The card is the right one; the host has still to prove itself.
pub struct Verified {
    session: Session,
    host_cryptogram: Cryptogram,
    dialect: Dialect,
    logical_channel: Option<u8>,
}

impl Verified {
    /// EXTERNAL AUTHENTICATE for this security level, and the channel that is open once the card answered 9000 to it.
    ///
    /// # Errors
    /// `UnsupportedLevel` when protocol and option do not offer the level; `Key` for keys of the wrong algorithm.
    pub fn external_authenticate(
        mut self,
        level: SecurityLevel,
    ) -> Result<(Command, Channel), ScpError> {
        let level = self.session.protocol.security_level(level.bits())?;
        if level.contains(SecurityLevel::R_MAC) && self.session.keys.rmac.is_none() {
            return Err(ScpError::MissingKey("R-MAC"));
        }
        let mut command = Command::new(0x84, INS_EXTERNAL_AUTHENTICATE, level.bits(), 0x00)
            .with_data(self.host_cryptogram.as_bytes());
        let mac = self.session.command_mac(command.header, &command.data)?;
        command.data.extend_from_slice(mac.truncated(self.session.protocol));
        self.session.open(level, mac);
        command.header = on_channel(command.header, self.logical_channel)?;
        Ok((command, Channel::open(self.session, self.dialect, self.logical_channel)))
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host::Verified({:?})", self.session.protocol)
    }
}
