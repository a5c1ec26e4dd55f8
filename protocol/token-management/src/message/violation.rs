//! What is wrong with a message that the other side sent.

use super::MessageType;

/// A breach of the message protocol: the sender of the message is at fault. Never holds a value that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A field that should be a number is none, or too large.
    #[error("field '{0}' is not a number in range")]
    BadNumber(&'static str),
    /// A message does not begin with `s=`.
    #[error("a message begins with byte {found:02X} instead of 's='")]
    BadStart {
        /// The byte that is there instead.
        found: u8,
    },
    /// The size of a message is not made of decimal digits.
    #[error("byte {found:02X} in the size of a message")]
    BadSize {
        /// The byte that is no digit.
        found: u8,
    },
    /// The same field is there twice.
    #[error("a field is there twice")]
    DuplicateField,
    /// Text that is not UTF-8.
    #[error("field '{0}' is not UTF-8 text")]
    InvalidText(&'static str),
    /// A message with a larger size than is allowed.
    #[error("a message of more than {limit} bytes")]
    MessageTooLarge {
        /// The largest size, in bytes.
        limit: usize,
    },
    /// A field that the message must have is not there.
    #[error("{message}: field '{field}' is missing")]
    MissingField {
        /// The message.
        message: MessageType,
        /// The field.
        field: &'static str,
    },
    /// There is no valid `msg_type`.
    #[error("no message type")]
    MissingType,
    /// As many bytes as `pdu_size` says are not in `pdu_data`.
    #[error("pdu_size is {announced}, but pdu_data holds {actual} bytes")]
    PduSizeMismatch {
        /// What `pdu_size` says.
        announced: u32,
        /// What is there.
        actual: usize,
    },
    /// More fields than a message can have.
    #[error("more than {limit} fields in a message")]
    TooManyFields {
        /// The largest number.
        limit: usize,
    },
    /// An operation number that does not exist.
    #[error("unknown operation {0}")]
    UnknownOperation(u32),
    /// A message number that does not exist.
    #[error("unknown message type {0}")]
    UnknownType(u32),
    /// A message that the sender is not the one to send.
    #[error("{0} does not go in this direction")]
    WrongDirection(MessageType),
}
