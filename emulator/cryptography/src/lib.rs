//! The algorithms of a chip, over bytes.
//!
//! An engine ([`Cipher`], [`AeadCipher`], [`Signature`], [`RecoverySignature`], [`MessageDigest`], [`Checksum`]) is made for an algorithm, is given a [`Key`],
//! takes its message in pieces of any size, and ends with what it was made for. It keeps no reference to anything: a key is copied
//! in, output is returned. Agreement and derivation are functions. Randomness is passed in.
//!
//! Algorithms are named by enums that also know the bytes by which the Java Card API calls them (`from_constant`, `from_parts`): what
//! is not in the table is `None`, which the caller turns into `CryptoException.NO_SUCH_ALGORITHM`. All else that can go wrong is a
//! [`CryptoError`], one to one the reasons of that exception.
//!
//! Nothing here knows objects, buffers of a virtual machine or APDUs.

pub mod aead;
pub mod agreement;
pub mod checksum;
pub mod cipher;
pub mod derivation;
pub mod digest;
pub mod ec;
mod error;
pub mod finite_field;
pub mod key;
mod mac;
mod number;
mod pair;
pub mod rsa;
pub mod signature;

pub use aead::{AeadAlgorithm, AeadCipher, AeadParameters};
pub use agreement::AgreementAlgorithm;
pub use checksum::{Checksum, ChecksumAlgorithm};
pub use cipher::{Cipher, CipherAlgorithm, Direction};
pub use digest::{DigestAlgorithm, MessageDigest};
pub use ec::{Curve, CurveParameters, NamedCurve};
pub use error::CryptoError;
pub use key::{BlockKey, Key};
pub use rand_core::CryptoRng;
pub use rsa::{RsaKeyPair, RsaPrivateKey, RsaPublicKey};
pub use signature::{Purpose, RecoveryAlgorithm, RecoverySignature, Signature, SignatureAlgorithm};
pub use zeroize::Zeroizing;
