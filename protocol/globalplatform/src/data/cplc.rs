//! Card production life cycle data, tag 9F7F [VISA Open Platform 2.0.1 §A.2].

use iso7816::{ParseError, ParseErrorKind, tlv};

/// Length of the data, in bytes.
pub const CPLC_LENGTH: usize = 42;
/// Tag of the data object.
pub const CPLC_TAG: u32 = 0x9F7F;

/// One table: the fields in their order, with their lengths.
macro_rules! cplc {
    ($($(#[$doc:meta])* $field:ident: $length:literal,)*) => {
        /// Card production life cycle data. Dates are BCD, last digit of the year and day of the year; 0000 is unset.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Cplc {
            $($(#[$doc])* pub $field: [u8; $length],)*
        }

        impl Cplc {
            /// Reads the 42 bytes, with or without tag and length before them.
            ///
            /// # Errors
            /// `Truncated` or `TrailingBytes`.
            pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
                let value = match bytes.strip_prefix(&[0x9F, 0x7F]) {
                    Some(_) if bytes.len() > CPLC_LENGTH => {
                        tlv::find(bytes, CPLC_TAG)?.unwrap_or_default()
                    }
                    _ => bytes,
                };
                if value.len() > CPLC_LENGTH {
                    return Err(ParseErrorKind::TrailingBytes.at(CPLC_LENGTH));
                }
                let mut reader = crate::command::Reader::new(value);
                Ok(Self { $($field: reader.array()?,)* })
            }

            /// The 42 bytes.
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                [$(self.$field.as_slice(),)*].concat()
            }
        }
    };
}

cplc! {
    /// IC fabricator.
    ic_fabricator: 2,
    /// IC type.
    ic_type: 2,
    /// Operating system identifier.
    operating_system: 2,
    /// Operating system release date.
    operating_system_date: 2,
    /// Operating system release level.
    operating_system_level: 2,
    /// IC fabrication date.
    ic_fabrication_date: 2,
    /// IC serial number.
    ic_serial: 4,
    /// IC batch identifier.
    ic_batch: 2,
    /// IC module fabricator.
    module_fabricator: 2,
    /// IC module packaging date.
    module_packaging_date: 2,
    /// ICC manufacturer.
    icc_manufacturer: 2,
    /// IC embedding date.
    ic_embedding_date: 2,
    /// IC pre-personalizer.
    pre_personalizer: 2,
    /// Date of the IC pre-personalization equipment.
    pre_personalization_date: 2,
    /// Identifier of the IC pre-personalization equipment.
    pre_personalization_equipment: 4,
    /// IC personalizer.
    personalizer: 2,
    /// Personalization date.
    personalization_date: 2,
    /// Identifier of the personalization equipment.
    personalization_equipment: 4,
}

impl Cplc {
    /// The data object, 45 bytes.
    #[must_use]
    pub fn to_object(&self) -> Vec<u8> {
        tlv::Writer::new().object(CPLC_TAG, &self.to_bytes()).finish()
    }

    /// The card's unique identifier as token management uses it: fabricator, IC type, batch, serial number.
    #[must_use]
    pub fn cuid(&self) -> [u8; 10] {
        let mut cuid = [0; 10];
        let parts =
            [&self.ic_fabricator[..], &self.ic_type, &self.ic_batch, &self.ic_serial].concat();
        cuid.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        cuid
    }
}
