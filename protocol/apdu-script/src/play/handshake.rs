//! Secure channels are opened anew whenever a script is played.

use globalplatform::{
    key::KeySet,
    scp::{
        Protocol, ScpError, SecurityLevel, SessionKeys,
        host::{Authenticating, Channel, Dialect, Handshake, Verified},
    },
};
use iso7816::{Command, Response};

use crate::{card::HostDialect, error::FailureKind};

/// Byte of all host challenges: the card's are random enough for both.
const CHALLENGE: u8 = 0xC5;

/// One handshake.
pub(super) struct Attempt<'a> {
    pub(super) protocol: Protocol,
    pub(super) key_version: u8,
    pub(super) level: u8,
    pub(super) keys: &'a KeySet,
    pub(super) host: HostDialect,
    /// Goes on although the card cryptogram is wrong, to see what the card says to wrong keys.
    pub(super) believes_the_card: bool,
}

impl Attempt<'_> {
    /// The channel, or the answer that ended the handshake.
    pub(super) fn perform(
        &self,
        send: &mut dyn FnMut(&Command) -> Result<Response, FailureKind>,
    ) -> Result<Result<Channel, Response>, FailureKind> {
        let (dialect, le_at_start, le_at_end) = habits(self.host);
        // SCP03 names its option in the answer, the others in the card recognition data.
        let option = if self.protocol.id() == 3 { 0 } else { self.protocol.i() };
        let handshake = Handshake::new(&vec![CHALLENGE; self.protocol.mac_length()])
            .with_key_version(self.key_version)
            .with_option(option)
            .with_dialect(dialect);
        let answer = send(&Command { expected: le_at_start, ..handshake.command() })?;
        if !answer.status.is_ok() {
            return Ok(Err(answer));
        }
        let level = SecurityLevel::from_bits_retain(self.level);
        let verified = self.verify(handshake.answer(&answer)?)?;
        let (authenticate, channel) = verified.external_authenticate(level)?;
        let answer = send(&Command { expected: le_at_end, ..authenticate })?;
        Ok(if answer.status.is_ok() { Ok(channel) } else { Err(answer) })
    }

    fn verify(&self, authenticating: Authenticating) -> Result<Verified, ScpError> {
        if !self.believes_the_card {
            return authenticating.verify_with(self.keys);
        }
        let (answer, challenge) = (authenticating.answer(), authenticating.host_challenge());
        let keys = SessionKeys::derive(self.keys, answer, challenge)?;
        let cryptogram = keys.host_cryptogram(answer, challenge)?;
        Ok(authenticating.trust(keys, cryptogram))
    }
}

/// How an empty data field is encrypted; Le of INITIALIZE UPDATE and of EXTERNAL AUTHENTICATE.
const fn habits(host: HostDialect) -> (Dialect, Option<u32>, Option<u32>) {
    match host {
        HostDialect::GpPro => (Dialect::GlobalPlatform, Some(256), Some(256)),
        HostDialect::GpShell => (Dialect::Dogtag, Some(256), None),
        HostDialect::Tps => (Dialect::Dogtag, None, None),
    }
}
