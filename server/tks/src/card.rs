//! The static keys of one card, for the length of one request.

use globalplatform::{
    Diversification, InitializeUpdateAnswer, Key, KeySet, Protocol, SessionKeys,
    scp::DerivationConstant,
};
use keys::KeyProvider;
use token_management::subsystem::tks::CardKeys;

use crate::{
    config::{CardData, KeySetConfig, TksConfig},
    error::TksError,
};

/// The keys of `card` with version `version`, as the protocol uses them.
pub(crate) fn static_keys(
    config: &TksConfig,
    provider: &impl KeyProvider,
    card: &CardKeys,
    (version, protocol): (u8, Protocol),
) -> Result<KeySet, TksError> {
    let key_set = config
        .key_sets
        .get(&card.key_set)
        .ok_or_else(|| TksError::UnknownKeySet(card.key_set.clone()))?;
    let scp03 = matches!(protocol, Protocol::Scp03 { .. });
    let keys = derived(key_set, provider, card, (version, scp03))?;
    Ok(if scp03 { keys.into_aes() } else { keys })
}

fn derived(
    key_set: &KeySetConfig,
    provider: &impl KeyProvider,
    card: &CardKeys,
    (version, scp03): (u8, bool),
) -> Result<KeySet, TksError> {
    let data = match key_set.card_data {
        CardData::Kdd => &card.kdd,
        CardData::Cuid => &card.cuid,
    };
    if let Some(master) = key_set.masters.get(&version) {
        return Ok(provider.diversify(&master.name, master.scheme, data)?);
    }
    match &key_set.developer {
        Some(developer) if developer.versions.contains(&version) => {
            let scheme = if scp03 { developer.scp03_scheme } else { developer.des_scheme };
            each_derived(&developer.keys, scheme, data)
        }
        _ => Err(TksError::UnknownKeyVersion { key_set: card.key_set.clone(), version }),
    }
}

/// Each of the three keys from its own source, as Dogtag does with `auth_key`, `mac_key` and `kek_key`.
fn each_derived(
    keys: &KeySet,
    scheme: Diversification,
    data: &[u8; 10],
) -> Result<KeySet, TksError> {
    if scheme == Diversification::None {
        return Ok(keys.clone());
    }
    Ok(KeySet::new(
        scheme.derive(&keys.enc, data)?.enc,
        scheme.derive(&keys.mac, data)?.mac,
        scheme.derive(&keys.dek, data)?.dek,
    ))
}

/// The card's answer, if it is about this card and key version.
pub(crate) fn answer(
    card: &CardKeys,
    initialize_update: &[u8],
    option: u8,
) -> Result<InitializeUpdateAnswer, TksError> {
    let answer = InitializeUpdateAnswer::parse(initialize_update, option)?;
    if answer.kdd != card.kdd || answer.key_version != card.key_version {
        return Err(TksError::OtherCard);
    }
    Ok(answer)
}

/// The key under which the card takes sensitive data in this session: static, under SCP02 of the session.
pub(crate) fn data_key(keys: &KeySet, answer: &InitializeUpdateAnswer) -> Result<Key, TksError> {
    if !matches!(answer.protocol, Protocol::Scp02 { .. }) {
        return Ok(keys.dek.clone());
    }
    let base = if answer.protocol.base_key() { &keys.enc } else { &keys.dek };
    let [.., high, low] = answer.sequence_counter.unwrap_or_default().to_be_bytes();
    Ok(SessionKeys::scp02_key(base, DerivationConstant::DataEncryption, [high, low])?)
}
