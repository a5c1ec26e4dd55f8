//! What INSTALL writes into an application's entry of the registry beside its privileges [GPCS 2.3.1 §11.5.2.3.7].

use bitflags::bitflags;
use iso7816::{ParseError, ParseErrorKind};

bitflags! {
    /// What an application or the card may do no more, tag D9 [GPCS 2.3.1 §11.5.2.3.7]. For the card it cannot be taken back.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Restrictions: u8 {
        /// INSTALL [for registry update].
        const REGISTRY_UPDATE = 0x40;
        /// INSTALL [for personalization].
        const PERSONALIZATION = 0x20;
        /// INSTALL [for extradition].
        const EXTRADITION = 0x10;
        /// INSTALL [for make selectable].
        const MAKE_SELECTABLE = 0x08;
        /// INSTALL [for install].
        const INSTALL = 0x04;
        /// INSTALL [for load].
        const LOAD = 0x02;
        /// DELETE.
        const DELETE = 0x01;
    }
}

/// Where an application is selected by itself, tag CF: interfaces and logical channel [GPCS 2.3.1 §11.5.2.3.7].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImplicitSelection(pub u8);

impl ImplicitSelection {
    /// On the contactless interface.
    #[must_use]
    pub const fn contactless(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// On the interface with contacts.
    #[must_use]
    pub const fn contact(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Number of the logical channel, 0 to 31; a card has at most 19.
    #[must_use]
    pub const fn channel(self) -> u8 {
        self.0 & 0x1F
    }
}

/// A service that an application offers to others, tag CB [GPCS 2.3.1 §8.1.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalService {
    /// Family, for instance 80 for secure channels.
    pub family: u8,
    /// Service in the family; 00 for all of them.
    pub id: u8,
}

impl GlobalService {
    /// Reads services that stand one after the other.
    ///
    /// # Errors
    /// `LengthMismatch` for an odd number of bytes.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, ParseError> {
        let (pairs, []) = bytes.as_chunks::<2>() else {
            return Err(ParseErrorKind::LengthMismatch.at(bytes.len()));
        };
        Ok(pairs.iter().map(|[family, id]| Self { family: *family, id: *id }).collect())
    }

    /// The two bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        [self.family, self.id]
    }
}
