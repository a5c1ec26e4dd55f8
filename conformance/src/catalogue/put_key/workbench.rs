//! What the cases about keys share: a session with room for a key set of the suite, and what the card tells of its keys.

use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    command::{KeyBlockDialect, PutKey},
    data::{KeyInformation, parse_key_information},
};
use iso7816::Command;

use super::AES_VERSION;
use crate::{
    probe::{Capability, Profile},
    session::{SecureChannel, Session},
    undo::Undo,
    verdict::{Grade, Stop, Verdict},
};

/// Version of a DES set of the suite: SCP02's range [GPCS 2.3.1 §11.1.9].
pub(super) const DES_VERSION: u8 = 0x2E;
/// Version of the keys that a card comes with; the first PUT KEY of a set replaces it.
pub(super) const INITIAL_VERSION: u8 = 0xFF;

/// An open secure channel with a key version to spare.
pub(super) struct Workbench {
    /// The channel.
    pub secure: SecureChannel,
    /// The keys of [`Workbench::with_new_set`].
    pub keys: Option<KeySet>,
}

impl Workbench {
    /// Opens a channel, makes sure that the card has no keys of this version, and promises to delete those that come.
    ///
    /// # Errors
    /// Blocked, when the version is taken, when nobody can tell, and when the first new set would replace the keys that the card is
    /// delivered with and cannot get back.
    pub(super) fn open(session: &mut Session<'_>, version: u8) -> Result<Self, Stop> {
        let mut secure = session.open_mac()?;
        let initial = session.profile().key_version == Some(INITIAL_VERSION);
        if initial && session.laboratory().is_err() {
            return Err(Stop::blocked("a new set would replace the initial one, FF, for good"));
        }
        let keys = key_information(session, &mut secure)?;
        if keys.iter().any(|key| key.key_version == version) {
            return Err(Stop::blocked(format!("the card has keys of version {version:02X}")));
        }
        session.undo(Undo::delete_keys(version))?;
        Ok(Self { secure, keys: None })
    }

    /// The same for a set that suits the card's protocol, and the PUT KEY that adds it.
    ///
    /// # Errors
    /// As [`Workbench::open`].
    pub(super) fn with_new_set(session: &mut Session<'_>) -> Result<(Self, PutKey), Stop> {
        let (version, dialect) = customary(session.profile());
        let mut bench = Self::open(session, version)?;
        let keys = set_of(session, version, 16)?;
        let put = bench.put(None, version, &keys, dialect)?;
        bench.keys = Some(keys);
        Ok((bench, put))
    }

    /// PUT KEY of a set under the session's data encryption key.
    ///
    /// # Errors
    /// When the keys cannot be coded like this.
    pub(super) fn put(
        &self,
        replaces: Option<u8>,
        version: u8,
        keys: &KeySet,
        dialect: KeyBlockDialect,
    ) -> Result<PutKey, Stop> {
        let session = self.secure.channel.keys()?;
        Ok(PutKey::for_session(replaces, version, keys, session, dialect)?)
    }
}

/// Version and form of a set for the protocol that the card speaks.
pub(super) fn customary(profile: &Profile) -> (u8, KeyBlockDialect) {
    if profile.has(Capability::Scp03) {
        (AES_VERSION, KeyBlockDialect::Scp03)
    } else if profile.has(Capability::Scp01) {
        (DES_VERSION, KeyBlockDialect::Scp01)
    } else {
        (DES_VERSION, KeyBlockDialect::Scp02)
    }
}

/// Three random keys of this length in bytes: AES for the AES version, else DES.
pub(super) fn set_of(
    session: &mut Session<'_>,
    version: u8,
    length: usize,
) -> Result<KeySet, Stop> {
    let mut key = || {
        let random = session.challenge::<32>();
        let bytes = random.get(..length).unwrap_or(&random);
        session.conceal(bytes);
        if version == AES_VERSION {
            Key::aes(bytes)
        } else {
            Key::new(KeyAlgorithm::Des3, bytes).map(Key::with_odd_parity)
        }
    };
    Ok(KeySet::new(key()?, key()?, key()?))
}

/// What the card tells of its keys, through the channel.
///
/// # Errors
/// Blocked, when it tells nothing; a fail, when what it tells is malformed.
pub(super) fn key_information(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
) -> Result<Vec<KeyInformation>, Stop> {
    let command = Command::new(0x80, 0xCA, 0x00, 0xE0).with_expected(256);
    let answer = session.over(secure, &command)?;
    parsed(answer.status.is_ok(), &answer.data)
}

/// The same without a secure channel.
///
/// # Errors
/// As [`key_information`].
pub(super) fn plain_key_information(
    session: &mut Session<'_>,
) -> Result<Vec<KeyInformation>, Stop> {
    let answer = session.get_data(0xE0)?;
    parsed(answer.status.is_ok(), &answer.data)
}

fn parsed(ok: bool, data: &[u8]) -> Result<Vec<KeyInformation>, Stop> {
    if !ok {
        return Err(Stop::blocked("the card does not tell its keys (E0)"));
    }
    parse_key_information(data)
        .map_err(|error| Stop::fail(format!("key information is malformed: {error}")))
}

/// Whether the card lists keys 1 to 3 of the version with this length.
pub(super) fn listed(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    version: u8,
    length: usize,
) -> Result<Verdict, Stop> {
    let keys = key_information(session, secure)?;
    let mut ours: Vec<_> = keys.iter().filter(|key| key.key_version == version).collect();
    ours.sort_by_key(|key| key.key_index);
    let indices: Vec<_> = ours.iter().map(|key| key.key_index).collect();
    if indices != [1, 2, 3] {
        return Ok(Grade::Fail.because(format!("the card lists keys {indices:?} of the new set")));
    }
    let right = |key: &&KeyInformation| matches!(key.parts.as_slice(), [part] if usize::from(part.length) == length);
    Ok(Verdict::require(ours.iter().all(right), || {
        format!("the card lists keys that are not {length} bytes long")
    }))
}

/// DELETE of a version's keys, or of one of them [GPCS 2.3.1 §11.2.2.3.2].
pub(super) fn delete_keys(key_index: Option<u8>, version: u8) -> Command {
    let mut data = Vec::new();
    if let Some(index) = key_index {
        data.extend_from_slice(&[0xD0, 0x01, index]);
    }
    data.extend_from_slice(&[0xD2, 0x01, version]);
    Command::new(0x80, 0xE4, 0x00, 0x00).with_data(data).with_expected(256)
}

/// INITIALIZE UPDATE with a fixed challenge, to see whether there is such a set.
pub(super) fn initialize_update(profile: &Profile, version: u8) -> Command {
    let length = if profile.s16() { 16 } else { 8 };
    Command::new(0x80, 0x50, version, 0x00).with_data(vec![0x5A; length]).with_expected(256)
}
