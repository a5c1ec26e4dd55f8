//! What an operation asks of the world, and what the world answers.

use store::tps::{
    Commit, OpenedOperation, OperationId, Token, TokenCertificate, TokenCertificateRow, TokenRow,
};
use token_management::{
    message::{ClientMessage, ServerMessage},
    subsystem::{
        SubsystemError,
        ca::{EnrollmentRequest, IssuedCertificate, RevocationReason},
        drm::{KeyGenerationRequest, KeyRecoveryRequest, WrappedKeyPair},
        secret::Secret,
        tks::{Cuid, EncryptDataRequest, KeyChangeRequest, SessionKeyRequest, SessionKeys},
    },
};

use crate::users::LoginError;

/// Something that an operation cannot do itself.
#[derive(Debug)]
pub enum Effect {
    /// Send a message to the client and wait for its answer.
    Exchange(ServerMessage),
    /// Keep other operations off what is claimed, until this one ends.
    Claim(Claim),
    /// Check a user's password.
    Authenticate {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Ask the token key service.
    Tks(TksRequest),
    /// Ask the certificate authority.
    Ca(CaRequest),
    /// Ask the data recovery manager.
    Drm(DrmRequest),
    /// Ask the store.
    Store(StoreRequest),
}

/// What only one operation at a time may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// A token.
    Token(Cuid),
    /// A user's set of tokens.
    User(String),
}

/// What is asked of TKS.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // one at a time, consumed at once
pub enum TksRequest {
    /// So many random bytes.
    Random(usize),
    /// Session keys.
    SessionKeys(SessionKeyRequest),
    /// The data field of PUT KEY.
    KeyChange(KeyChangeRequest),
    /// Data under the card's key-encryption key.
    EncryptData(EncryptDataRequest),
}

/// What is asked of the CA.
#[derive(Debug)]
pub enum CaRequest {
    /// A certificate.
    Enroll(EnrollmentRequest),
    /// Revocation of the certificate with this serial number.
    Revoke(Vec<u8>, RevocationReason),
    /// Lifting of the hold on the certificate with this serial number.
    Unrevoke(Vec<u8>),
    /// The certificate with this serial number.
    Certificate(Vec<u8>),
    /// All certificates issued for a token that are not revoked.
    CertificatesOf(Cuid),
}

/// What is asked of DRM.
#[derive(Debug)]
pub enum DrmRequest {
    /// A new key pair.
    Generate(KeyGenerationRequest),
    /// An archived key.
    Recover(KeyRecoveryRequest),
}

/// What is asked of the store.
#[derive(Debug)]
pub enum StoreRequest {
    /// The record of a token.
    Token(Cuid),
    /// All tokens of a user.
    TokensOf(String),
    /// All certificates on a token, oldest first.
    Certificates(Cuid),
    /// A token that no operation has seen yet.
    AddToken(Token),
    /// A journal entry before the first change: from then on the operation counts as interrupted until it is closed.
    OpenJournal(Cuid, &'static str),
    /// A note of what is about to happen.
    Note(OperationId, String),
    /// A certificate, new or in place of the record of the same token and serial number.
    PutCertificate(TokenCertificate),
    /// Changes that belong together.
    Commit(Box<Commit>),
}

/// What the store answers.
#[derive(Clone, Debug)]
pub enum StoreAnswer {
    /// To [`StoreRequest::Token`].
    Token(Option<TokenRow>),
    /// To [`StoreRequest::TokensOf`].
    Tokens(Vec<TokenRow>),
    /// To [`StoreRequest::Certificates`].
    Certificates(Vec<TokenCertificateRow>),
    /// To [`StoreRequest::OpenJournal`].
    Journal(OpenedOperation),
    /// To everything else.
    Done,
}

/// The answer to an effect.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // one at a time, consumed at once
pub enum Answer {
    /// To [`Effect::Exchange`].
    Client(Result<ClientMessage, ClientFault>),
    /// To [`Effect::Claim`]: whether it is granted.
    Claimed(bool),
    /// To [`Effect::Authenticate`].
    Login(Result<(), LoginError>),
    /// To requests that are answered with bytes: random, key change, enciphered data.
    Bytes(Result<Vec<u8>, SubsystemError>),
    /// To [`TksRequest::SessionKeys`].
    SessionKeys(Result<SessionKeys, SubsystemError>),
    /// To [`CaRequest::Enroll`] and [`CaRequest::Certificate`].
    Certificate(Result<IssuedCertificate, SubsystemError>),
    /// To [`CaRequest::CertificatesOf`].
    Certificates(Result<Vec<IssuedCertificate>, SubsystemError>),
    /// To [`CaRequest::Revoke`] and [`CaRequest::Unrevoke`].
    Done(Result<(), SubsystemError>),
    /// To [`Effect::Drm`].
    KeyPair(Result<WrappedKeyPair, SubsystemError>),
    /// To [`Effect::Store`]; the error is for the log.
    Store(Result<StoreAnswer, String>),
}

/// Why there is no message from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// The connection ended, or the client took too long.
    #[error("the client is gone")]
    Gone,
    /// What it sent is no message, or too long for one.
    #[error("the client sent what is no message")]
    Malformed,
}
