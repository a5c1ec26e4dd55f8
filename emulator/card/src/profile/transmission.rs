//! How commands come to the card, and that the ATR says the same.

use iso7816::Atr;
use serde::{Deserialize, Serialize};

use super::ProfileError;

/// How commands come to the card. A virtual reader exchanges whole commands and responses, whatever the ATR offers: the ATR only tells
/// PC/SC which protocol to announce to its clients, and the protocol below decides what the card answers and what applets are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transmission {
    /// Whole commands and responses, under any ATR: what a reader with APDU level exchange makes of T=0 and T=1 alike
    /// [CCID 1.1 §5.1], since it fetches responses itself. Applets are told T=1.
    #[default]
    #[serde(rename = "APDU")]
    Apdu,
    /// T=0: a command with data gets its response by GET RESPONSE, one with the wrong Le is answered 6Cxx [ISO 7816-3 §12.2].
    #[serde(rename = "T=0")]
    T0,
    /// T=1: commands and responses in one piece.
    #[serde(rename = "T=1")]
    T1,
    /// ISO 14443-4 type A.
    #[serde(rename = "contactless-A")]
    ContactlessA,
    /// ISO 14443-4 type B.
    #[serde(rename = "contactless-B")]
    ContactlessB,
}

/// How the ATR begins that a reader makes for a contactless card, apart from the count of historical bytes [PC/SC 2.01 part 3 §3.1.3.2.3].
const CONTACTLESS_TD: [u8; 2] = [0x80, 0x01];

impl Transmission {
    /// The name in a profile.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apdu => "APDU",
            Self::T0 => "T=0",
            Self::T1 => "T=1",
            Self::ContactlessA => "contactless-A",
            Self::ContactlessB => "contactless-B",
        }
    }

    /// The protocol that the ATR of a card offers first.
    #[must_use]
    pub fn offered_by(atr: &Atr) -> Self {
        match atr.protocols() {
            _ if is_contactless(atr) => Self::ContactlessA,
            [0, ..] => Self::T0,
            [1, ..] => Self::T1,
            _ => Self::Apdu,
        }
    }

    /// Refuses a protocol that the ATR does not offer.
    pub(super) fn check(self, atr: &Atr, ats: &[u8]) -> Result<(), ProfileError> {
        let protocols = atr.protocols();
        let agrees = match self {
            Self::Apdu => true,
            Self::T0 => protocols.contains(&0),
            Self::T1 => protocols.contains(&1),
            Self::ContactlessA | Self::ContactlessB => is_contactless(atr),
        };
        if !agrees {
            return Err(ProfileError::AtrContradicts {
                protocol: self.name(),
                offered: offer(atr),
            });
        }
        ProfileError::unless(
            ats.is_empty() || self == Self::ContactlessA && ats_agrees(ats, atr),
            "personality.ats",
            "empty; or, under protocol contactless-A, TL, T0, TA to TC as T0 announces them, and the historical bytes of the ATR",
        )
    }
}

fn is_contactless(atr: &Atr) -> bool {
    let bytes = atr.as_bytes();
    let count = bytes.get(1).map(|format| format & 0xF0);
    count == Some(0x80) && bytes.get(2..4) == Some(&CONTACTLESS_TD)
}

fn offer(atr: &Atr) -> &'static str {
    let protocols = atr.protocols();
    match (protocols.contains(&0), protocols.contains(&1)) {
        _ if is_contactless(atr) => "contactless-A, contactless-B, T=0, T=1",
        (true, true) => "T=0, T=1",
        (true, false) => "T=0",
        (false, true) => "T=1",
        (false, false) => "none of the others",
    }
}

/// Whether an answer to select has the historical bytes of the ATR [ISO 14443-4 §5.2].
fn ats_agrees(ats: &[u8], atr: &Atr) -> bool {
    let [length, format, ..] = ats else { return ats == [1] && atr.historical_bytes().is_empty() };
    let interface = usize::try_from((format & 0x70).count_ones()).unwrap_or(0);
    usize::from(*length) == ats.len() && ats.get(2 + interface..) == Some(atr.historical_bytes())
}
