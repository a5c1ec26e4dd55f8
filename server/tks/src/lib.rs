//! The token key service (TKS): from master keys and a card's unique data to the keys of one secure channel.
//!
//! TPS gets session keys, wrapped transport keys and the data field of PUT KEY. It never gets a static key, and what is
//! for the card's key-encryption key alone it gets in ciphertext.

mod card;
mod config;
mod error;
mod random;
mod service;

pub use config::{
    CardData, ConfigError, DeveloperKeys, DrmTransport, KeySetConfig, MasterKey, TksConfig,
    scheme_from_name,
};
pub use error::TksError;
pub use service::TokenKeys;
