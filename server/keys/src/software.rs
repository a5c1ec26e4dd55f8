//! Keys in software: in memory while the server runs, sealed in the database.

mod material;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    thread,
};

use globalplatform::{Diversification, Key, KeySet};
use store::{
    StoreError,
    clock::{Clock, SystemClock},
    page::Page,
    secrets::{SealedKey, SealedKeyStore},
};
use zeroize::Zeroizing;

use crate::{
    KeyDescription, KeyProvider,
    error::KeysError,
    kind::KeyKind,
    random::{Randomness, SystemRandomness},
    rsa::{self, RsaPadding},
    seal::{Sealing, SealingKey},
};
use material::Material;

struct Held {
    description: KeyDescription,
    material: Material,
}

/// Keys in software.
pub struct SoftwareKeys<S, R = SystemRandomness> {
    store: S,
    sealing: SealingKey,
    random: R,
    // Invariant: every key in it is in the store.
    held: RwLock<BTreeMap<String, Arc<Held>>>,
}

impl<S: SealedKeyStore> SoftwareKeys<S> {
    /// Opens the keys in `store`.
    ///
    /// # Errors
    /// See [`SealingKey::open`]; [`KeysError::Damaged`] for a key that does not open.
    pub async fn open(store: S, sealing: &Sealing) -> Result<Self, KeysError> {
        SoftwareKeys::open_with(store, sealing, SystemRandomness).await
    }
}

impl<S: SealedKeyStore, R: Randomness> SoftwareKeys<S, R> {
    /// Opens the keys in `store`; nonces, salts and master keys come from `random`.
    ///
    /// # Errors
    /// See [`SealingKey::open`]; [`KeysError::Damaged`] for a key that does not open.
    pub async fn open_with(store: S, sealing: &Sealing, random: R) -> Result<Self, KeysError> {
        let sealing = SealingKey::open(&store, sealing, &random).await?;
        let mut held = BTreeMap::new();
        for sealed in all_keys(&store).await? {
            let key = unseal(&sealing, &sealed)?;
            held.insert(sealed.name, Arc::new(key));
        }
        Ok(Self { store, sealing, random, held: RwLock::new(held) })
    }

    /// Adds a master key that was made elsewhere, e.g. one that cards were personalised with before.
    ///
    /// # Errors
    /// [`KeysError::WrongKind`] unless `kind` is a master key of the length of `key`; the name is taken, or the store at
    /// fault.
    pub async fn import_master_key(
        &self,
        name: &str,
        kind: KeyKind,
        key: &Zeroizing<Vec<u8>>,
    ) -> Result<(), KeysError> {
        let wrong = || KeysError::WrongKind { name: name.to_owned(), kind };
        let algorithm = kind.master_algorithm().ok_or_else(wrong)?;
        let key = Key::new(algorithm, key).map_err(|_| wrong())?;
        self.keep(name, kind, Material::Master(key)).await
    }

    async fn keep(&self, name: &str, kind: KeyKind, material: Material) -> Result<(), KeysError> {
        let description =
            KeyDescription { name: name.to_owned(), kind, visible: material.visible()? };
        let sealed = self.sealing.seal(&label(name, kind), &material.to_bytes()?, &self.random)?;
        self.store
            .put_sealed_key(&SealedKey {
                name: name.to_owned(),
                kind: kind.name().to_owned(),
                visible: description.visible.clone(),
                sealed,
                created: SystemClock.now(),
            })
            .await?;
        let held = Arc::new(Held { description, material });
        self.held.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), held);
        Ok(())
    }

    fn held(&self, name: &str) -> Result<Arc<Held>, KeysError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.get(name).cloned().ok_or_else(|| KeysError::NoSuchKey(name.to_owned()))
    }

    /// Those of the wanted keys that are not there.
    fn missing<'w>(
        &self,
        wanted: &[(&'w str, KeyKind)],
    ) -> Result<Vec<(&'w str, KeyKind)>, KeysError> {
        let mut missing = Vec::new();
        for (name, kind) in wanted {
            match self.held(name) {
                Ok(held) if held.description.kind == *kind => {}
                Ok(held) => return Err(wrong_kind(&held)),
                Err(_) => missing.push((*name, *kind)),
            }
        }
        Ok(missing)
    }
}

/// What a sealed key is bound to, so that records cannot be swapped.
fn label(name: &str, kind: KeyKind) -> String {
    format!("{kind} {name}")
}

fn unseal(sealing: &SealingKey, sealed: &SealedKey) -> Result<Held, KeysError> {
    let damaged = || KeysError::Damaged(sealed.name.clone());
    let kind = KeyKind::from_name(&sealed.kind).ok_or_else(damaged)?;
    let bytes = sealing.open_sealed(&label(&sealed.name, kind), &sealed.sealed)?;
    let material = Material::from_bytes(kind, &bytes).map_err(|_| damaged())?;
    if material.visible()? != sealed.visible {
        return Err(damaged());
    }
    let visible = sealed.visible.clone();
    Ok(Held { description: KeyDescription { name: sealed.name.clone(), kind, visible }, material })
}

async fn all_keys(store: &impl SealedKeyStore) -> Result<Vec<SealedKey>, StoreError> {
    let mut keys: Vec<SealedKey> = Vec::new();
    loop {
        let start = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let page = store.sealed_keys(Page::new(start, store::page::PAGE_MAX)).await?;
        if page.entries.is_empty() {
            return Ok(keys);
        }
        keys.extend(page.entries);
    }
}

fn wrong_kind(held: &Held) -> KeysError {
    KeysError::WrongKind { name: held.description.name.clone(), kind: held.description.kind }
}

/// Makes keys at the same time, a thread each: the first start makes half a dozen RSA keys.
fn make_all(
    missing: &[(&str, KeyKind)],
    random: &impl Randomness,
) -> Result<Vec<Material>, KeysError> {
    thread::scope(|scope| {
        let makers: Vec<_> = missing
            .iter()
            .map(|(_, kind)| scope.spawn(move || Material::make(*kind, random)))
            .collect();
        makers.into_iter().map(|maker| maker.join().unwrap_or(Err(KeysError::Making))).collect()
    })
}

impl<S: SealedKeyStore, R: Randomness> KeyProvider for SoftwareKeys<S, R> {
    async fn ensure_keys(&self, wanted: &[(&str, KeyKind)]) -> Result<(), KeysError> {
        let missing = self.missing(wanted)?;
        let made = make_all(&missing, &self.random)?;
        for ((name, kind), material) in missing.into_iter().zip(made) {
            self.keep(name, kind, material).await?;
        }
        Ok(())
    }

    fn descriptions(&self) -> Vec<KeyDescription> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.values().map(|held| held.description.clone()).collect()
    }

    fn description(&self, name: &str) -> Result<KeyDescription, KeysError> {
        Ok(self.held(name)?.description.clone())
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<Vec<u8>, KeysError> {
        let held = self.held(name)?;
        held.material.sign(message).unwrap_or_else(|| Err(wrong_kind(&held)))
    }

    fn unwrap_key(
        &self,
        name: &str,
        padding: RsaPadding,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let held = self.held(name)?;
        match &held.material {
            Material::Unwrapping(key) => rsa::unwrap(key, padding, wrapped),
            _ => Err(wrong_kind(&held)),
        }
    }

    fn diversify(
        &self,
        name: &str,
        scheme: Diversification,
        data: &[u8; 10],
    ) -> Result<KeySet, KeysError> {
        let held = self.held(name)?;
        if scheme == Diversification::None {
            return Err(KeysError::DiversificationMissing);
        }
        match &held.material {
            Material::Master(key) => scheme.derive(key, data).map_err(KeysError::Diversification),
            _ => Err(wrong_kind(&held)),
        }
    }

    fn tls_private_key(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let held = self.held(name)?;
        match &held.material {
            Material::Tls(key) => Ok(key.to_bytes()),
            _ => Err(wrong_kind(&held)),
        }
    }
}
