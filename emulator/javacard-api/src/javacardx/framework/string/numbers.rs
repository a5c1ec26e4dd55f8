//! `StringUtil`: numbers and booleans as text.

use jcvm::{Standard, Trap};

use super::{ILLEGAL_NUMBER_FORMAT, fail, integer, output};
use crate::{
    Call,
    javacardx::framework::checks::{part, short},
    registry::Natives,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/string/StringUtil.parseBoolean([BSS)Z", parse_boolean),
    ("javacardx/framework/string/StringUtil.parseLongInteger([BSS[SS)S", parse_long),
    ("javacardx/framework/string/StringUtil.parseShortInteger([BSS)S", parse_short),
    ("javacardx/framework/string/StringUtil.valueOf(S[BS)S", value_of_short),
    ("javacardx/framework/string/StringUtil.valueOf(Z[BS)S", value_of_boolean),
    ("javacardx/framework/string/StringUtil.valueOf([S[BS)S", value_of_shorts),
];

fn value_of_boolean(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text: &[u8] = if call.arguments.boolean(0)? { b"true" } else { b"false" };
    output(call, 1, text)
}

fn parse_boolean(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(part(call, 0)?.eq_ignore_ascii_case(b"true")))
}

fn value_of_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text = call.arguments.short(0)?.to_string();
    output(call, 1, text.as_bytes())
}

fn parse_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let number = integer::parse(&part(call, 0)?).map(i16::try_from);
    match number {
        Some(Ok(number)) => Ok(number.into()),
        _ => fail(call, ILLEGAL_NUMBER_FORMAT),
    }
}

fn value_of_shorts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let array = call.arguments.reference(0)?;
    let length = i16::try_from(call.vm.array_length(array)?).unwrap_or(i16::MAX);
    let mut shorts = Vec::new();
    // One more than there may be is enough to see that there are too many.
    for index in 0..length.min(5) {
        shorts.push(call.vm.short_at(array, index)?);
    }
    match integer::from_shorts(&shorts) {
        Some(number) => output(call, 1, number.to_string().as_bytes()),
        None => fail(call, ILLEGAL_NUMBER_FORMAT),
    }
}

fn parse_long(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(number) = integer::parse(&part(call, 0)?) else {
        return fail(call, ILLEGAL_NUMBER_FORMAT);
    };
    let (array, offset) = (call.arguments.reference(3)?, call.arguments.short(4)?);
    let shorts = integer::to_shorts(number);
    let places = i32::from(offset)..i32::from(offset) + short(shorts.len());
    let length = call.vm.array_length(array)?;
    if offset < 0 || usize::try_from(places.end).is_ok_and(|end| end > length) {
        return call.throw(Standard::ArrayIndexOutOfBounds);
    }
    for (index, number) in places.zip(&shorts) {
        let index = i16::try_from(index).unwrap_or(i16::MAX);
        call.vm.set_short_at(array, index, *number)?;
    }
    Ok(short(shorts.len()))
}
