//! `javacard.security`: keys, and the objects that work with them.
//!
//! A key is an object of a hidden class that implements its interface; its numbers are in a hidden byte array that is persistent or
//! transient as the key's type says. What works with a key, or takes data in pieces, keeps in hidden cells what it was made for and
//! initialised with, and the engine of `cryptography` in the running state: after a reset it is made anew as `init` had left it
//! [JCAPI 3.0.5 javacardx.crypto.Cipher].
//!
//! `externalAccess` is recorded and grants nothing: engines are in no transient memory that the firewall would close while another
//! applet is selected, so that an object without it can be shared, too.

pub(crate) mod buffer;
mod checksum;
pub(crate) mod engine;
pub(crate) mod key;
mod key_agreement;
mod key_builder;
mod key_pair;
mod message_digest;
mod named_parameter_spec;
pub(crate) mod offer;
pub(crate) mod one_shot;
mod random_data;
pub(crate) mod signature;
mod signature_message_recovery;

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[
    checksum::NATIVES,
    key::NATIVES,
    key::discrete::NATIVES,
    key::elliptic::NATIVES,
    key::rsa::NATIVES,
    key::secret::NATIVES,
    key_agreement::NATIVES,
    key_builder::NATIVES,
    key_pair::NATIVES,
    message_digest::NATIVES,
    named_parameter_spec::NATIVES,
    random_data::NATIVES,
    signature::NATIVES,
    signature_message_recovery::NATIVES,
];

/// Reasons of `CryptoException` [JCAPI 3.0.5 javacard.security.CryptoException].
pub(crate) mod reason {
    pub(crate) const ILLEGAL_VALUE: i16 = 1;
    pub(crate) const UNINITIALIZED_KEY: i16 = 2;
    pub(crate) const NO_SUCH_ALGORITHM: i16 = 3;
    pub(crate) const INVALID_INIT: i16 = 4;
    pub(crate) const ILLEGAL_USE: i16 = 5;
}
