//! Secure channels of a session: opened with the card's cryptogram checked first, commands wrapped, responses checked.

use globalplatform::{
    KeySet, Protocol, ScpError, SecurityLevel,
    scp::host::{self, Authenticating, Handshake},
};
use iso7816::{Command, Response};

use super::{Session, transcript};
use crate::{
    guard::Attempt,
    subject::SubjectKeys,
    verdict::{Grade, Stop},
};

/// An open secure channel of a case.
pub struct SecureChannel {
    /// The host's end.
    pub channel: host::Channel,
}

impl SecureChannel {
    /// Protocol and option.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.channel.protocol()
    }
}

/// How a secure channel is to be opened. By default: with the issuer security domain, its keys, on the basic logical channel.
pub struct Opening<'k> {
    level: SecurityLevel,
    domain: Option<Vec<u8>>,
    keys: Option<(&'k KeySet, u8)>,
    logical_channel: u8,
    select: bool,
}

impl<'k> Opening<'k> {
    /// At this security level.
    #[must_use]
    pub const fn at(level: SecurityLevel) -> Self {
        Self { level, domain: None, keys: None, logical_channel: 0, select: true }
    }

    /// With the security domain or application of this AID, which is selected first.
    #[must_use]
    pub fn with_domain(mut self, aid: &[u8]) -> Self {
        self.domain = Some(aid.to_vec());
        self
    }

    /// With these static keys of this version, not those of the subject.
    #[must_use]
    pub const fn with_keys(mut self, keys: &'k KeySet, version: u8) -> Self {
        self.keys = Some((keys, version));
        self
    }

    /// On this logical channel, which is open already.
    #[must_use]
    pub const fn on_logical_channel(mut self, channel: u8) -> Self {
        self.logical_channel = channel;
        self
    }

    /// With whatever is selected.
    #[must_use]
    pub const fn without_select(mut self) -> Self {
        self.select = false;
        self
    }
}

impl Session<'_> {
    /// Opens a secure channel with the issuer security domain.
    ///
    /// # Errors
    /// Blocked without keys, or when the card does not go along; `Abort` when the card cryptogram is wrong, in which case EXTERNAL
    /// AUTHENTICATE is not sent, and when the card refuses a right EXTERNAL AUTHENTICATE, which is never retried.
    pub fn open(&mut self, level: SecurityLevel) -> Result<SecureChannel, Stop> {
        self.open_with(&Opening::at(level))
    }

    /// Opens a secure channel with C-MAC, the least that content management asks for.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_mac(&mut self) -> Result<SecureChannel, Stop> {
        self.open(SecurityLevel::C_MAC)
    }

    /// Opens a secure channel as told.
    ///
    /// # Errors
    /// As [`Session::open`]; not applicable, when the card does not offer the level.
    pub fn open_with(&mut self, opening: &Opening<'_>) -> Result<SecureChannel, Stop> {
        let subject = self.keys()?;
        self.select_for(opening)?;
        let version = opening.keys.map_or(subject.version, |(_, version)| version);
        let authenticating = self.initialize_update(version, opening.logical_channel)?;
        let keys = match opening.keys {
            Some((keys, _)) => keys.clone(),
            None => subject.of_card(&authenticating.answer().kdd)?,
        };
        let verified = authenticating.verify_with(&keys).map_err(|error| match error {
            ScpError::CardCryptogramMismatch => Stop::abort(
                "the card cryptogram does not belong to the keys; EXTERNAL AUTHENTICATE was not sent",
            ),
            other => other.into(),
        })?;
        let (command, channel) =
            verified.external_authenticate(opening.level).map_err(|error| match error {
                ScpError::UnsupportedLevel(level) => Stop::not_applicable(format!(
                    "the card's protocol does not offer security level {level:02X}"
                )),
                other => other.into(),
            })?;
        self.external_authenticate(&command)?;
        Ok(SecureChannel { channel })
    }

    fn select_for(&mut self, opening: &Opening<'_>) -> Result<(), Stop> {
        if !opening.select {
            return Ok(());
        }
        let mut select = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
        if let Some(aid) = &opening.domain {
            select = select.with_data(aid.clone());
        }
        select.header = select
            .header
            .with_channel(opening.logical_channel)
            .ok_or_else(|| anyhow::anyhow!("logical channel {}", opening.logical_channel))?;
        let answer = self.exchange(&select)?;
        if answer.status.is_ok() || answer.status.is_warning() {
            Ok(())
        } else {
            Err(Stop::blocked(format!("SELECT of the security domain answers {}", answer.status)))
        }
    }

    /// INITIALIZE UPDATE with a fresh challenge, 16 bytes where the card wants that. The protocol's option is the one that the card
    /// recognition data or the subject file tell.
    ///
    /// # Errors
    /// Blocked, when the card refuses; a fail, when its answer is none.
    pub fn initialize_update(
        &mut self,
        version: u8,
        logical_channel: u8,
    ) -> Result<Authenticating, Stop> {
        let challenge = self.challenge::<16>();
        let length = if self.profile.s16() { 16 } else { 8 };
        let handshake = Handshake::new(challenge.get(..length).unwrap_or(&challenge))
            .with_key_version(version)
            .with_option(self.profile.option_of_des_channel())
            .on_logical_channel(logical_channel)?;
        let answer = self.exchange(&handshake.command())?;
        match handshake.answer(&answer) {
            Ok(authenticating) => Ok(authenticating),
            Err(ScpError::StatusRefused(status)) => {
                Err(Stop::blocked(format!("INITIALIZE UPDATE answers {status}")))
            }
            Err(error) => Err(Stop::fail(format!("INITIALIZE UPDATE: {error}"))),
        }
    }

    /// Sends an EXTERNAL AUTHENTICATE that is right. One that the card refuses all the same ends the run: it may have cost an attempt,
    /// and a second one may cost the card.
    ///
    /// # Errors
    /// `Abort`, when the card refuses.
    pub fn external_authenticate(&mut self, command: &Command) -> Result<(), Stop> {
        let answer = self.attempt(command, Attempt::Right)?;
        if answer.status.is_ok() {
            return Ok(());
        }
        Err(Stop::abort(format!(
            "EXTERNAL AUTHENTICATE with a right cryptogram answers {}; it is not tried again",
            answer.status
        )))
    }

    /// Sends an EXTERNAL AUTHENTICATE that the card must refuse. It costs one of the attempts in the card's ledger.
    ///
    /// # Errors
    /// Skipped by the guard, when too few attempts are left.
    pub fn fail_to_authenticate(&mut self, command: &Command) -> Result<Response, Stop> {
        self.attempt(command, Attempt::Wrong)
    }

    /// Sends an EXTERNAL AUTHENTICATE or VERIFY of which the case does not know whether the card takes it: counted as wrong until it
    /// answers 9000.
    ///
    /// # Errors
    /// Skipped by the guard, when too few attempts are left.
    pub fn attempt(&mut self, command: &Command, attempt: Attempt) -> Result<Response, Stop> {
        self.guard.attempting(Some(attempt))?;
        let answer = self.exchange(command);
        self.guard.attempting(None)?;
        answer
    }

    /// Sends a command through the channel and checks and opens the response. 61xx is followed.
    ///
    /// # Errors
    /// As [`Session::exchange`]; a fail, when the response does not verify.
    pub fn over(
        &mut self,
        secure: &mut SecureChannel,
        command: &Command,
    ) -> Result<Response, Stop> {
        let wrapped = secure.channel.wrap(command)?;
        let answer = self.exchange(&wrapped)?;
        let status = answer.status;
        match secure.channel.unwrap(command, answer) {
            Ok(response) => {
                self.record_opened(command, &response)?;
                Ok(response)
            }
            Err(error) => Err(Stop::Verdict(Grade::Fail.because(format!(
                "the response to {} ({status}) does not verify: {error}",
                transcript::masked(&command.header.to_bytes())
            )))),
        }
    }

    /// Sends a command that the card must refuse through the channel; see [`Session::provoke`].
    ///
    /// # Errors
    /// As [`Session::over`].
    pub fn provoke_over(
        &mut self,
        secure: &mut SecureChannel,
        command: &Command,
    ) -> Result<Response, Stop> {
        self.guard.provoking(true);
        let answer = self.over(secure, command);
        self.guard.provoking(false);
        answer
    }

    /// Sends a command through the channel that must succeed for the case to go on.
    ///
    /// # Errors
    /// As [`Session::over`]; blocked, when the card answers anything but 9000.
    pub fn must(
        &mut self,
        secure: &mut SecureChannel,
        what: &str,
        command: &Command,
    ) -> Result<Response, Stop> {
        let answer = self.over(secure, command)?;
        if answer.status.is_ok() {
            Ok(answer)
        } else {
            Err(Stop::blocked(format!("{what} answers {}", answer.status)))
        }
    }
}

impl SubjectKeys {
    /// The card's static keys, diversified with the data that it told.
    ///
    /// # Errors
    /// When the scheme does not fit the keys.
    pub fn of_card(&self, kdd: &[u8; 10]) -> Result<KeySet, Stop> {
        match &self.diversification {
            None => Ok(self.keys.clone()),
            Some(scheme) => {
                let derived = scheme.derive(&self.keys.enc, kdd)?;
                Ok(if self.aes { derived.into_aes() } else { derived })
            }
        }
    }
}
