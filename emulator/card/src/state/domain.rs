//! Security domains: which one, and where its records are.

use iso7816::Aid;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{encoding, nvm::Owner};

/// A security domain of the card. The issuer's has no AID here: STORE DATA may rename it, and what is associated with it stays so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Domain {
    /// The issuer security domain.
    #[default]
    Issuer,
    /// A supplementary security domain.
    Supplementary(Aid),
}

impl Domain {
    /// Whose the records of the domain are: keys, counters, data objects.
    pub(crate) const fn owner(self) -> Owner {
        match self {
            Self::Issuer => Owner::System,
            Self::Supplementary(aid) => Owner::Domain(aid),
        }
    }
}

/// In a record a domain is its AID, the issuer's no bytes at all.
impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = match self {
            Self::Issuer => &[][..],
            Self::Supplementary(aid) => aid.as_bytes(),
        };
        encoding::bytes::serialize(bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = encoding::bytes::deserialize(deserializer)?;
        if bytes.is_empty() {
            return Ok(Self::Issuer);
        }
        Aid::new(&bytes).map(Self::Supplementary).map_err(D::Error::custom)
    }
}
