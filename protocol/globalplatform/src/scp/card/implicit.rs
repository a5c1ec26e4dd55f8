//! SCP02 with implicit initiation, seen from the card [GPCS 2.3.1 §E.1.2.2].

use iso7816::{Aid, Command};

use super::Channel;
use crate::{
    key::KeySet,
    scp::{error::ScpError, protocol::Protocol, session::Session, session_keys::SessionKeys},
};

/// What a security domain brings to the first command with secure messaging.
#[derive(Debug)]
pub struct ImplicitHandshake<'a> {
    /// The static keys of the default key version.
    pub keys: &'a KeySet,
    /// Protocol and option: SCP02 with implicit initiation.
    pub protocol: Protocol,
    /// The stored sequence counter, as GET DATA shows it.
    pub sequence_counter: u32,
    /// AID of the application that is selected; the MAC over it begins the chain of C-MACs.
    pub aid: Aid,
}

impl ImplicitHandshake<'_> {
    /// Checks the first command of a session: the open channel, with C-MAC as its level, and the plain command.
    ///
    /// The card stores [`Handshake::next_counter`](super::Handshake::next_counter) before it obeys the command: its C-MAC is the first of
    /// the session [GPCS 2.3.1 §E.1.2.1]. The response goes through [`Channel::wrap`].
    ///
    /// # Errors
    /// `UnsupportedProtocol` where initiation is explicit, `SequenceCounterExhausted`, `Key` for keys of the wrong algorithm;
    /// `CommandProtectionMismatch` or `CommandMacMismatch`, after which the counter stays as it was.
    pub fn first_command(&self, command: &Command) -> Result<(Channel, Command), ScpError> {
        let keys = SessionKeys::derive_implicit(self.keys, self.protocol, self.sequence_counter)?;
        let session = Session::implicit(self.protocol, keys, self.aid.as_bytes())?;
        Channel::open_with(session, command)
    }
}
