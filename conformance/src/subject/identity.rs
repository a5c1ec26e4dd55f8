//! Whether the card is the one that is meant: nothing that lasts is done to a card that nobody named.

use super::NamedSubject;
use crate::{case::Effect, probe::Profile};

/// Why a ceiling is refused on this card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The card is not the one that the subject file names.
    #[error("the card is another than the subject file names: its {what} is {found}")]
    Another {
        /// What differs.
        what: &'static str,
        /// The card's.
        found: String,
    },
    /// No subject file names the card by ATR and serial.
    #[error(
        "cases that change a card need a subject file that names it by `atr` and `serial`; see 'cardinal-conformance probe'"
    )]
    Nameless,
    /// The serial of the card was not typed.
    #[error(
        "cases that may end a card's life need its serial typed in full, with --sacrifice SERIAL"
    )]
    NoSacrifice,
}

/// Holds a card outside this process, as the probe saw it, against what its subject file says. `sacrifice` is the serial of the card
/// that may be lost.
///
/// # Errors
/// Why this ceiling is not for this card.
pub fn admit(
    named: Option<&NamedSubject>,
    profile: &Profile,
    ceiling: Effect,
    sacrifice: Option<&str>,
) -> Result<(), Refusal> {
    if ceiling <= Effect::Session {
        return Ok(());
    }
    let named = named.ok_or(Refusal::Nameless)?;
    difference(named, profile).map_or(Ok(()), Err)?;
    if named.atr.is_none() || named.serial.is_none() {
        return Err(Refusal::Nameless);
    }
    if ceiling == Effect::Irreversible
        && (sacrifice.is_none() || sacrifice != profile.serial.as_deref())
    {
        return Err(Refusal::NoSacrifice);
    }
    Ok(())
}

/// What the card has that the subject file has otherwise.
#[must_use]
pub fn difference(named: &NamedSubject, profile: &Profile) -> Option<Refusal> {
    let pairs = [
        ("ATR", &named.atr, Some(profile.atr.as_str())),
        ("serial", &named.serial, profile.serial.as_deref()),
    ];
    pairs.into_iter().find_map(|(what, said, found)| {
        let differs = said
            .as_ref()
            .is_some_and(|said| !found.is_some_and(|found| found.eq_ignore_ascii_case(said)));
        let found = found.unwrap_or("unknown").to_owned();
        differs.then_some(Refusal::Another { what, found })
    })
}
