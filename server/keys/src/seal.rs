//! Sealing of keys at rest: AES-256-GCM under one key, from a file or a passphrase.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret as _, SecretString};
use store::secrets::SealedKeyStore;
use zeroize::Zeroizing;

use crate::{error::KeysError, random::Randomness};

/// Length of the sealing key, in bytes.
const KEY_LENGTH: usize = 32;
/// Length of the salt of a passphrase, in bytes.
const SALT_LENGTH: usize = 16;
/// Argon2id: memory in KiB, passes, lanes; 19 MiB and 2 passes are the minimum that OWASP advises.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Where the sealing key comes from.
pub enum Sealing {
    /// A file of 32 random bytes that only its owner may read; made at the first start.
    KeyFile(PathBuf),
    /// A passphrase, stretched with Argon2id.
    Passphrase(SecretString),
}

/// The key that seals all others.
pub struct SealingKey(LessSafeKey);

/// First byte of the sealing parameters: how the key is found.
const BY_KEY_FILE: u8 = 1;
const BY_PASSPHRASE: u8 = 2;
/// What is sealed to recognise the right key by.
const PROBE: &[u8] = b"cardinal";

impl SealingKey {
    /// Finds or makes the sealing key, and makes sure that it is the one that opens what is in the store.
    ///
    /// # Errors
    /// The key file is missing, exposed or malformed; [`KeysError::WrongSealingKey`]; [`KeysError::SealedOtherwise`]; the
    /// store is at fault.
    pub async fn open(
        store: &impl SealedKeyStore,
        sealing: &Sealing,
        random: &impl Randomness,
    ) -> Result<Self, KeysError> {
        if let Some(parameters) = store.sealing_parameters().await? {
            return Self::recall(&parameters, sealing);
        }
        let (key, parameters) = Self::make(sealing, random)?;
        store.put_sealing_parameters(&parameters).await?;
        Ok(key)
    }

    fn make(sealing: &Sealing, random: &impl Randomness) -> Result<(Self, Vec<u8>), KeysError> {
        let mut salt = [0; SALT_LENGTH];
        random.fill(&mut salt)?;
        let (how, key) = match sealing {
            Sealing::KeyFile(path) if path.exists() => (BY_KEY_FILE, read_key_file(path)?),
            Sealing::KeyFile(path) => (BY_KEY_FILE, make_key_file(path, random)?),
            Sealing::Passphrase(passphrase) => (BY_PASSPHRASE, stretch(passphrase, &salt)?),
        };
        let key = Self::new(&key)?;
        let mut parameters = vec![how];
        parameters.extend_from_slice(&salt);
        parameters.extend(key.seal("probe", PROBE, random)?);
        Ok((key, parameters))
    }

    fn recall(parameters: &[u8], sealing: &Sealing) -> Result<Self, KeysError> {
        let damaged = || KeysError::Damaged("parameters".into());
        let (how, rest) = parameters.split_first().ok_or_else(damaged)?;
        let (salt, probe) = rest.split_first_chunk::<SALT_LENGTH>().ok_or_else(damaged)?;
        let key = match (*how, sealing) {
            (BY_KEY_FILE, Sealing::KeyFile(path)) if !path.exists() => {
                return Err(KeysError::KeyFileMissing(path.clone()));
            }
            (BY_KEY_FILE, Sealing::KeyFile(path)) => read_key_file(path)?,
            (BY_PASSPHRASE, Sealing::Passphrase(passphrase)) => stretch(passphrase, salt)?,
            (BY_KEY_FILE, _) => return Err(KeysError::SealedOtherwise("key file")),
            (BY_PASSPHRASE, _) => return Err(KeysError::SealedOtherwise("passphrase")),
            _ => return Err(damaged()),
        };
        let key = Self::new(&key)?;
        key.open_sealed("probe", probe).map_err(|_| KeysError::WrongSealingKey)?;
        Ok(key)
    }

    fn new(key: &[u8]) -> Result<Self, KeysError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| KeysError::Making)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals bytes that belong to `label`: nonce, ciphertext, tag.
    pub(crate) fn seal(
        &self,
        label: &str,
        plain: &[u8],
        random: &impl Randomness,
    ) -> Result<Vec<u8>, KeysError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce)?;
        let mut body = Zeroizing::new(plain.to_vec());
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label.as_bytes()),
                &mut *body,
            )
            .map_err(|_| KeysError::Making)?;
        Ok([&nonce, body.as_slice()].concat())
    }

    /// Opens what was sealed for `label`.
    pub(crate) fn open_sealed(
        &self,
        label: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let damaged = || KeysError::Damaged(label.to_owned());
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self
            .0
            .open_in_place(nonce, Aad::from(label.as_bytes()), &mut plain)
            .map_err(|_| damaged())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

fn stretch(
    passphrase: &SecretString,
    salt: &[u8; SALT_LENGTH],
) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let mut key = Zeroizing::new(vec![0; KEY_LENGTH]);
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(KEY_LENGTH));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(|_| KeysError::Making)?)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut key)
        .map_err(|_| KeysError::Making)?;
    Ok(key)
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> KeysError + '_ {
    move |source| KeysError::KeyFileIo { path: path.to_owned(), source }
}

fn read_key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let file = File::open(path).map_err(io_error(path))?;
    let mode = file.metadata().map_err(io_error(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeysError::KeyFileExposed(path.to_owned()));
    }
    let mut key = Zeroizing::new(Vec::with_capacity(KEY_LENGTH + 1));
    let limit = u64::try_from(KEY_LENGTH + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut key).map_err(io_error(path))?;
    if key.len() != KEY_LENGTH {
        return Err(KeysError::KeyFileMalformed(path.to_owned()));
    }
    Ok(key)
}

/// On the disk, with its folder entry, before the first key is sealed with it.
fn make_key_file(path: &Path, random: &impl Randomness) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let mut key = Zeroizing::new(vec![0; KEY_LENGTH]);
    random.fill(&mut key)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io_error(path))?;
    file.write_all(&key).and_then(|()| file.sync_all()).map_err(io_error(path))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(io_error(path))?;
    Ok(key)
}
