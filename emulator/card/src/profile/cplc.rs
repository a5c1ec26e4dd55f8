//! Card production life cycle data [OP 2.0.1 §6.12, tag 9F7F].

use serde::{Deserialize, Serialize};

use super::ProfileError;
use crate::encoding;

/// Length of the data, in bytes.
const CPLC_LENGTH: usize = 42;
/// Length of the fields that are given as bytes, in bytes.
const FIELD_LENGTH: usize = 8;

/// The history of a chip from the foundry to its owner. Dates are BCD `YDDD`: last digit of the year, day of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cplc {
    /// IC fabricator; part of the card's unique identifier.
    pub fabricator: u16,
    /// IC type; part of the card's unique identifier.
    pub ic_type: u16,
    /// Operating system identifier.
    pub os: u16,
    /// Operating system release date.
    pub os_date: u16,
    /// Operating system release level.
    pub os_level: u16,
    /// IC fabrication date.
    pub fabrication_date: u16,
    /// IC serial number; part of the card's unique identifier. Give each card its own.
    pub serial: u32,
    /// IC batch identifier; part of the card's unique identifier.
    pub batch: u16,
    /// IC module fabricator and packaging date, ICC manufacturer and embedding date: four 2-byte fields, hex.
    #[serde(with = "encoding::bytes")]
    pub packaging: Vec<u8>,
    /// Pre-personaliser, date, equipment: 2 + 2 + 4 bytes, hex. Changed by STORE DATA 9F66.
    #[serde(with = "encoding::bytes")]
    pub pre_personalization: Vec<u8>,
    /// Personaliser, date, equipment: 2 + 2 + 4 bytes, hex. Changed by STORE DATA 9F67.
    #[serde(with = "encoding::bytes")]
    pub personalization: Vec<u8>,
}

impl Default for Cplc {
    fn default() -> Self {
        Self {
            fabricator: 0x4090,
            ic_type: 0x7861,
            os: 0x1291,
            os_date: 0x6182,
            os_level: 0x0100,
            fabrication_date: 0x6100,
            serial: 0x0000_0001,
            batch: 0x2651,
            packaging: vec![0x12, 0x92, 0x61, 0x01, 0x12, 0x93, 0x61, 0x02],
            pre_personalization: vec![0x12, 0x94, 0x61, 0x03, 0, 0, 0, 1],
            personalization: vec![0; 8],
        }
    }
}

/// As the card's own public data tell it.
impl From<globalplatform::data::Cplc> for Cplc {
    fn from(data: globalplatform::data::Cplc) -> Self {
        let bytes = data.to_bytes();
        let field = |at: usize| bytes.get(at..at + FIELD_LENGTH).unwrap_or_default().to_vec();
        Self {
            fabricator: u16::from_be_bytes(data.ic_fabricator),
            ic_type: u16::from_be_bytes(data.ic_type),
            os: u16::from_be_bytes(data.operating_system),
            os_date: u16::from_be_bytes(data.operating_system_date),
            os_level: u16::from_be_bytes(data.operating_system_level),
            fabrication_date: u16::from_be_bytes(data.ic_fabrication_date),
            serial: u32::from_be_bytes(data.ic_serial),
            batch: u16::from_be_bytes(data.ic_batch),
            packaging: field(18),
            pre_personalization: field(26),
            personalization: field(34),
        }
    }
}

impl Cplc {
    /// The unique identifier that token managers use: fabricator, type, batch, serial.
    #[must_use]
    pub fn cuid(&self) -> [u8; 10] {
        let [f0, f1] = self.fabricator.to_be_bytes();
        let [t0, t1] = self.ic_type.to_be_bytes();
        let [b0, b1] = self.batch.to_be_bytes();
        let [s0, s1, s2, s3] = self.serial.to_be_bytes();
        [f0, f1, t0, t1, b0, b1, s0, s1, s2, s3]
    }

    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let fields = [
            (&self.packaging, "personality.cplc.packaging"),
            (&self.pre_personalization, "personality.cplc.pre_personalization"),
            (&self.personalization, "personality.cplc.personalization"),
        ];
        let eight = |(bytes, field): (&Vec<u8>, _)| {
            ProfileError::unless(bytes.len() == FIELD_LENGTH, field, "8 bytes")
        };
        fields.into_iter().try_for_each(eight)
    }

    /// The 42 bytes of tag 9F7F. Fields of the wrong length are padded with zeros or cut.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; CPLC_LENGTH] {
        let mut bytes = Vec::with_capacity(CPLC_LENGTH);
        let head = [
            self.fabricator,
            self.ic_type,
            self.os,
            self.os_date,
            self.os_level,
            self.fabrication_date,
        ];
        bytes.extend(head.into_iter().flat_map(u16::to_be_bytes));
        bytes.extend_from_slice(&self.serial.to_be_bytes());
        bytes.extend_from_slice(&self.batch.to_be_bytes());
        for field in [&self.packaging, &self.pre_personalization, &self.personalization] {
            let mut fixed = field.clone();
            fixed.resize(FIELD_LENGTH, 0);
            bytes.append(&mut fixed);
        }
        let mut out = [0; CPLC_LENGTH];
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        out
    }
}
