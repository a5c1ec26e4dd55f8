//! Secure channel protocols SCP01, SCP02 and SCP03, the host's end and the card's.
//!
//! A channel is opened by INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. Each end goes through types that are consumed:
//! [`host::Handshake`], [`host::Authenticating`], [`host::Verified`], [`host::Channel`]; and [`card::Handshake`],
//! [`card::Pending`], [`card::Channel`]. Under SCP02 with implicit initiation its first protected command opens it:
//! [`host::ImplicitHandshake`], [`card::ImplicitHandshake`]. A channel that has met a wrong MAC is closed for good.

mod answer;
pub mod card;
mod class;
mod cryptogram;
mod error;
pub mod host;
mod protocol;
mod session;
mod session_keys;

pub use answer::InitializeUpdateAnswer;
pub use cryptogram::Cryptogram;
pub use error::ScpError;
pub use protocol::{Protocol, SecurityLevel};
pub use session_keys::{DerivationConstant, SessionKeys, pseudo_random_challenge};

/// INS of INITIALIZE UPDATE [GPCS 2.3.1 §E.5.1].
pub const INS_INITIALIZE_UPDATE: u8 = 0x50;
/// INS of EXTERNAL AUTHENTICATE [GPCS 2.3.1 §E.5.2].
pub const INS_EXTERNAL_AUTHENTICATE: u8 = 0x82;
/// INS of BEGIN R-MAC SESSION [GPCS 2.3.1 §E.5.3].
pub const INS_BEGIN_RMAC: u8 = 0x7A;
/// INS of END R-MAC SESSION [GPCS 2.3.1 §E.5.4].
pub const INS_END_RMAC: u8 = 0x78;
