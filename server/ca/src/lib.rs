//! The certificate authority: a root, an issuing authority below it, certificates for the keys on tokens, and the list of those that are
//! revoked.
//!
//! Nothing is signed that was not linted ([`lint`]), and nothing is handed out that is not in the store.

mod authority;
mod certificate;
mod config;
mod crl;
mod error;
mod extension;
mod hierarchy;
pub mod lint;
mod profile;
mod public_key;
mod request;
mod signature;
mod subject;

pub use authority::Authority;
pub use config::AuthorityConfig;
pub use error::CaError;
pub use hierarchy::{ISSUING_KEY, ROOT_KEY, TLS_KEY, WANTED_KEYS};
pub use profile::{CertificateProfile, ExtendedUsage, Usage, default_profiles};
