//! What kind of card an image holds, in the forms of all versions of its records.

mod earlier;

use iso7816::StatusWord;

use self::earlier::{PersonalityOf1, PersonalityOf2};
use super::{load, save};
use crate::{
    image::ImageError,
    nvm::{Owner, WriteLog},
    profile::Personality,
};

const PERSONALITY: &[u8] = b"personality";
const FORMAT: &[u8] = b"format";
/// Version of the record layout; an image of a later version is refused. From 3 on the personality describes itself, in TOML: fields can
/// be added without another version, and an image without them is read with their defaults.
const FORMAT_VERSION: u8 = 3;
/// The personality is a sequence of values.
const FORMAT_WITHOUT_NAMES: u8 = 2;
/// The version before the virtual machine.
const FORMAT_WITHOUT_JAVA_CARD: u8 = 1;

/// Reads what kind of card an image holds.
pub(crate) fn personality(log: &WriteLog) -> Result<Personality, ImageError> {
    let found = match load::<u8>(log, FORMAT) {
        None => return Err(ImageError::Empty),
        Some(FORMAT_VERSION) => {
            log.get(Owner::System, PERSONALITY).and_then(|bytes| toml::from_slice(bytes).ok())
        }
        Some(FORMAT_WITHOUT_NAMES) => {
            load::<PersonalityOf2>(log, PERSONALITY).map(Personality::from)
        }
        Some(FORMAT_WITHOUT_JAVA_CARD) => {
            load::<PersonalityOf1>(log, PERSONALITY).map(Personality::from)
        }
        Some(_) => return Err(ImageError::Corrupt("records of another version")),
    };
    found.ok_or(ImageError::Corrupt("no personality"))
}

/// Writes what kind of card a new image holds.
pub(super) fn create(log: &mut WriteLog, personality: &Personality) -> Result<(), StatusWord> {
    save(log, FORMAT, &FORMAT_VERSION)?;
    let text = toml::to_string(personality).map_err(|_| StatusWord::MEMORY_FAILURE)?;
    Ok(log.put(Owner::System, PERSONALITY, text.into_bytes())?)
}
