//! Who may change a card's content besides its issuer, and what it is told: the cryptography of delegated management, of signed and of
//! encrypted load files [GPCS 2.3.1 §9.1.3, §9.2, annex C].
//!
//! A security domain keeps a key for each of these, as the components that PUT KEY brought ([`KeyPart`]). [`Verifier`] verifies tokens
//! and load file signatures with such a key, [`Signer`] makes receipts, [`LoadFileCipher`] deciphers load file data blocks; the
//! algorithm follows from the key. Nothing here knows the registry, commands or records: all are functions over keys and bytes.

mod algorithm;
mod error;
mod hash;
mod key;
mod load_file_cipher;
mod signature;
mod token_reference;

pub use self::{
    algorithm::AuthorityAlgorithm,
    error::AuthorityError,
    hash::LoadFileHash,
    key::KeyPart,
    load_file_cipher::LoadFileCipher,
    signature::{Signer, Verifier},
    token_reference::TokenReference,
};
