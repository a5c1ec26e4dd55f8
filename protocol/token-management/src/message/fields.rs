//! The `name=value` pairs of a message.

use zeroize::Zeroizing;

use super::{MessageType, Violation, encoding};
use crate::subsystem::secret::Secret;

/// Most fields that one message may have.
pub(super) const FIELDS_MAX: usize = 64;

/// The fields of one message, values still escaped.
pub(super) struct Fields<'a> {
    pub(super) message: MessageType,
    pairs: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Fields<'a> {
    /// Splits a payload; pieces without `=` are dropped, as upstream does.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
        for piece in payload.split(|byte| *byte == b'&') {
            let Some(equals) = piece.iter().position(|byte| *byte == b'=') else { continue };
            let (name, value) = piece.split_at(equals);
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Violation::DuplicateField);
            }
            if pairs.len() == FIELDS_MAX {
                return Err(Violation::TooManyFields { limit: FIELDS_MAX });
            }
            pairs.push((name, value.get(1..).unwrap_or_default()));
        }
        let mut fields = Self { message: MessageType::Undefined, pairs };
        let number = fields.raw("msg_type").and_then(decimal).ok_or(Violation::MissingType)?;
        fields.message = MessageType::from_number(number).ok_or(Violation::UnknownType(number))?;
        Ok(fields)
    }

    /// The value of a field as it stands, where it is there.
    pub(super) fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.pairs.iter().find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| *value)
    }

    /// The value of a field as it stands.
    pub(super) fn required(&self, field: &'static str) -> Result<&'a [u8], Violation> {
        self.raw(field).ok_or(Violation::MissingField { message: self.message, field })
    }

    /// A field that holds a number.
    pub(super) fn number(&self, field: &'static str) -> Result<u32, Violation> {
        decimal(self.required(field)?).ok_or(Violation::BadNumber(field))
    }

    /// A field that holds 0 or something else.
    pub(super) fn flag(&self, field: &'static str) -> Result<bool, Violation> {
        self.number(field).map(|number| number != 0)
    }

    /// A field that holds text.
    pub(super) fn text(&self, field: &'static str) -> Result<String, Violation> {
        text(field, &encoding::decode(self.required(field)?))
    }

    /// A field that holds a secret.
    pub(super) fn secret(&self, field: &'static str) -> Result<Secret, Violation> {
        Ok(encoding::decode(self.required(field)?).into())
    }

    /// The PDU in `pdu_data`, as long as `pdu_size` says.
    pub(super) fn pdu(&self) -> Result<Zeroizing<Vec<u8>>, Violation> {
        let pdu = encoding::decode(self.required("pdu_data")?);
        let announced = self.number("pdu_size")?;
        if usize::try_from(announced) != Ok(pdu.len()) {
            return Err(Violation::PduSizeMismatch { announced, actual: pdu.len() });
        }
        Ok(pdu)
    }

    /// All fields but the message type, in order.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs.iter().copied().filter(|(name, _)| *name != b"msg_type")
    }
}

pub(super) fn text(field: &'static str, bytes: &[u8]) -> Result<String, Violation> {
    core::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Violation::InvalidText(field))
}

/// A number in decimal digits and nothing else.
fn decimal(value: &[u8]) -> Option<u32> {
    let text = core::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Builds a payload field by field, without a buffer that grows and leaves copies behind.
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// A payload of this message; `secret_length` is how many bytes of secrets it will hold.
    pub(super) fn new(message: MessageType, secret_length: usize) -> Self {
        // 3 for escapes; names and numbers come to less than 128 bytes where there are secrets.
        let capacity = secret_length.saturating_mul(3).saturating_add(128);
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(format!("msg_type={}", message as u8).as_bytes());
        Self(Zeroizing::new(bytes))
    }

    /// A field whose value `append` writes.
    pub(super) fn field(mut self, name: &str, append: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.0.push(b'&');
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'=');
        append(&mut self.0);
        self
    }

    /// A field with a number.
    pub(super) fn number(self, name: &str, number: u32) -> Self {
        self.field(name, |to| to.extend_from_slice(number.to_string().as_bytes()))
    }

    /// A field with 0 or 1.
    pub(super) fn flag(self, name: &str, flag: bool) -> Self {
        self.number(name, u32::from(flag))
    }

    /// The size of a PDU.
    pub(super) fn pdu_size(self, pdu: &[u8]) -> Self {
        self.number("pdu_size", u32::try_from(pdu.len()).unwrap_or(u32::MAX))
    }

    /// The message, framed.
    pub(super) fn finish(self) -> Zeroizing<Vec<u8>> {
        super::frame::frame(&self.0)
    }
}
