//! SCP02 with implicit initiation, seen from the host [GPCS 2.3.1 §E.1.2.2].

use iso7816::Aid;

use super::{Channel, Dialect};
use crate::{
    key::KeySet,
    scp::{error::ScpError, protocol::Protocol, session::Session, session_keys::SessionKeys},
};

/// What a host knows before the first command of a session.
#[derive(Debug)]
pub struct ImplicitHandshake<'a> {
    /// The card's static keys.
    pub keys: &'a KeySet,
    /// Protocol and option: SCP02 with implicit initiation.
    pub protocol: Protocol,
    /// The sequence counter, from object C1 of the card.
    pub sequence_counter: u32,
    /// AID of the application that is selected.
    pub aid: Aid,
}

impl ImplicitHandshake<'_> {
    /// The channel, which the card opens with the first command that is wrapped. Nothing proves that the card has the keys before
    /// an R-MAC is seen.
    ///
    /// # Errors
    /// `UnsupportedProtocol` where initiation is explicit, `SequenceCounterExhausted`, `Key` for keys of the wrong algorithm.
    pub fn open(&self) -> Result<Channel, ScpError> {
        let keys = SessionKeys::derive_implicit(self.keys, self.protocol, self.sequence_counter)?;
        let session = Session::implicit(self.protocol, keys, self.aid.as_bytes())?;
        Ok(Channel::open(session, Dialect::GlobalPlatform, None))
    }
}
