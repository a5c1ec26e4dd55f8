//! How bytes and AIDs are written: as hex text in a profile, as plain bytes in a record.

use iso7816::Aid;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Bytes.
pub(crate) mod bytes {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            hex::encode_upper(bytes).serialize(serializer)
        } else {
            bytes.serialize(serializer)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            hex::decode(text).map_err(D::Error::custom)
        } else {
            Vec::deserialize(deserializer)
        }
    }
}

/// An AID.
pub(crate) mod aid {
    use super::{Aid, Deserializer, Error, Serializer};

    // serde's `with` passes a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(aid: &Aid, serializer: S) -> Result<S::Ok, S::Error> {
        super::bytes::serialize(aid.as_bytes(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Aid, D::Error> {
        Aid::new(&super::bytes::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An AID that may be missing.
pub(crate) mod optional_aid {
    use super::{Aid, Deserializer, Serializer};

    // serde's `with` passes a reference.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(
        aid: &Option<Aid>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::bytes::serialize(aid.as_ref().map_or(&[], Aid::as_bytes), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Aid>, D::Error> {
        super::aid::deserialize(deserializer).map(Some)
    }
}

/// AIDs in a list that may be missing.
pub(crate) mod optional_aids {
    use super::{Aid, Deserialize, Deserializer, Error, Serializer, bytes};

    struct One(Vec<u8>);

    impl<'de> Deserialize<'de> for One {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            bytes::deserialize(deserializer).map(Self)
        }
    }

    // serde's `with` passes a reference.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(
        aids: &Option<Vec<Aid>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::aids::serialize(aids.as_deref().unwrap_or_default(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<Aid>>, D::Error> {
        let all = Vec::<One>::deserialize(deserializer)?;
        let aids = all.iter().map(|One(bytes)| Aid::new(bytes));
        aids.collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
    }
}

/// AIDs in a list.
pub(crate) mod aids {
    use super::{Aid, Serialize, Serializer};

    struct One(Aid);

    impl Serialize for One {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            super::aid::serialize(&self.0, serializer)
        }
    }

    pub(crate) fn serialize<S: Serializer>(aids: &[Aid], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(aids.iter().copied().map(One))
    }
}
