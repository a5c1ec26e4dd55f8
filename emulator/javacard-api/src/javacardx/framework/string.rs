//! `javacardx.framework.string`: UTF-8 in byte arrays [JCAPI 3.0.5 javacardx.framework.string].

mod charset;
pub(super) mod convert;
mod integer;
pub(super) mod numbers;
pub(super) mod text;
mod utf8;

use jcvm::{Trap, Write};

use super::checks::short;
use crate::{Call, tables::classes};

/// Reasons of `StringException`.
const UNSUPPORTED_ENCODING: i16 = 1;
const ILLEGAL_NUMBER_FORMAT: i16 = 2;
const INVALID_BYTE_SEQUENCE: i16 = 3;

/// A `StringException`.
fn fail<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::STRING_EXCEPTION, reason)
}

/// Copies to the destination that two arguments name, and returns how much.
fn output(call: &mut Call<'_, '_>, index: usize, bytes: &[u8]) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    call.vm.write_bytes(array, offset, bytes, Write::Transactional)?;
    Ok(short(bytes.len()))
}
