//! `javacardx.framework.tlv`: tags and structures as objects, and the same in byte arrays [JCAPI 3.0.5 javacardx.framework.tlv].
//!
//! A tag is one hidden cell, a primitive structure refers to its tag and to an array with its value, a constructed one to its tag and to
//! an array of structures: all of them ordinary objects of the applet, which share what the API says is shared.

pub(super) mod constructed;
mod encoding;
mod measure;
pub(super) mod object;
pub(super) mod primitive;
pub(super) mod statics;
pub(super) mod tag;

use jcvm::{Standard, Trap};

use self::encoding::Malformed;
use crate::{Call, tables::classes};

/// Reasons of `TLVException`.
const INVALID_PARAM: i16 = 1;
const ILLEGAL_SIZE: i16 = 2;
const EMPTY_TAG: i16 = 3;
const EMPTY_TLV: i16 = 4;
const MALFORMED_TAG: i16 = 5;
const MALFORMED_TLV: i16 = 6;
const INSUFFICIENT_STORAGE: i16 = 7;
const TAG_NUMBER_GREATER_THAN_32767: i16 = 9;
const TLV_SIZE_GREATER_THAN_32767: i16 = 10;
const TLV_LENGTH_GREATER_THAN_32767: i16 = 11;

/// A `TLVException`.
fn fail<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::TLV_EXCEPTION, reason)
}

/// What a method that reads a tag throws.
fn bad_tag<T>(call: &mut Call<'_, '_>, error: Malformed) -> Result<T, Trap> {
    match error {
        Malformed::Truncated => call.throw(Standard::ArrayIndexOutOfBounds),
        Malformed::TagSize => fail(call, ILLEGAL_SIZE),
        _ => fail(call, MALFORMED_TAG),
    }
}

/// What a method throws that reads a structure from an offset to wherever it ends.
fn bad_structure<T>(call: &mut Call<'_, '_>, error: Malformed) -> Result<T, Trap> {
    match error {
        Malformed::Truncated => call.throw(Standard::ArrayIndexOutOfBounds),
        _ => fail(call, MALFORMED_TLV),
    }
}

/// What a method throws that reads a structure of which it is told the length.
fn bad_input<T>(call: &mut Call<'_, '_>, error: Malformed) -> Result<T, Trap> {
    match error {
        Malformed::TagSize | Malformed::LengthSize => fail(call, ILLEGAL_SIZE),
        _ => fail(call, MALFORMED_TLV),
    }
}
