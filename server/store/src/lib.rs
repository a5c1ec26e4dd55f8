//! What the server remembers: one trait a subsystem, and SQLite behind all of them.
//!
//! - [`secrets::SealedKeyStore`]: keys, sealed by the crate `keys`.
//! - [`ca::CertificateStore`]: issued certificates, revocations, lists of revoked certificates.
//! - [`drm::ArchiveStore`]: archived private keys, under wrapping keys that are not here.
//! - [`tks::KeyChangeStore`]: which card was sent which key set.
//! - [`tps::TokenStore`]: tokens, their certificates, operations, activities and users.
//!
//! A method that changes something is one transaction, durable when it returns: a server that is killed loses nothing
//! that it said it had done. Lists are pages of at most [`page::PAGE_MAX`] entries.

mod error;

pub mod ca;
pub mod clock;
pub mod drm;
pub mod page;
pub mod secrets;
pub mod sqlite;
pub mod tks;
pub mod tps;

pub use error::StoreError;
pub use sqlite::Database;
