//! From a master key and a card's unique data to the card's static keys.
//!
//! Ten bytes of INITIALIZE UPDATE's answer, the key diversification data, or the CUID in their place, are the input. Which scheme
//! a card was personalised with is a matter of configuration; the card does not tell.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::key::{Key, KeyAlgorithm, KeyError, KeySet};

/// Length of the key diversification data, in bytes [GPCS 2.3.1 §E.5.1.6].
pub const DIVERSIFICATION_DATA_LENGTH: usize = 10;

/// A diversification scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Diversification {
    /// The card has the master key itself, three times.
    None,
    /// EMV CPS 1.1: triple DES over bytes 4 to 9.
    Emv,
    /// VISA 2: triple DES over bytes 0, 1 and 4 to 7.
    Visa2,
    /// GlobalPlatformPro's KDF3: AES-CMAC in counter mode, no length field.
    Kdf3,
    /// Dogtag's NIST SP 800-108 mode: HMAC-SHA-256 in counter mode; DES keys with odd parity.
    DogtagNist,
    /// Dogtag's AES-CMAC mode (`gpkmc`): counter mode with a length field.
    DogtagCmac,
}

/// Key identifiers, and the numbers that the schemes put into their input for each: ENC, MAC, DEK.
const KEY_NUMBERS: [u8; 3] = [1, 2, 3];

impl Diversification {
    /// The names that configuration files use.
    pub const NAMES: [(&str, Self); 6] = [
        ("none", Self::None),
        ("emv", Self::Emv),
        ("visa2", Self::Visa2),
        ("kdf3", Self::Kdf3),
        ("nist", Self::DogtagNist),
        ("gpkmc", Self::DogtagCmac),
    ];

    /// The scheme of this name: `none`, `emv`, `visa2`, `kdf3`, `nist` or `gpkmc`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, scheme)| *scheme)
    }

    /// Derives the static keys of one card.
    ///
    /// [`Emv`](Self::Emv) and [`Visa2`](Self::Visa2) give keys without adjusted parity: use [`KeySet::with_odd_parity`] where
    /// DES keys shall leave with parity, [`KeySet::into_aes`] where they are for SCP03. [`DogtagNist`](Self::DogtagNist) sets
    /// parity itself.
    ///
    /// # Errors
    /// `WrongAlgorithm` when the scheme does not work with the master key's algorithm.
    pub fn derive(
        self,
        master: &Key,
        data: &[u8; DIVERSIFICATION_DATA_LENGTH],
    ) -> Result<KeySet, KeyError> {
        let &[k0, k1, _, _, k4, k5, k6, k7, k8, k9] = data;
        match self {
            Self::None => Ok(KeySet::same(master)),
            Self::Emv => each(|t| des_block(master, [k4, k5, k6, k7, k8, k9], t)),
            Self::Visa2 => each(|t| des_block(master, [k0, k1, k4, k5, k6, k7], t)),
            Self::Kdf3 => each(|t| cmac_counter(master, &[&[0, 0, 0, t, 0], data])),
            Self::DogtagCmac => {
                let context = [0, 0, k6, k7, k8, k9, k4, k5];
                let bits = key_bits(master)?;
                each(|t| cmac_counter(master, &[&[0, 0, 0, t, 0], &context, &bits]))
            }
            Self::DogtagNist => nist_hmac(master, data),
        }
    }
}

fn each(derive: impl Fn(u8) -> Result<Key, KeyError>) -> Result<KeySet, KeyError> {
    let [enc, mac, dek] = KEY_NUMBERS;
    Ok(KeySet::new(derive(enc)?, derive(mac)?, derive(dek)?))
}

fn des_block(master: &Key, data: [u8; 6], t: u8) -> Result<Key, KeyError> {
    if master.algorithm() != KeyAlgorithm::Des3 {
        return Err(KeyError::WrongAlgorithm(master.algorithm()));
    }
    let block = [&data[..], &[0xF0, t], &data, &[0x0F, t]].concat();
    let key = Zeroizing::new(master.encrypt_ecb(&block)?);
    Key::new(KeyAlgorithm::Des3, &key)
}

fn key_bits(master: &Key) -> Result<[u8; 2], KeyError> {
    let length = master.bytes().len();
    let bits = u16::try_from(length * 8).map_err(|_| KeyError::WrongLength { length })?;
    Ok(bits.to_be_bytes())
}

/// CMACs over a one-byte counter and `parts`, cut to the master key's size.
fn cmac_counter(master: &Key, parts: &[&[u8]]) -> Result<Key, KeyError> {
    let mut key = Zeroizing::new(Vec::with_capacity(32));
    for counter in 1..=2_u8 {
        let counter = [counter];
        let mut input: Vec<&[u8]> = vec![&counter];
        input.extend_from_slice(parts);
        key.extend_from_slice(&*Zeroizing::new(master.cmac(&input)?));
    }
    key.truncate(master.bytes().len());
    Key::new(master.algorithm(), &key)
}

/// [SP 800-108 §4.1] with a one-byte counter, label 04 and a length of 384 bits; three DES keys of 16 bytes.
fn nist_hmac(
    master: &Key,
    context: &[u8; DIVERSIFICATION_DATA_LENGTH],
) -> Result<KeySet, KeyError> {
    let mut output = Zeroizing::new(Vec::with_capacity(64));
    for counter in 1..=2_u8 {
        let mut mac = Hmac::<Sha256>::new_from_slice(master.bytes())
            .map_err(|_| KeyError::WrongAlgorithm(master.algorithm()))?;
        mac.update(&[counter, 0x04, 0x00]);
        mac.update(context);
        mac.update(&[0x01, 0x80]);
        output.extend_from_slice(&mac.finalize().into_bytes());
    }
    let mut keys = output.chunks_exact(16).map(|key| Key::new(KeyAlgorithm::Des3, key));
    let mut next = || keys.next().unwrap_or(Err(KeyError::WrongLength { length: 0 }));
    Ok(KeySet::new(next()?, next()?, next()?).with_odd_parity())
}
