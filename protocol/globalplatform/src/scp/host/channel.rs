//! An open channel, seen from the host.

use core::fmt;

use iso7816::{Command, Response, command::COMMAND_DATA_MAX};

use super::{Dialect, ResumePoint};
use crate::scp::{
    class::{known_channel, on_channel, secured_class},
    error::ScpError,
    protocol::{Protocol, SecurityLevel},
    session::Session,
    session_keys::SessionKeys,
};

/// What protection may add to a data field, in bytes: one block of padding and one MAC.
const OVERHEAD_MAX: usize = 32;
/// Le that R-MAC makes room with: 256, coded 00 [GPCS 2.3.1 §E.4.5].
const EXPECTED_WITH_RMAC: u32 = 256;

/// The host's end of an open secure channel. The first wrong response closes it.
pub struct Channel {
    protocol: Protocol,
    dialect: Dialect,
    // None once the channel is closed: the keys are gone with it.
    session: Option<Session>,
    // Where all commands go; None leaves it to their class.
    number: Option<u8>,
}

impl Channel {
    pub(super) const fn open(session: Session, dialect: Dialect, number: Option<u8>) -> Self {
        Self { protocol: session.protocol, dialect, session: Some(session), number }
    }

    /// A channel that goes on where a recorded one stood.
    #[must_use]
    pub const fn resume(
        protocol: Protocol,
        keys: SessionKeys,
        at: &ResumePoint,
        dialect: Dialect,
    ) -> Self {
        Self::open(Session::resume(protocol, keys, at), dialect, None)
    }

    /// Sends every command on this logical channel, 0 to 19, whatever its class says.
    ///
    /// # Errors
    /// `UnknownLogicalChannel`.
    pub fn on_logical_channel(mut self, channel: u8) -> Result<Self, ScpError> {
        self.number = Some(known_channel(channel)?);
        Ok(self)
    }

    /// Where the channel stands, for a record; `None` once it is closed.
    #[must_use]
    pub fn resume_point(&self) -> Option<ResumePoint> {
        self.session.as_ref().map(Session::resume_point)
    }

    /// Protocol and option.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The security level in force; empty once the channel is closed.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        self.session.as_ref().map_or(SecurityLevel::empty(), |session| session.level)
    }

    /// Whether the channel is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Largest plain data field that fits a short command once it is wrapped, in bytes.
    #[must_use]
    pub fn max_data_length(&self) -> usize {
        self.protocol.max_command_data(self.level())
    }

    /// The session keys, e.g. to encrypt a key under the DEK.
    ///
    /// # Errors
    /// `ChannelClosed`.
    pub fn keys(&self) -> Result<&SessionKeys, ScpError> {
        self.session.as_ref().map(|session| &session.keys).ok_or(ScpError::ChannelClosed)
    }

    /// Sends commands without C-MAC from now on, as an implicit session may; sensitive data and R-MACs go on as before. The next
    /// command with C-MAC begins a new session.
    ///
    /// # Errors
    /// `ChannelClosed`; `UnsupportedProtocol` where initiation is explicit, which leaves the channel as it was.
    pub fn drop_command_mac(&mut self) -> Result<(), ScpError> {
        self.protocol.check_implicit()?;
        self.session.as_mut().ok_or(ScpError::ChannelClosed)?.drop_command_mac();
        Ok(())
    }

    /// Protects a command as the security level asks for. With R-MAC, Le is added or enlarged.
    ///
    /// A result of more than 255 bytes of data is for an extended APDU, or for
    /// [`chain`](crate::command::chain).
    ///
    /// # Errors
    /// `ChannelClosed`; `DataTooLong`, which leaves the channel as it was.
    pub fn wrap(&mut self, command: &Command) -> Result<Command, ScpError> {
        let session = self.session.as_mut().ok_or(ScpError::ChannelClosed)?;
        let length = command.data.len();
        let scp01_limit = session.has(SecurityLevel::C_DECRYPTION)
            && matches!(session.protocol, Protocol::Scp01 { .. })
            && length > usize::from(u8::MAX);
        if length > COMMAND_DATA_MAX - OVERHEAD_MAX || scp01_limit {
            return Err(ScpError::DataTooLong { length });
        }
        let mut wrapped = command.clone();
        wrapped.header = on_channel(command.header, self.number)?;
        if session.returns_rmac(command) {
            wrapped.expected = Some(command.expected.unwrap_or(0).max(EXPECTED_WITH_RMAC));
        }
        if !session.has(SecurityLevel::C_MAC) {
            return Ok(wrapped);
        }
        wrapped.header.cla = secured_class(wrapped.header.cla);
        let encrypts_empty = self.dialect.encrypts_empty_data();
        protect(session, &mut wrapped, encrypts_empty).inspect_err(|_| self.session = None)?;
        Ok(wrapped)
    }

    /// Checks and decrypts the response to `command`, which is the plain command that was wrapped. The caller has put a response in
    /// several parts (61xx) together before.
    ///
    /// # Errors
    /// `ChannelClosed`; `ResponseMacMismatch` or `ResponseCiphertextMalformed`, which close the channel.
    pub fn unwrap(&mut self, command: &Command, response: Response) -> Result<Response, ScpError> {
        let session = self.session.as_mut().ok_or(ScpError::ChannelClosed)?;
        open_response(session, command, response).inspect_err(|_| self.session = None)
    }
}

fn protect(
    session: &mut Session,
    command: &mut Command,
    encrypts_empty: bool,
) -> Result<(), ScpError> {
    session.count_command();
    let scp03 = matches!(session.protocol, Protocol::Scp03 { .. });
    let encrypts = session.has(SecurityLevel::C_DECRYPTION)
        && (!command.data.is_empty() || encrypts_empty && !scp03);
    if encrypts && scp03 {
        command.data = session.encrypt_command(&command.data)?;
    }
    let mac = session.command_mac(command.header, &command.data)?;
    if encrypts && !scp03 {
        command.data = session.encrypt_command(&command.data)?;
    }
    command.data.extend_from_slice(mac.truncated(session.protocol));
    session.advance(mac);
    Ok(())
}

fn open_response(
    session: &mut Session,
    command: &Command,
    mut response: Response,
) -> Result<Response, ScpError> {
    let status = response.status;
    let refused = !status.is_ok() && !status.is_warning();
    if session.covers_responses() {
        if refused {
            if !response.data.is_empty() {
                return Err(ScpError::ResponseMacMismatch);
            }
            // SCP02 chains the R-MAC of errors without returning it; SCP03's does not chain.
            session.response_mac(command, &[], status)?;
        } else {
            let received = take_rmac(session, command, &mut response)?;
            let expected = session.response_mac(command, &response.data, status)?;
            if let Some(received) = received
                && !expected.matches(session.protocol, &received)
            {
                return Err(ScpError::ResponseMacMismatch);
            }
            if session.has(SecurityLevel::R_ENCRYPTION) && !response.data.is_empty() {
                response.data = session.decrypt_response(&response.data)?.to_vec();
            }
        }
    }
    session.settle(command, status)?;
    Ok(response)
}

/// Splits the R-MAC off, where the response must carry one.
fn take_rmac(
    session: &Session,
    command: &Command,
    response: &mut Response,
) -> Result<Option<Vec<u8>>, ScpError> {
    if !session.returns_rmac(command) {
        return Ok(None);
    }
    let split = response
        .data
        .len()
        .checked_sub(session.protocol.mac_length())
        .ok_or(ScpError::ResponseMacMismatch)?;
    Ok(Some(response.data.split_off(split)))
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host::Channel({:?}, {:?})", self.protocol, self.level())
    }
}
