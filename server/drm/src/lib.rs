//! The data recovery manager (DRM, also called KRA): makes key pairs for tokens, archives them, and gives them back.
//!
//! A private key is in clear only in the memory of one call: it comes out of the key maker or the archive, is wrapped under the
//! transport key of the card that it goes to, and is wiped. The archive is written before the answer, so that no token ever holds
//! a key that DRM was to keep and does not.

mod archive;
mod error;
mod generate;
mod manager;
mod transport;

pub use error::DrmError;
pub use manager::{DataRecovery, STORAGE_KEY, TRANSPORT_KEY, WANTED_KEYS};
