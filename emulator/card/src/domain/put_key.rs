//! PUT KEY [GPCS 2.3.1 §11.8, AmdD 1.1.1 §7.2].

use globalplatform::key::{Key, KeyAlgorithm};
use iso7816::{Command, Response, StatusWord};
use zeroize::Zeroizing;

use super::fields::Fields;
use crate::{
    card::Card,
    secure_channel::Session,
    state::{KeySetRecord, StoredKey, key_set_versions},
};

/// P2: several keys follow, with identifiers that count up.
const SEVERAL_KEYS: u8 = 0x80;
/// Version of keys that the first PUT KEY replaces.
const INITIAL_VERSION: u8 = 0xFF;
/// Most key sets on a card.
const KEY_SETS_MAX: usize = 32;
/// Most components of a public key.
const COMPONENTS_MAX: usize = 8;

/// What a key field brings: the key, and the check value to answer.
struct NewKey {
    key: StoredKey,
    check_value: Vec<u8>,
}

impl Card {
    /// Adds keys or replaces them, all or none [GPCS 2.3.1 §11.8.1].
    pub(super) fn put_key(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let (old_version, p2) = (command.header.p1, command.header.p2);
        let session = &self.channel(channel)?.session;
        let mut fields = Fields::new(&command.data);
        let version = fields.byte()?;
        if !matches!(version, 1..=0x7F) {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut id = p2 & !SEVERAL_KEYS;
        let mut keys = Vec::new();
        while !fields.is_empty() {
            if id > 0x7F || !keys.is_empty() && p2 & SEVERAL_KEYS == 0 {
                return Err(StatusWord::WRONG_DATA);
            }
            keys.push(key_field(&mut fields, id, session)?);
            id += 1;
        }
        if keys.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut answer = vec![version];
        answer.extend(keys.iter().flat_map(|new| &new.check_value));
        let keys = keys.into_iter().map(|new| new.key).collect();
        if old_version == 0 {
            self.add_keys(version, keys)?;
        } else {
            self.replace_keys(old_version, version, keys)?;
        }
        Ok(Response::ok(answer))
    }

    /// New keys: none of them may be there. A complete set takes the place of the initial one.
    fn add_keys(&mut self, version: u8, keys: Vec<StoredKey>) -> Result<(), StatusWord> {
        if key_set_versions(&self.log).len() >= KEY_SETS_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        let mut set = match KeySetRecord::load(&self.log, version) {
            Some(set) => set,
            None => KeySetRecord::new(version, self.protocol_for(&keys)?),
        };
        if keys.iter().any(|key| set.key(key.id).is_some()) {
            return Err(StatusWord::WRONG_DATA);
        }
        for key in keys {
            set.put(key);
        }
        let complete = set.channel_keys().is_some();
        self.save_changed(&set)?;
        if let Some(mut initial) =
            KeySetRecord::load(&self.log, INITIAL_VERSION).filter(|_| complete)
        {
            initial.clear();
            initial.save(&mut self.log)?;
        }
        Ok(())
    }

    /// Keys in the place of others of the same type and length, under the same version or a new one [GPCS 2.3.1 §11.8.2.3.3].
    fn replace_keys(
        &mut self,
        old_version: u8,
        version: u8,
        keys: Vec<StoredKey>,
    ) -> Result<(), StatusWord> {
        let old = KeySetRecord::load(&self.log, old_version);
        let mut old = old.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        for key in &keys {
            let before = old.key(key.id).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            if before.shape() != key.shape() {
                return Err(StatusWord::WRONG_DATA);
            }
        }
        if old_version == version {
            for key in keys {
                old.put(key);
            }
            return self.save_changed(&old);
        }
        let mut set = match KeySetRecord::load(&self.log, version) {
            Some(set) => set,
            None => {
                KeySetRecord::new(version, old.protocol().ok_or(StatusWord::CONDITIONS_OF_USE)?)
            }
        };
        for key in keys {
            if set.key(key.id).is_some() {
                return Err(StatusWord::WRONG_DATA);
            }
            old.remove(key.id);
            set.put(key);
        }
        self.save_changed(&set)?;
        self.save_changed(&old)
    }

    /// A changed set counts its sessions from 0 again [GPCS 2.3.1 §E.1.2.1].
    fn save_changed(&mut self, set: &KeySetRecord) -> Result<(), StatusWord> {
        set.save(&mut self.log)?;
        KeySetRecord::reset_counter(&mut self.log, set.version)
    }

    /// What a new set speaks: SCP03 with AES keys, the card's other protocol with any other.
    fn protocol_for(
        &self,
        keys: &[StoredKey],
    ) -> Result<globalplatform::scp::Protocol, StatusWord> {
        let aes = keys.iter().filter_map(StoredKey::key).any(|key| key.algorithm().is_aes());
        self.personality.protocol_of(aes).map_err(|_| StatusWord::WRONG_DATA)
    }
}

/// One key field: components, then the check value [GPCS 2.3.1 §11.8.2.3].
fn key_field(fields: &mut Fields<'_>, id: u8, session: &Session) -> Result<NewKey, StatusWord> {
    match fields.byte()? {
        // 81 is what older hosts call a DES key.
        0x80..=0x82 => symmetric(fields, id, KeyAlgorithm::Des3, session),
        0x88 => symmetric(fields, id, KeyAlgorithm::Aes128, session),
        kind @ (0xA0 | 0xA1 | 0xB0) => public(fields, id, kind),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

fn symmetric(
    fields: &mut Fields<'_>,
    id: u8,
    algorithm: KeyAlgorithm,
    session: &Session,
) -> Result<NewKey, StatusWord> {
    let block = fields.long()?;
    let plain = decrypt(block, session)?;
    let key = if algorithm.is_aes() { Key::aes(&plain) } else { Key::new(algorithm, &plain) };
    let key = key.map_err(|_| StatusWord::WRONG_DATA)?;
    let check_value = fields.short()?;
    key.verify_check_value(check_value).map_err(|_| StatusWord::SECURITY_STATUS)?;
    Ok(NewKey { key: StoredKey::symmetric(id, &key), check_value: key.check_value().to_vec() })
}

/// A block of whole cipher blocks is the key; otherwise the key's length comes first, in clear [GPCS 2.3.1 §11.8.2.3.2].
fn decrypt(block: &[u8], session: &Session) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
    let cipher_block = match session {
        Session::Open(channel) if channel.protocol().id() == 3 => 16,
        _ => 8,
    };
    if block.len().is_multiple_of(cipher_block) {
        return session.decrypt(block);
    }
    let (length, ciphertext) = block.split_first().ok_or(StatusWord::WRONG_DATA)?;
    let mut plain = session.decrypt(ciphertext)?;
    let length = usize::from(*length);
    if length > plain.len() || plain.len() - length >= cipher_block {
        return Err(StatusWord::WRONG_DATA);
    }
    plain.truncate(length);
    Ok(plain)
}

/// Components in clear, each with its type; then an empty check value.
fn public(fields: &mut Fields<'_>, id: u8, first: u8) -> Result<NewKey, StatusWord> {
    let mut components = vec![(first, fields.long()?.to_vec())];
    loop {
        match fields.byte()? {
            0 => break,
            kind @ (0xA0 | 0xA1 | 0xB0 | 0xF0) if components.len() < COMPONENTS_MAX => {
                components.push((kind, fields.long()?.to_vec()));
            }
            _ => return Err(StatusWord::WRONG_DATA),
        }
    }
    Ok(NewKey { key: StoredKey::public(id, components), check_value: Vec::new() })
}
