//! Verifies tokens and load file signatures, and makes receipts, with the algorithm that a key stands for.

use cryptography::{CryptoError, CryptoRng, Key, Purpose, Signature};

use super::{AuthorityAlgorithm, AuthorityError, KeyPart, LoadFileHash, key::Parts};

/// A key that verifies: a secret one, or the public one of a pair.
pub struct Verifier {
    algorithm: AuthorityAlgorithm,
    key: Key,
}

impl Verifier {
    /// Takes the components of a key: one of triple DES (type 80) or AES (88); A1 and A0 of RSA; B0 of an elliptic curve, with F0 or
    /// the numbers of the curve.
    ///
    /// # Errors
    ///
    /// [`CryptoError::UninitializedKey`] where a component is missing, [`CryptoError::IllegalValue`] where they make no key,
    /// [`CryptoError::NoSuchAlgorithm`] where it is one of no algorithm of [`AuthorityAlgorithm`].
    pub fn new(parts: &[KeyPart<'_>]) -> Result<Self, CryptoError> {
        let (algorithm, key) = Parts(parts).verifying()?;
        Ok(Self { algorithm, key })
    }

    /// The algorithm that follows from the key.
    #[must_use]
    pub const fn algorithm(&self) -> AuthorityAlgorithm {
        self.algorithm
    }

    /// Whether a signature is that of the data. MACs are compared in constant time.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key's numbers make no key.
    pub fn verify(&self, data: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        let mut engine = Signature::new(self.algorithm.signature());
        engine.init(self.key.clone(), Purpose::Verify, &[])?;
        engine.verify(data, signature)
    }

    /// Checks a token: the signature of a command's parameters and data [GPCS 2.3.1 §C.4].
    ///
    /// # Errors
    ///
    /// [`AuthorityError::WrongSignature`]; [`AuthorityError::Key`] as [`Verifier::verify`] says.
    pub fn check_token(&self, data: &[u8], token: &[u8]) -> Result<(), AuthorityError> {
        if self.verify(data, token)? { Ok(()) } else { Err(AuthorityError::WrongSignature) }
    }

    /// Checks that the hash of a load file is strong enough to be signed by this key, in a token or by itself.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownHash`], [`AuthorityError::WeakHash`].
    pub fn check_hash(&self, hash: &[u8]) -> Result<(), AuthorityError> {
        LoadFileHash::check_strength(hash, self.algorithm.weakest_hash())
    }

    /// Checks a load file data block signature: that of the hash, which is the message and not its digest [GPCS 2.3.1 §C.3].
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::check_hash`] and [`Verifier::check_token`].
    pub fn check_load_file(&self, hash: &[u8], signature: &[u8]) -> Result<(), AuthorityError> {
        self.check_hash(hash)?;
        self.check_token(hash, signature)
    }
}

/// A key that signs: a secret one, or the private one of a pair.
pub struct Signer {
    algorithm: AuthorityAlgorithm,
    key: Key,
}

impl Signer {
    /// Takes the components of a key: one of triple DES (type 80) or AES (88); A2 (or A1) and A3, or A4 to A8 of RSA; B1 of an elliptic
    /// curve, with F0 or the numbers of the curve.
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::new`].
    pub fn new(parts: &[KeyPart<'_>]) -> Result<Self, CryptoError> {
        let (algorithm, key) = Parts(parts).signing()?;
        Ok(Self { algorithm, key })
    }

    /// The algorithm that follows from the key.
    #[must_use]
    pub const fn algorithm(&self) -> AuthorityAlgorithm {
        self.algorithm
    }

    /// Signs data; PSS and ECDSA are salted.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key's numbers make no key.
    pub fn sign(&self, rng: &mut dyn CryptoRng, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut engine = Signature::new(self.algorithm.signature());
        engine.init(self.key.clone(), Purpose::Sign, &[])?;
        Ok(engine.sign(rng, data)?.to_vec())
    }
}
