//! Session keys, authentication cryptograms and card challenges of the three protocols.

use zeroize::Zeroizing;

use super::{
    answer::InitializeUpdateAnswer, cryptogram::Cryptogram, error::ScpError, protocol::Protocol,
};
use crate::key::{DES_BLOCK, Key, KeyAlgorithm, KeyError, KeySet};

/// The constants that SCP02 derives its session keys with [GPCS 2.3.1 §E.4.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DerivationConstant {
    /// 0101: C-MAC session key, from the MAC key.
    CommandMac,
    /// 0102: R-MAC session key, from the MAC key.
    ResponseMac,
    /// 0181: data encryption session key, from the DEK.
    DataEncryption,
    /// 0182: encryption session key, from the ENC key.
    Encryption,
}

impl DerivationConstant {
    /// The two bytes of the constant.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        match self {
            Self::CommandMac => [0x01, 0x01],
            Self::ResponseMac => [0x01, 0x02],
            Self::DataEncryption => [0x01, 0x81],
            Self::Encryption => [0x01, 0x82],
        }
    }

    /// The constant that these two bytes name.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 2]) -> Option<Self> {
        match bytes {
            [0x01, 0x01] => Some(Self::CommandMac),
            [0x01, 0x02] => Some(Self::ResponseMac),
            [0x01, 0x81] => Some(Self::DataEncryption),
            [0x01, 0x82] => Some(Self::Encryption),
            _ => None,
        }
    }
}

/// Derivation constants of SCP03 [AmdD 1.1.1 §4.1.5 Table 4-1].
mod constant {
    pub(super) const CARD_CRYPTOGRAM: u8 = 0x00;
    pub(super) const HOST_CRYPTOGRAM: u8 = 0x01;
    pub(super) const CARD_CHALLENGE: u8 = 0x02;
    pub(super) const S_ENC: u8 = 0x04;
    pub(super) const S_MAC: u8 = 0x06;
    pub(super) const S_RMAC: u8 = 0x07;
}

/// The keys of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeys {
    /// S-ENC: command and response encryption; under SCP01 and SCP02 also the cryptograms.
    pub enc: Key,
    /// S-MAC, the C-MAC session key; under SCP03 also the cryptograms.
    pub mac: Key,
    /// S-RMAC, the R-MAC session key; SCP01 has none.
    pub rmac: Option<Key>,
    /// The key for sensitive data: static under SCP01 and SCP03, of the session under SCP02. A host that got its session keys from a
    /// key service has none.
    pub dek: Option<Key>,
    /// Sensitive data go under a DES key in CBC mode: implicit initiation.
    chains_sensitive: bool,
}

impl SessionKeys {
    /// Session keys that were derived elsewhere, e.g. by a token key service.
    #[must_use]
    pub const fn from_parts(enc: Key, mac: Key, rmac: Option<Key>, dek: Option<Key>) -> Self {
        Self { enc, mac, rmac, dek, chains_sensitive: false }
    }

    /// Derives the session keys from the static ones [GPCS 2.3.1 §D.3.1, §E.4.1, AmdD 1.1.1 §6.2.1].
    ///
    /// # Errors
    /// `WrongLength` for a host challenge of the wrong length, `Key` for keys of the wrong algorithm.
    pub fn derive(
        keys: &KeySet,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<Self, ScpError> {
        check_challenges(answer, host_challenge)?;
        let algorithm = keys.enc.algorithm();
        if !answer.protocol.accepts(algorithm) {
            return Err(KeyError::WrongAlgorithm(algorithm).into());
        }
        match answer.protocol {
            Protocol::Scp01 { .. } => Self::derive_scp01(keys, answer, host_challenge),
            Protocol::Scp02 { .. } => {
                let base = answer.protocol.base_key();
                Self::derive_scp02(keys, base, answer.counter_bytes())
            }
            Protocol::Scp03 { .. } => Self::derive_scp03(keys, answer, host_challenge),
        }
    }

    /// Derives the session keys of SCP02 with implicit initiation [GPCS 2.3.1 §E.4.1]. `counter` is the sequence counter as GET DATA
    /// shows it; the first C-MAC counts it up, so the keys for responses and sensitive data are of the next one.
    ///
    /// # Errors
    /// `UnsupportedProtocol` where initiation is explicit, `SequenceCounterExhausted` at the largest counter, `Key` for keys of the
    /// wrong algorithm.
    pub fn derive_implicit(
        keys: &KeySet,
        protocol: Protocol,
        counter: u32,
    ) -> Result<Self, ScpError> {
        protocol.check_implicit()?;
        let counter = u16::try_from(counter).map_err(|_| ScpError::SequenceCounterExhausted)?;
        let next = counter.checked_add(1).ok_or(ScpError::SequenceCounterExhausted)?;
        let base = protocol.base_key();
        let now = Self::derive_scp02(keys, base, counter.to_be_bytes())?;
        let later = Self::derive_scp02(keys, base, next.to_be_bytes())?;
        Ok(Self { rmac: later.rmac, dek: later.dek, chains_sensitive: true, ..now })
    }

    fn derive_scp01(
        keys: &KeySet,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<Self, ScpError> {
        let enc = scp01_session_key(&keys.enc, host_challenge, &answer.card_challenge)?;
        let mac = scp01_session_key(&keys.mac, host_challenge, &answer.card_challenge)?;
        Ok(Self::from_parts(enc, mac, None, Some(keys.dek.clone())))
    }

    fn derive_scp02(keys: &KeySet, base_key: bool, counter: [u8; 2]) -> Result<Self, ScpError> {
        let (mac, dek) = if base_key { (&keys.enc, &keys.enc) } else { (&keys.mac, &keys.dek) };
        let derive = |key, constant| Self::scp02_key(key, constant, counter);
        Ok(Self::from_parts(
            derive(&keys.enc, DerivationConstant::Encryption)?,
            derive(mac, DerivationConstant::CommandMac)?,
            Some(derive(mac, DerivationConstant::ResponseMac)?),
            Some(derive(dek, DerivationConstant::DataEncryption)?),
        ))
    }

    fn derive_scp03(
        keys: &KeySet,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<Self, ScpError> {
        let context = [host_challenge, &answer.card_challenge].concat();
        let derive = |key: &Key, constant| -> Result<Key, KeyError> {
            Key::aes(&key.derive(constant, &context, key.bytes().len())?)
        };
        Ok(Self::from_parts(
            derive(&keys.enc, constant::S_ENC)?,
            derive(&keys.mac, constant::S_MAC)?,
            Some(derive(&keys.mac, constant::S_RMAC)?),
            Some(keys.dek.clone()),
        ))
    }

    /// One session key of SCP02 from the static key it is derived from [GPCS 2.3.1 §E.4.1].
    ///
    /// # Errors
    /// `WrongAlgorithm` for AES keys.
    pub fn scp02_key(
        key: &Key,
        constant: DerivationConstant,
        counter: [u8; 2],
    ) -> Result<Key, KeyError> {
        if key.algorithm() != KeyAlgorithm::Des3 {
            return Err(KeyError::WrongAlgorithm(key.algorithm()));
        }
        let mut block = [0; 16];
        let input = constant.to_bytes().into_iter().chain(counter);
        block.iter_mut().zip(input).for_each(|(to, from)| *to = from);
        Key::new(KeyAlgorithm::Des3, &Zeroizing::new(key.encrypt_cbc(&[], &block)?))
    }

    /// The cryptogram by which the card proves that it has the keys [GPCS 2.3.1 §D.3.2, §E.4.2, AmdD 1.1.1 §6.2.2.2].
    ///
    /// # Errors
    /// `WrongLength` for a host challenge of the wrong length, `Key` for keys of the wrong algorithm.
    pub fn card_cryptogram(
        &self,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<Cryptogram, ScpError> {
        check_challenges(answer, host_challenge)?;
        let card = &answer.card_challenge;
        match answer.protocol {
            Protocol::Scp01 { .. } => self.mac_cryptogram(&[host_challenge, card]),
            Protocol::Scp02 { .. } => {
                self.mac_cryptogram(&[host_challenge, &answer.counter_bytes::<2>(), card])
            }
            Protocol::Scp03 { .. } => {
                self.derived_cryptogram(constant::CARD_CRYPTOGRAM, &[host_challenge, card])
            }
        }
    }

    /// The cryptogram by which the host proves that it has the keys [GPCS 2.3.1 §D.3.2, §E.4.2, AmdD 1.1.1 §6.2.2.3].
    ///
    /// # Errors
    /// `WrongLength` for a host challenge of the wrong length, `Key` for keys of the wrong algorithm.
    pub fn host_cryptogram(
        &self,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<Cryptogram, ScpError> {
        check_challenges(answer, host_challenge)?;
        let card = &answer.card_challenge;
        match answer.protocol {
            Protocol::Scp01 { .. } => self.mac_cryptogram(&[card, host_challenge]),
            Protocol::Scp02 { .. } => {
                self.mac_cryptogram(&[&answer.counter_bytes::<2>(), card, host_challenge])
            }
            Protocol::Scp03 { .. } => {
                self.derived_cryptogram(constant::HOST_CRYPTOGRAM, &[host_challenge, card])
            }
        }
    }

    /// Checks the card cryptogram in the answer.
    ///
    /// # Errors
    /// `CardCryptogramMismatch`, or as [`SessionKeys::card_cryptogram`].
    pub fn verify_card(
        &self,
        answer: &InitializeUpdateAnswer,
        host_challenge: &[u8],
    ) -> Result<(), ScpError> {
        if self.card_cryptogram(answer, host_challenge)? == answer.card_cryptogram {
            Ok(())
        } else {
            Err(ScpError::CardCryptogramMismatch)
        }
    }

    /// Encrypts sensitive data, e.g. a key, under the data encryption key: whole blocks, no padding; DES in ECB mode, or in CBC mode
    /// where initiation is implicit [GPCS 2.3.1 §D.3.4, §E.4.7, AmdD 1.1.1 §6.2.8].
    ///
    /// # Errors
    /// `MissingKey` without DEK, `Key` when the data are no whole number of blocks.
    pub fn encrypt_sensitive(&self, data: &[u8]) -> Result<Vec<u8>, ScpError> {
        let dek = self.dek()?;
        let chained = self.chains_sensitive;
        Ok(if chained { dek.encrypt_cbc(&[], data) } else { dek.encrypt_sensitive(data) }?)
    }

    /// Decrypts sensitive data; see [`SessionKeys::encrypt_sensitive`].
    ///
    /// # Errors
    /// `MissingKey` without DEK, `Key` when the data are no whole number of blocks.
    pub fn decrypt_sensitive(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, ScpError> {
        let dek = self.dek()?;
        let chained = self.chains_sensitive;
        Ok(if chained { dek.decrypt_cbc(&[], data) } else { dek.decrypt_sensitive(data) }?)
    }

    /// The data encryption key.
    ///
    /// # Errors
    /// `MissingKey` when the session keys came without it.
    pub fn dek(&self) -> Result<&Key, ScpError> {
        self.dek.as_ref().ok_or(ScpError::MissingKey("data encryption"))
    }

    fn mac_cryptogram(&self, parts: &[&[u8]]) -> Result<Cryptogram, ScpError> {
        Ok(self.enc.full_mac(&[0; DES_BLOCK], &parts.concat())?.into())
    }

    /// Cryptograms of SCP03 are as long as the challenges.
    fn derived_cryptogram(&self, constant: u8, parts: &[&[u8]]) -> Result<Cryptogram, ScpError> {
        let context = parts.concat();
        Cryptogram::new(&self.mac.derive(constant, &context, context.len() / 2)?)
    }
}

/// One session key of SCP01 from the static key [GPCS 2.3.1 §D.3.1].
///
/// # Errors
/// `WrongLength` unless both challenges have 8 bytes, `Key` for AES keys.
fn scp01_session_key(
    key: &Key,
    host_challenge: &[u8],
    card_challenge: &[u8],
) -> Result<Key, ScpError> {
    let halves = |challenge: &[u8]| -> Result<([u8; 4], [u8; 4]), ScpError> {
        let wrong = || ScpError::WrongLength { length: challenge.len() };
        let (left, rest) = challenge.split_first_chunk().ok_or_else(wrong)?;
        Ok((*left, rest.try_into().map_err(|_| wrong())?))
    };
    let (host_left, host_right) = halves(host_challenge)?;
    let (card_left, card_right) = halves(card_challenge)?;
    let block = [card_right, host_left, card_left, host_right].concat();
    Ok(Key::new(KeyAlgorithm::Des3, &Zeroizing::new(key.encrypt_ecb(&block)?))?)
}

/// The card challenge that a card with pseudo-random challenges gives for this sequence counter
/// [GPCS 2.3.1 §E.4.2.3, AmdD 1.1.1 §6.2.2.1].
///
/// `aid` is the AID of the application that runs the channel. SCP02 uses the C-MAC session key, SCP03 the static ENC key.
///
/// # Errors
/// `UnsupportedProtocol` for SCP01, `Key` for keys of the wrong algorithm.
pub fn pseudo_random_challenge(
    protocol: Protocol,
    keys: &KeySet,
    counter: u32,
    aid: &[u8],
) -> Result<Vec<u8>, ScpError> {
    let [_, high, middle, low] = counter.to_be_bytes();
    match protocol {
        Protocol::Scp01 { i } => Err(ScpError::UnsupportedProtocol { id: 1, i }),
        Protocol::Scp02 { .. } => {
            let key = if protocol.base_key() { &keys.enc } else { &keys.mac };
            let mac = SessionKeys::scp02_key(key, DerivationConstant::CommandMac, [middle, low])?;
            let mut challenge = mac.retail_mac(&[0; DES_BLOCK], aid)?.to_vec();
            challenge.truncate(protocol.card_challenge_length());
            Ok(challenge)
        }
        Protocol::Scp03 { .. } => {
            let context = [&[high, middle, low], aid].concat();
            let length = protocol.card_challenge_length();
            Ok(keys.enc.derive(constant::CARD_CHALLENGE, &context, length)?.to_vec())
        }
    }
}

fn check_challenges(
    answer: &InitializeUpdateAnswer,
    host_challenge: &[u8],
) -> Result<(), ScpError> {
    let protocol = answer.protocol;
    if host_challenge.len() != protocol.mac_length() {
        return Err(ScpError::WrongLength { length: host_challenge.len() });
    }
    if answer.card_challenge.len() != protocol.card_challenge_length() {
        return Err(ScpError::WrongLength { length: answer.card_challenge.len() });
    }
    Ok(())
}
