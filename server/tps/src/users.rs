//! Users: password hashes, and tries that are counted before the password is looked at.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{PasswordHasher, phc::PasswordHash},
};
use jiff::{SignedDuration, Timestamp};
use store::{
    StoreError,
    tps::{TokenStore, TryVerdict},
};
use subtle::ConstantTimeEq as _;
use token_management::subsystem::secret::Secret;

use crate::login::{PASSWORD_LENGTH_MAX, is_user_name};

/// Wrong passwords that cost nothing but the try.
const FREE_TRIES: u32 = 3;
/// Longest lock after wrong passwords, in seconds.
const LOCK_SECONDS_MAX: i64 = 15 * 60;
/// Capacity of the memory for one password, in blocks of 1 KiB. glibc maps what is larger than 32 MiB by itself and unmaps it
/// when it is freed; the 19 MiB that are used would stay with the heap of each thread. Pages that are not written cost nothing.
const MAPPED_BLOCKS: usize = 33 * 1024;
/// Largest exponent of two in the length of a lock.
const LOCK_EXPONENT_MAX: u32 = 10;

/// Why a login failed. Whether the user exists is not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// There is no such user, or the password is another.
    #[error("user name or password is wrong")]
    Rejected,
    /// Too many wrong passwords; later ones are not looked at.
    #[error("the user is locked after too many wrong passwords")]
    Locked,
    /// The store is at fault.
    #[error("store: {0}")]
    Store(String),
}

/// A password that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Empty or too long.
    #[error("a password has 1 to 256 bytes")]
    Length,
    /// It could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
}

/// The hash of a password as PHC string, salted [RFC 9106].
///
/// # Errors
/// [`PasswordError`].
pub fn hash_password(password: &Secret) -> Result<String, PasswordError> {
    if password.expose().is_empty() || password.expose().len() > PASSWORD_LENGTH_MAX {
        return Err(PasswordError::Length);
    }
    Argon2::default()
        .hash_password(password.expose())
        .map(|hash| hash.to_string())
        .map_err(|_| PasswordError::Hash)
}

/// Whether the password is the one that was hashed. Takes as long for a hash that cannot be read.
#[must_use]
pub fn verify_password(password: &Secret, hash: Option<&str>) -> bool {
    if let Some(hash) = hash.and_then(|hash| PasswordHash::new(hash).ok()) {
        return matches_hash(password, &hash).unwrap_or(false);
    }
    // The same work as for a user who exists, so that time does not tell.
    let _ = stretch(&Argon2::default(), password, &[0; 16], &mut [0; 32]);
    false
}

/// `None` for a hash that is not one of Argon2.
fn matches_hash(password: &Secret, hash: &PasswordHash) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(hash).ok()?);
    let mut found = vec![0; expected.as_bytes().len()];
    stretch(&argon2, password, salt, &mut found)?;
    Some(found.ct_eq(expected.as_bytes()).into())
}

/// Argon2 in memory that goes back to the system at once.
fn stretch(argon2: &Argon2<'_>, password: &Secret, salt: &[u8], out: &mut [u8]) -> Option<()> {
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(MAPPED_BLOCKS));
    memory.resize(blocks, Block::default());
    argon2.hash_password_into_with_memory(password.expose(), salt, out, &mut memory).ok()
}

/// How long a user is locked after so many wrong passwords: doubles with each.
#[must_use]
pub fn lock_after(failed_tries: u32) -> SignedDuration {
    let over = failed_tries.saturating_sub(FREE_TRIES).min(LOCK_EXPONENT_MAX);
    SignedDuration::from_secs((1_i64 << over).min(LOCK_SECONDS_MAX))
}

/// Checks a password against the store. The try is counted first, so that many at once cannot outrun the count.
///
/// # Errors
/// [`LoginError`].
pub async fn authenticate<S: TokenStore>(
    store: &S,
    user: &str,
    password: Secret,
    now: Timestamp,
) -> Result<(), LoginError> {
    if !is_user_name(user) || password.expose().len() > PASSWORD_LENGTH_MAX {
        return Err(LoginError::Rejected);
    }
    let known = store.user(user).await.map_err(store_fault)?;
    if let Some(known) = &known {
        let lock = lock_after(known.failed_tries.saturating_add(1));
        match store.count_try(user, FREE_TRIES, lock, now).await {
            Ok(TryVerdict::Allowed) => {}
            Ok(TryVerdict::LockedUntil(_)) => return Err(LoginError::Locked),
            Err(e) => return Err(store_fault(e)),
        }
    }
    let hash = known.map(|user| user.password);
    let right = tokio::task::spawn_blocking(move || verify_password(&password, hash.as_deref()))
        .await
        .map_err(|e| LoginError::Store(e.to_string()))?;
    if !right {
        return Err(LoginError::Rejected);
    }
    store.forget_tries(user).await.map_err(store_fault)
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn store_fault(error: StoreError) -> LoginError {
    LoginError::Store(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_against_its_hash_only() {
        let secret = |text: &str| Secret::new(text.as_bytes().to_vec());
        let hash = hash_password(&secret("Secret.123")).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password(&secret("Secret.123"), Some(&hash)));
        assert!(!verify_password(&secret("Secret.124"), Some(&hash)));
        assert!(!verify_password(&secret("Secret.123"), None));
        assert!(!verify_password(&secret("Secret.123"), Some("nonsense")));
        assert_eq!(hash_password(&secret("")), Err(PasswordError::Length));
    }

    #[test]
    fn locks_double_up_to_a_quarter_of_an_hour() {
        assert_eq!(lock_after(3), SignedDuration::from_secs(1));
        assert_eq!(lock_after(5), SignedDuration::from_secs(4));
        assert_eq!(lock_after(1_000_000), SignedDuration::from_secs(15 * 60));
    }
}
