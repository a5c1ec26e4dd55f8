//! The Java Card level: which version of the API the card says it has.

use serde::{Deserialize, Serialize};

/// A version of the Java Card platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum JavaCardLevel {
    /// Java Card 2.1.1 and 2.1.2.
    #[serde(rename = "2.1.1")]
    V2_1_1,
    /// Java Card 2.2.1.
    #[serde(rename = "2.2.1")]
    V2_2_1,
    /// Java Card 2.2.2.
    #[serde(rename = "2.2.2")]
    V2_2_2,
    /// Java Card 3.0.1, classic edition.
    #[serde(rename = "3.0.1")]
    V3_0_1,
    /// Java Card 3.0.4, classic edition.
    #[serde(rename = "3.0.4")]
    V3_0_4,
    /// Java Card 3.0.5, classic edition.
    #[serde(rename = "3.0.5")]
    V3_0_5,
    /// Java Card 3.1, classic edition.
    #[serde(rename = "3.1")]
    V3_1,
    /// Java Card 3.2, classic edition: all that the virtual machine has.
    #[default]
    #[serde(rename = "3.2")]
    V3_2,
}

/// One table: level, what `JCSystem.getVersion` says, the last minor versions of `javacard.framework`, `javacard.security` and
/// `javacardx.crypto`.
const LEVELS: [(JavaCardLevel, u16, [u8; 3]); 8] = [
    (JavaCardLevel::V2_1_1, 0x0201, [0, 1, 1]),
    (JavaCardLevel::V2_2_1, 0x0202, [2, 2, 2]),
    (JavaCardLevel::V2_2_2, 0x0202, [3, 3, 3]),
    (JavaCardLevel::V3_0_1, 0x0300, [4, 4, 4]),
    (JavaCardLevel::V3_0_4, 0x0300, [5, 5, 5]),
    (JavaCardLevel::V3_0_5, 0x0300, [6, 6, 6]),
    (JavaCardLevel::V3_1, 0x0301, [8, 7, 7]),
    (JavaCardLevel::V3_2, 0x0302, [9, 8, 8]),
];

/// AIDs of the packages whose versions make a level.
const PACKAGES: [&[u8]; 3] = [
    b"\xA0\x00\x00\x00\x62\x01\x01",
    b"\xA0\x00\x00\x00\x62\x01\x02",
    b"\xA0\x00\x00\x00\x62\x02\x01",
];

impl JavaCardLevel {
    fn row(self) -> (u16, [u8; 3]) {
        let found = LEVELS.iter().find(|(level, ..)| *level == self);
        found.map_or((0x0302, [u8::MAX; 3]), |(_, version, minors)| (*version, *minors))
    }

    /// What `JCSystem.getVersion` says: major, then minor.
    #[must_use]
    pub fn version(self) -> u16 {
        self.row().0
    }

    /// The major version: the last arc of the Java Card identifier in the card recognition data [GPCS 2.3.1 §H.2].
    #[must_use]
    pub fn major(self) -> u8 {
        self.version().to_be_bytes()[0]
    }

    /// The lowest level with this major version: all that a card's public data tell.
    #[must_use]
    pub fn of_major(major: u8) -> Option<Self> {
        match major {
            2 => Some(Self::V2_2_2),
            3 => Some(Self::V3_0_5),
            _ => None,
        }
    }

    /// The last minor version of a package that the level has; of packages other than these three it says nothing.
    pub(crate) fn last_minor(self, aid: &[u8]) -> Option<u8> {
        let at = PACKAGES.iter().position(|known| *known == aid)?;
        self.row().1.get(at).copied()
    }
}
