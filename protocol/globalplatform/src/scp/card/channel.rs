//! An open channel, seen from the card.

use core::fmt;

use faults::Fault;
use iso7816::{Command, Response, StatusWord};
use zeroize::Zeroizing;

use crate::scp::{
    class::{is_secured, unsecured_class},
    error::ScpError,
    protocol::{Protocol, SecurityLevel},
    session::{FullMac, ResumePoint, Session, is_begin_rmac, is_end_rmac},
    session_keys::SessionKeys,
};

/// The card's end of an open secure channel. The first command with wrong protection closes it; then every command is refused.
///
/// Each [`unwrap`](Self::unwrap) is followed by one [`wrap`](Self::wrap), also when the command fails: R-MACs chain over both.
pub struct Channel {
    protocol: Protocol,
    // None once the channel is closed: the keys are gone with it.
    session: Option<Session>,
    // The plain command that is being processed; SCP02's R-MAC covers it.
    command: Option<Command>,
}

impl Channel {
    pub(super) const fn open(session: Session) -> Self {
        Self { protocol: session.protocol, session: Some(session), command: None }
    }

    /// A channel that is opened by its first command; the plain command with it.
    pub(super) fn open_with(
        mut session: Session,
        command: &Command,
    ) -> Result<(Self, Command), ScpError> {
        if !is_secured(command.header.cla) {
            return Err(ScpError::CommandProtectionMismatch);
        }
        let plain = open_command(&mut session, command)?;
        let channel = Self { command: Some(plain.clone()), ..Self::open(session) };
        Ok((channel, plain))
    }

    /// A channel that goes on where a recorded one stood.
    #[must_use]
    pub const fn resume(protocol: Protocol, keys: SessionKeys, at: &ResumePoint) -> Self {
        Self::open(Session::resume(protocol, keys, at))
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

    /// The security level in force, with `AUTHENTICATED`; empty once the channel is closed.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        self.session
            .as_ref()
            .map_or(SecurityLevel::empty(), |session| session.level | SecurityLevel::AUTHENTICATED)
    }

    /// Whether the channel is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Whether `command` begins a new session: initiation is implicit, the command has a C-MAC, and a command without came before.
    /// Then it is for [`ImplicitHandshake`](super::ImplicitHandshake), not for this channel.
    #[must_use]
    pub fn is_begun_anew_by(&self, command: &Command) -> bool {
        let dropped = |session: &Session| !session.has(SecurityLevel::C_MAC);
        self.protocol.is_implicit()
            && is_secured(command.header.cla)
            && self.session.as_ref().is_some_and(dropped)
    }

    /// Closes the channel: every later command is refused.
    pub fn close(&mut self) {
        self.session = None;
        self.command = None;
    }

    /// Checks and decrypts a command: CLA comes back without secure messaging, the data plain, Le as it was.
    ///
    /// Where initiation is implicit, a command without secure messaging ends C-MAC but not the authentication.
    ///
    /// # Errors
    /// `ChannelClosed`, `CommandProtectionMismatch` or `CommandMacMismatch`; the channel is closed afterwards.
    pub fn unwrap(&mut self, command: &Command) -> Result<Command, ScpError> {
        let session = self.session.as_mut().ok_or(ScpError::ChannelClosed)?;
        let plain = open_command(session, command).inspect_err(|_| {
            if !faults::active(Fault::SessionSurvivesWrongMac) {
                self.session = None;
            }
        })?;
        self.command = Some(plain.clone());
        Ok(plain)
    }

    /// Protects the response to the command that was unwrapped last. An error status leaves without data and without R-MAC.
    ///
    /// # Errors
    /// `ChannelClosed`; `UnexpectedCommand` without a command before; `Key` or `MissingKey`, which close the channel.
    pub fn wrap(&mut self, response: Response) -> Result<Response, ScpError> {
        let session = self.session.as_mut().ok_or(ScpError::ChannelClosed)?;
        let command = self.command.take().ok_or(ScpError::UnexpectedCommand)?;
        protect(session, &command, response).inspect_err(|_| self.session = None)
    }

    /// Obeys BEGIN or END R-MAC SESSION, already unwrapped: the response to [`wrap`](Self::wrap), after which it takes effect
    /// [GPCS 2.3.1 §E.5.3, §E.5.4, AmdD 1.1.1 §7.1.3].
    ///
    /// # Errors
    /// `MissingKey`, `UnsupportedLevel` or `UnexpectedCommand`, none of which closes the channel; `ChannelClosed`.
    pub fn rmac_session(&self, command: &Command) -> Result<Response, ScpError> {
        let session = self.session.as_ref().ok_or(ScpError::ChannelClosed)?;
        if !is_begin_rmac(command) && !is_end_rmac(command) {
            return Err(ScpError::UnexpectedCommand);
        }
        session.check_rmac_session(command)?;
        Ok(Response::ok(Vec::new()))
    }

    /// Encrypts sensitive data under the session's data encryption key.
    ///
    /// # Errors
    /// `ChannelClosed`, or as [`SessionKeys::encrypt_sensitive`].
    pub fn encrypt_sensitive(&self, data: &[u8]) -> Result<Vec<u8>, ScpError> {
        self.keys()?.encrypt_sensitive(data)
    }

    /// Decrypts sensitive data, e.g. a key of PUT KEY, under the session's data encryption key.
    ///
    /// # Errors
    /// `ChannelClosed`, or as [`SessionKeys::decrypt_sensitive`].
    pub fn decrypt_sensitive(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, ScpError> {
        self.keys()?.decrypt_sensitive(data)
    }

    /// The session keys.
    ///
    /// # Errors
    /// `ChannelClosed`.
    pub fn keys(&self) -> Result<&SessionKeys, ScpError> {
        self.session.as_ref().map(|session| &session.keys).ok_or(ScpError::ChannelClosed)
    }
}

fn open_command(session: &mut Session, command: &Command) -> Result<Command, ScpError> {
    let secured = command.header.secure_messaging();
    if session.protocol.is_implicit() && !secured {
        session.drop_command_mac();
    }
    if !session.has(SecurityLevel::C_MAC) {
        return if secured {
            Err(ScpError::CommandProtectionMismatch)
        } else {
            Ok(command.clone())
        };
    }
    if !is_secured(command.header.cla) {
        if faults::active(Fault::UnprotectedCommandObeyed) {
            return Ok(command.clone());
        }
        return Err(ScpError::CommandProtectionMismatch);
    }
    let empty = command.data.len() == session.protocol.mac_length();
    if !(empty && faults::active(Fault::EmptyCommandNotCounted)) {
        session.count_command();
    }
    let data = verify_and_decrypt(session, command)?;
    let mut plain = command.clone();
    plain.header.cla = unsecured_class(command.header.cla);
    plain.data = data;
    Ok(plain)
}

fn verify_and_decrypt(session: &mut Session, command: &Command) -> Result<Vec<u8>, ScpError> {
    let protocol = session.protocol;
    let split = command.data.len().checked_sub(protocol.mac_length());
    let (body, received) = split
        .and_then(|split| command.data.split_at_checked(split))
        .ok_or(ScpError::CommandMacMismatch)?;
    let encrypted = session.has(SecurityLevel::C_DECRYPTION) && !body.is_empty();
    let decrypt = |session: &Session| {
        // A malformed plaintext is told as a wrong MAC: SCP01 and SCP02 would be padding oracles otherwise.
        session.decrypt_command(body).ok_or(ScpError::CommandMacMismatch)
    };
    let authenticate_first = matches!(protocol, Protocol::Scp03 { .. });
    let plain =
        if encrypted && !authenticate_first { decrypt(session)?.to_vec() } else { body.to_vec() };
    let mac = session.command_mac(command.header, &plain)?;
    let wrong = !mac.matches(protocol, received);
    let again = wrong && is_accepted_again(session, received);
    if wrong && !again && !faults::active(Fault::CommandMacNotChecked) {
        return Err(ScpError::CommandMacMismatch);
    }
    if !again {
        session.advance(mac);
    }
    if encrypted && authenticate_first { Ok(decrypt(session)?.to_vec()) } else { Ok(plain) }
}

/// Whether a C-MAC is the last one once more, and a fault accepts it.
fn is_accepted_again(session: &Session, received: &[u8]) -> bool {
    session.resume_point().command_chain.starts_with(received)
        && faults::active(Fault::CommandReplayed)
}

/// The R-MAC of a response; a fault leaves out the chaining value.
fn response_mac(
    session: &mut Session,
    command: &Command,
    data: &[u8],
    status: StatusWord,
) -> Result<FullMac, ScpError> {
    if !faults::active(Fault::ResponseMacWithoutChain) {
        return session.response_mac(command, data, status);
    }
    let (command_chain, response_chain) = Default::default();
    let at = ResumePoint { command_chain, response_chain, ..session.resume_point() };
    let mut unchained = Session::resume(session.protocol, session.keys.clone(), &at);
    unchained.response_mac(command, data, status)
}

fn protect(
    session: &mut Session,
    command: &Command,
    mut response: Response,
) -> Result<Response, ScpError> {
    let status = response.status;
    let refused = !status.is_ok() && !status.is_warning();
    if session.covers_responses() {
        if refused {
            response.data.clear();
        } else if session.has(SecurityLevel::R_ENCRYPTION)
            && (!response.data.is_empty() || faults::active(Fault::EmptyResponseEncrypted))
        {
            response.data = session.encrypt_response(&response.data)?;
        }
        let mac = response_mac(session, command, &response.data, status)?;
        let bare = refused && !faults::active(Fault::ResponseMacOnError)
            || status.is_warning() && faults::active(Fault::ResponseMacMissingOnWarning);
        if !bare && session.returns_rmac(command) {
            response.data.extend_from_slice(mac.truncated(session.protocol));
        }
    }
    let ignored = is_begin_rmac(command) && faults::active(Fault::BeginRmacIgnored)
        || is_end_rmac(command) && faults::active(Fault::EndRmacIgnored);
    if !ignored {
        session.settle(command, status)?;
    }
    Ok(response)
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "card::Channel({:?}, {:?})", self.protocol, self.level())
    }
}
