//! What the tokens of delegated management sign [GPCS 2.3.1 §C.4].

use iso7816::{Command, ParseErrorKind, tlv};

use super::{CommandError, Delete, Install, MORE_SEGMENTS, delete::TAG_TOKEN, install};

/// What the token of a received command signs: P1, P2 and the data field before the token, as they came. Another coding of the same
/// fields (privileges in one byte, longer lengths) is other data.
///
/// Of a combined load, install and make selectable process, the token of the second INSTALL signs what this gives for both,
/// concatenated. Chained segments are put together before.
///
/// # Errors
/// `UnknownInstruction` for anything but DELETE and INSTALL; `UnknownParameters`; `Parse` for a malformed data field, or one that
/// goes on after the token.
pub fn token_data_of(command: &Command) -> Result<Vec<u8>, CommandError> {
    let length = match command.header.ins {
        Install::INS => install::signed_length(command)?,
        Delete::INS => delete_length(&command.data)?,
        ins => return Err(CommandError::UnknownInstruction(ins)),
    };
    let fields = command.data.get(..length).unwrap_or(&command.data);
    Ok(token_data(command.header.p1 & !MORE_SEGMENTS, command.header.p2, fields))
}

/// Length of DELETE's data field without its token, the last object.
fn delete_length(data: &[u8]) -> Result<usize, CommandError> {
    let mut objects = tlv::parse(data);
    let mut at = objects.offset();
    while let Some(object) = objects.next() {
        if object?.tag.0 == TAG_TOKEN {
            return match objects.next() {
                None => Ok(at),
                Some(_) => Err(ParseErrorKind::TrailingBytes.at(objects.offset()).into()),
            };
        }
        at = objects.offset();
    }
    Ok(data.len())
}

/// P1, P2, length and fields; a length beyond 255 takes three bytes [GPCS 2.3.1 §C.4].
pub(super) fn token_data(p1: u8, p2: u8, fields: &[u8]) -> Vec<u8> {
    let mut data = vec![p1, p2];
    let [.., high, low] = fields.len().to_be_bytes();
    if high != 0 {
        data.extend_from_slice(&[0, high]);
    }
    data.push(low);
    data.extend_from_slice(fields);
    data
}
