//! Requests to the token key service.
//!
//! TKS holds the master keys. It diversifies them by the card's unique data, and hands TPS session keys only: never a
//! static key, never the key-encryption key of a card except through the operations below.

use core::future::Future;

use super::{SubsystemError, secret::Secret};

/// Key diversification data: the first ten bytes of INITIALIZE UPDATE's answer [GPCS 2.3.1 §E.5.1.6].
pub type KeyDiversificationData = [u8; 10];
/// The card's unique identifier, made of CPLC fields: fabricator, IC type, batch, serial.
pub type Cuid = [u8; 10];

/// Which card, and which of its key sets, a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardKeys {
    /// Name of the key set configuration in TKS, e.g. `defKeySet`.
    pub key_set: String,
    /// The card's CUID.
    pub cuid: Cuid,
    /// The card's key diversification data.
    pub kdd: KeyDiversificationData,
    /// Key version number of the card's key set.
    pub key_version: u8,
    /// Key index (SCP01), or the protocol byte that stands in its place.
    pub key_index: u8,
}

/// Asks for the session keys of one secure channel.
#[derive(Clone, Debug)]
pub struct SessionKeyRequest {
    /// The card and its key set.
    pub card: CardKeys,
    /// The answer of the card to INITIALIZE UPDATE, without status word; protocol, option, sequence counter, challenge and
    /// cryptogram are read from it.
    pub initialize_update: Vec<u8>,
    /// The option `i` of the protocol as the card's recognition data names it (SCP01, SCP02; SCP03 tells it in its answer).
    pub option: u8,
    /// The host challenge that the card answered.
    pub host_challenge: [u8; 8],
    /// Whether a transport key for server-side key generation or recovery is wanted as well.
    pub transport_key: bool,
}

/// The session keys of one secure channel; the card cryptogram has been verified.
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// S-ENC: the session encryption key.
    pub enc: Secret,
    /// S-MAC (C-MAC session key).
    pub mac: Secret,
    /// S-RMAC (R-MAC session key), where the protocol has one.
    pub rmac: Option<Secret>,
    /// Cryptogram for EXTERNAL AUTHENTICATE.
    pub host_cryptogram: [u8; 8],
    /// A fresh transport key, where it was asked for.
    pub transport_key: Option<TransportKey>,
}

/// A fresh symmetric key under which DRM wraps a private key for this card: readable by the card and by DRM, not by TPS.
#[derive(Clone, Debug)]
pub struct TransportKey {
    /// The cipher of the key.
    pub algorithm: TransportAlgorithm,
    /// The key under the card's key-encryption key (static for SCP01/SCP03, of the session for SCP02).
    pub for_card: Vec<u8>,
    /// Its key check value, 3 bytes.
    pub check_value: [u8; 3],
    /// The key under DRM's transport certificate.
    pub for_drm: Vec<u8>,
}

/// How a private key is wrapped on its way to the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportAlgorithm {
    /// Two-key triple DES, CBC, PKCS#7 padding; `alg` 81 of IMPORT KEY ENCRYPTED.
    Des3Cbc,
    /// AES-128, CBC, PKCS#7 padding; `alg` 89.
    AesCbc,
    /// AES-128, RFC 5649 key wrap with padding; `alg` 88.
    AesKeyWrapPadded,
}

/// Asks for the data field of PUT KEY that changes the card over to another key set [GPCS 2.3.1 §11.8].
#[derive(Clone, Debug)]
pub struct KeyChangeRequest {
    /// The card and the key set it has now.
    pub card: CardKeys,
    /// The version number of the key set it shall have.
    pub new_key_version: u8,
    /// The answer to the INITIALIZE UPDATE that opened the current session (SCP02 wraps under the session's DEK).
    pub initialize_update: Vec<u8>,
    /// The option `i` of the protocol.
    pub option: u8,
}

/// Asks to encrypt data under the card's key-encryption key, e.g. the challenge of START ENROLLMENT.
#[derive(Clone, Debug)]
pub struct EncryptDataRequest {
    /// The card and its key set.
    pub card: CardKeys,
    /// The answer to the INITIALIZE UPDATE that opened the current session.
    pub initialize_update: Vec<u8>,
    /// The option `i` of the protocol.
    pub option: u8,
    /// What to encrypt; a multiple of 16 bytes.
    pub data: Vec<u8>,
}

/// The token key service.
pub trait TokenKeyService: Send + Sync {
    /// Random bytes, at most [`RANDOM_MAX`].
    fn random(&self, length: usize)
    -> impl Future<Output = Result<Vec<u8>, SubsystemError>> + Send;

    /// Verifies the card cryptogram and derives session keys.
    fn session_keys(
        &self,
        request: SessionKeyRequest,
    ) -> impl Future<Output = Result<SessionKeys, SubsystemError>> + Send;

    /// The data field of PUT KEY for a key-set change-over.
    fn key_change(
        &self,
        request: KeyChangeRequest,
    ) -> impl Future<Output = Result<Vec<u8>, SubsystemError>> + Send;

    /// Encrypts data under the card's key-encryption key.
    fn encrypt_data(
        &self,
        request: EncryptDataRequest,
    ) -> impl Future<Output = Result<Vec<u8>, SubsystemError>> + Send;
}

/// Most random bytes that one request gets.
pub const RANDOM_MAX: usize = 1024;
