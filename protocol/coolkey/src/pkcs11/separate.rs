//! The older form: one card object for each token object.
//!
//! `u1 0, u4 id, u2 length of the rest, {u4 type, u2 n, value}*`; numbers among the values are four bytes, little-endian.
//! The DER of a certificate is an object `C<n>` of its own.

use iso7816::{ParseError, ParseErrorKind};

use super::spec::{ATTRIBUTES_MAX, AttributeType};
use crate::{
    cursor::{Cursor, push_field},
    object::ObjectId,
};

/// Attributes of one token object in a card object of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeparateObject {
    /// Identifier: `c<n>` or `k<slot>`.
    pub id: ObjectId,
    /// Attributes with the bytes of their values.
    pub attributes: Vec<(AttributeType, Vec<u8>)>,
}

impl SeparateObject {
    /// The bytes of the card object.
    ///
    /// # Errors
    /// `OutOfRange` when a value or all of them are too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ParseError> {
        let mut attributes = Vec::new();
        for (attribute_type, value) in &self.attributes {
            attributes.extend_from_slice(&attribute_type.0.to_be_bytes());
            push_field(&mut attributes, value)?;
        }
        let mut bytes = vec![0];
        bytes.extend_from_slice(&self.id.0);
        push_field(&mut bytes, &attributes)?;
        Ok(bytes)
    }

    /// Parses the bytes of a card object; those after the announced length are not looked at.
    ///
    /// # Errors
    /// `UnexpectedByte` when the first byte is not 0; others when lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        if cursor.u8()? != 0 {
            return Err(ParseErrorKind::UnexpectedByte.at(0));
        }
        let id = ObjectId::read(&mut cursor)?;
        let length = usize::from(cursor.u16()?);
        let end = cursor.offset() + length;
        let mut attributes = Vec::new();
        while cursor.offset() < end {
            if attributes.len() == ATTRIBUTES_MAX {
                return Err(ParseErrorKind::OutOfRange.at(cursor.offset()));
            }
            attributes.push((AttributeType(cursor.u32()?), cursor.field()?.to_vec()));
        }
        if cursor.offset() > end {
            return Err(ParseErrorKind::LengthMismatch.at(end));
        }
        Ok(Self { id, attributes })
    }
}
