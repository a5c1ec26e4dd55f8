//! The host's end of a secure channel: from a challenge to wrapped commands and unwrapped responses.
//!
//! ```
//! use globalplatform::{Key, KeySet, SecurityLevel, scp::host::Handshake};
//! use iso7816::{Command, Response};
//!
//! # fn open(card: &mut dyn FnMut(&Command) -> Response) -> Result<(), globalplatform::ScpError> {
//! let keys = KeySet::same(&Key::des3(*b"@ABCDEFGHIJKLMNO"));
//! let handshake = Handshake::new(&[1, 2, 3, 4, 5, 6, 7, 8]);
//! let answer = card(&handshake.command());
//! let verified = handshake.answer(&answer)?.verify_with(&keys)?;
//! let (authenticate, mut channel) =
//!     verified.external_authenticate(SecurityLevel::C_MAC_C_DECRYPTION)?;
//! assert!(card(&authenticate).status.is_ok());
//! let get_status = Command::new(0x80, 0xF2, 0x80, 0x02).with_data([0x4F, 0x00]);
//! let response = card(&channel.wrap(&get_status)?);
//! let response = channel.unwrap(&get_status, response)?;
//! # Ok(()) }
//! ```

mod channel;
mod handshake;
mod implicit;

pub use super::session::ResumePoint;
pub use channel::Channel;
pub use handshake::{Authenticating, Handshake, Verified};
pub use implicit::ImplicitHandshake;

/// Where hosts differ although they speak the same protocol. The card's end takes every dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// As the specifications read: an empty data field is not encrypted; INITIALIZE UPDATE has Le, EXTERNAL AUTHENTICATE none.
    GlobalPlatform,
    /// As Dogtag's TPS speaks, which tpsclient and ESC relay: under SCP01 and SCP02 an empty data field becomes one encrypted block;
    /// INITIALIZE UPDATE has no Le.
    Dogtag,
}

impl Dialect {
    /// Whether an empty data field is encrypted to one block under SCP01 and SCP02.
    #[must_use]
    pub const fn encrypts_empty_data(self) -> bool {
        matches!(self, Self::Dogtag)
    }
}
