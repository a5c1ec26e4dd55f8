//! Encrypted load file data blocks [GPCS 2.3.1 §C.6].

use cryptography::{
    BlockKey, Cipher, CipherAlgorithm, CryptoError, Direction, Key, Zeroizing,
    cipher::{BlockCipher, Mode, Padding},
};

use super::{AuthorityError, KeyPart, LoadFileHash, key::Parts};

/// First byte of the padding; zeros follow [GPCS 2.3.1 §B.1.3, §B.2.3].
const MARK: u8 = 0x80;

/// A key that deciphers load file data blocks: CBC with triple DES or AES.
pub struct LoadFileCipher(BlockKey);

impl LoadFileCipher {
    /// What it does, in object 84 of the card capability information: triple DES, AES of 128, 192 and 256 bits, initial chaining values
    /// [GPCS 2.3.1 §H.4].
    pub const CAPABILITY: u8 = 0x8F;

    /// Takes the component of a key of triple DES (type 80) or AES (88).
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for a value of another length, [`CryptoError::NoSuchAlgorithm`] for a key of another kind.
    pub fn new(parts: &[KeyPart<'_>]) -> Result<Self, CryptoError> {
        let key = Parts(parts).block_key()?.ok_or(CryptoError::NoSuchAlgorithm)?;
        Ok(Self(key))
    }

    /// The weakest hash of a load file data block that may be used with the key [GPCS 2.3.1 §C.2, table C-3].
    #[must_use]
    pub fn weakest_hash(&self) -> LoadFileHash {
        match (self.0.is_aes(), self.0.length()) {
            (false, _) => LoadFileHash::Sha1,
            (true, 16) => LoadFileHash::Sha256,
            (true, 24) => LoadFileHash::Sha384,
            (true, _) => LoadFileHash::Sha512,
        }
    }

    /// Deciphers a data block and takes its padding off. Without an initial chaining value (D3) it is zero.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Undecipherable`] where the block is not whole cipher blocks, its padding is none, or the initial chaining value
    /// is not of the length of a cipher block.
    pub fn decipher(
        &self,
        icv: Option<&[u8]>,
        data_block: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AuthorityError> {
        let length = self.0.block_length();
        let whole = !data_block.is_empty() && data_block.len().is_multiple_of(length);
        if !whole || icv.is_some_and(|icv| icv.len() != length) {
            return Err(AuthorityError::Undecipherable);
        }
        let cipher = if self.0.is_aes() { BlockCipher::Aes } else { BlockCipher::Des };
        let algorithm = CipherAlgorithm::Block { cipher, mode: Mode::Cbc, padding: Padding::None };
        let mut engine = Cipher::new(algorithm);
        let key = Key::Block(self.0.clone());
        engine.init(key, Direction::Decrypt, icv.unwrap_or_default())?;
        let mut plain = engine.update(data_block)?;
        let end = plain.iter().rposition(|byte| *byte != 0);
        let end = end.filter(|end| plain.get(*end) == Some(&MARK) && plain.len() - end <= length);
        plain.truncate(end.ok_or(AuthorityError::Undecipherable)?);
        Ok(plain)
    }
}
