//! Requests to the data recovery manager (also called KRA).

use core::future::Future;

use super::{
    SubsystemError,
    tks::{Cuid, TransportAlgorithm},
};

/// The kind of key that DRM makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa(u16),
}

/// The transport key from TKS, as DRM needs it.
#[derive(Clone, Debug)]
pub struct TransportKeyForDrm {
    /// The cipher of the key.
    pub algorithm: TransportAlgorithm,
    /// The key under DRM's transport certificate.
    pub wrapped: Vec<u8>,
}

/// Asks for a key pair made by the server.
#[derive(Clone, Debug)]
pub struct KeyGenerationRequest {
    /// The token for which it is.
    pub cuid: Cuid,
    /// The user for whom it is.
    pub user: String,
    /// What kind of key.
    pub kind: KeyKind,
    /// Whether the private key is archived. The archive is durable before the answer.
    pub archive: bool,
    /// Under what the private key travels to the card.
    pub transport_key: TransportKeyForDrm,
}

/// Asks for an archived key.
#[derive(Clone, Debug)]
pub struct KeyRecoveryRequest {
    /// The token to which it goes.
    pub cuid: Cuid,
    /// The user whose key it is; DRM refuses a key that was archived for somebody else.
    pub user: String,
    /// DER of the certificate for the key.
    pub certificate: Vec<u8>,
    /// Under what the private key travels to the card.
    pub transport_key: TransportKeyForDrm,
}

/// A key pair on its way to a card: only the card can open the private key.
#[derive(Clone, Debug)]
pub struct WrappedKeyPair {
    /// DER of the SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// DER of the PKCS#8 PrivateKeyInfo under the transport key.
    pub wrapped_private_key: Vec<u8>,
    /// Initialisation vector, 8 or 16 bytes.
    pub iv: Vec<u8>,
}

/// The data recovery manager.
pub trait DataRecoveryManager: Send + Sync {
    /// Makes a key pair, archives it if asked to, and wraps it for the card.
    fn generate_key(
        &self,
        request: KeyGenerationRequest,
    ) -> impl Future<Output = Result<WrappedKeyPair, SubsystemError>> + Send;

    /// Wraps an archived key for a card.
    fn recover_key(
        &self,
        request: KeyRecoveryRequest,
    ) -> impl Future<Output = Result<WrappedKeyPair, SubsystemError>> + Send;
}
