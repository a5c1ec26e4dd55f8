//! Why an operation is not authorised, or a load file not accepted.

use cryptography::CryptoError;
use iso7816::StatusWord;
use thiserror::Error;

/// What is wrong with a token, a signature, a load file or the keys for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The components of a key do not make one, or one that is not used for this.
    #[error("not a key for this purpose: {0}")]
    Key(#[from] CryptoError),
    /// The domain that shall verify, sign or decipher has no key for it.
    #[error("the security domain has no key for this")]
    NoKey,
    /// The operation needs a token, and none came.
    #[error("a token is missing")]
    NoToken,
    /// A token came with an operation that needs none.
    #[error("a token came where none is wanted")]
    NeedlessToken,
    /// The token is for another card or another security domain.
    #[error("the token is for another security domain")]
    ForeignToken,
    /// The signature is not that of the data.
    #[error("the signature is wrong")]
    WrongSignature,
    /// A load file lacks the signature of a security domain that has to verify it.
    #[error("the signature of a security domain is missing")]
    NoSignature,
    /// A signature is to be verified by something that verifies none.
    #[error("the signature is for none that verifies signatures")]
    ForeignSignature,
    /// The load file needs a hash, and none came.
    #[error("the hash of the load file data block is missing")]
    NoHash,
    /// The hash has a length that no algorithm has.
    #[error("the hash is of no known algorithm")]
    UnknownHash,
    /// The hash is weaker than what signs it or enciphers the load file.
    #[error("the hash is too weak for the algorithms used with it")]
    WeakHash,
    /// The hash is not that of the load file data block.
    #[error("the hash is not that of the load file data block")]
    WrongHash,
    /// The data block is not whole blocks, or its padding or initial chaining value is none.
    #[error("the load file data block cannot be deciphered")]
    Undecipherable,
    /// The data block is enciphered where it must not be, or the other way round.
    #[error("the load file data block has to be enciphered, or must not be")]
    WrongForm,
    /// The confirmation counter is at its end.
    #[error("no receipt can be counted any more")]
    CounterExhausted,
}

impl AuthorityError {
    /// What the card answers: 6985 for what is missing, 6982 for what does not verify, 6A80 for what contradicts itself.
    #[must_use]
    pub const fn status(self) -> StatusWord {
        match self {
            Self::Key(_)
            | Self::NoKey
            | Self::NoToken
            | Self::NoSignature
            | Self::NoHash
            | Self::CounterExhausted => StatusWord::CONDITIONS_OF_USE,
            Self::ForeignToken | Self::WrongSignature | Self::ForeignSignature => {
                StatusWord::SECURITY_STATUS
            }
            Self::NeedlessToken
            | Self::UnknownHash
            | Self::WeakHash
            | Self::WrongHash
            | Self::Undecipherable
            | Self::WrongForm => StatusWord::WRONG_DATA,
        }
    }
}
