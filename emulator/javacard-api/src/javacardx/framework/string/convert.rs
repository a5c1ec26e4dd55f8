//! `StringUtil`: conversion between encodings, and case.

use jcvm::{Standard, Trap};

use super::{INVALID_BYTE_SEQUENCE, UNSUPPORTED_ENCODING, charset::Charset, fail, output, utf8};
use crate::{Call, javacardx::framework::checks::part, registry::Natives};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/string/StringUtil.check([BSS)Z", check),
    ("javacardx/framework/string/StringUtil.convertFrom([BSS[BSB)S", convert_from),
    ("javacardx/framework/string/StringUtil.convertTo([BSS[BSB)S", convert_to),
    ("javacardx/framework/string/StringUtil.replace([BSS[BSS[BSS[BS)S", replace),
    ("javacardx/framework/string/StringUtil.toLowerCase([BSS[BS)S", to_lower_case),
    ("javacardx/framework/string/StringUtil.toUpperCase([BSS[BS)S", to_upper_case),
    ("javacardx/framework/string/StringUtil.trim([BSS[BS)S", trim),
];

fn check(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(str::from_utf8(&part(call, 0)?).is_ok()))
}

fn convert(
    call: &mut Call<'_, '_>,
    convert: fn(Charset, &[u8]) -> Option<Vec<u8>>,
) -> Result<i32, Trap> {
    let text = part(call, 0)?;
    let Some(charset) = Charset::from_number(call.arguments.byte(5)?) else {
        return fail(call, UNSUPPORTED_ENCODING);
    };
    match convert(charset, &text) {
        Some(converted) if converted.len() > utf8::TEXT_MAX => {
            call.throw(Standard::ArrayIndexOutOfBounds)
        }
        Some(converted) => output(call, 3, &converted),
        None => fail(call, INVALID_BYTE_SEQUENCE),
    }
}

fn convert_to(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    convert(call, Charset::encode)
}

fn convert_from(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    convert(call, Charset::decode)
}

fn to_lower_case(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text = part(call, 0)?;
    output(call, 3, &utf8::in_case(&text, true))
}

fn to_upper_case(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text = part(call, 0)?;
    output(call, 3, &utf8::in_case(&text, false))
}

fn trim(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text = part(call, 0)?;
    output(call, 3, utf8::trim(&text))
}

fn replace(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, old, new) = (part(call, 0)?, part(call, 3)?, part(call, 6)?);
    match utf8::replace(&text, &old, &new) {
        Some(replaced) => output(call, 9, &replaced),
        // No array is as long.
        None => call.throw(Standard::ArrayIndexOutOfBounds),
    }
}
