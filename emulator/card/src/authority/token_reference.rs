//! For whom a token is, and which it is: the control reference template B6 [GPCS 2.3.1 §11.2.2.3, §11.5.2.3.7].

use iso7816::{ParseError, tlv};

const TAG_ISSUER: u32 = 0x42;
const TAG_IMAGE: u32 = 0x45;
const TAG_PROVIDER: u32 = 0x5F20;
const TAG_IDENTIFIER: u32 = 0x93;

/// What the template says; all of it may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenReference<'a> {
    /// 42: identification number of the security domain that verifies the token.
    pub issuer: Option<&'a [u8]>,
    /// 45: image number of that domain.
    pub image: Option<&'a [u8]>,
    /// 5F20: application provider, which the registry keeps for what is made.
    pub provider: Option<&'a [u8]>,
    /// 93: number of the token, which the confirmation repeats.
    pub identifier: Option<&'a [u8]>,
}

impl<'a> TokenReference<'a> {
    /// Reads the value of B6. Other objects are not looked at.
    ///
    /// # Errors
    ///
    /// A malformed object.
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        let mut reference = Self::default();
        for object in tlv::parse(value) {
            let object = object?;
            match object.tag.0 {
                TAG_ISSUER => reference.issuer = Some(object.value),
                TAG_IMAGE => reference.image = Some(object.value),
                TAG_PROVIDER => reference.provider = Some(object.value),
                TAG_IDENTIFIER => reference.identifier = Some(object.value),
                _ => {}
            }
        }
        Ok(reference)
    }

    /// Whether the token may be for a domain that has these numbers: what the template names has to be there and the same.
    #[must_use]
    pub fn is_for(&self, issuer: Option<&[u8]>, image: Option<&[u8]>) -> bool {
        let same = |named: Option<&[u8]>, own: Option<&[u8]>| named.is_none() || named == own;
        same(self.issuer, issuer) && same(self.image, image)
    }
}
