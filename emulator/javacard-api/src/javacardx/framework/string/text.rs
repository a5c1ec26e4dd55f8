//! `StringUtil`: code points, comparison, search.

use jcvm::Trap;

use super::{output, utf8};
use crate::{
    Call,
    javacardx::framework::checks::{part, short},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/string/StringUtil.codePointAt([BSSS[BS)S", code_point_at),
    ("javacardx/framework/string/StringUtil.codePointBefore([BSSS[BS)S", code_point_before),
    ("javacardx/framework/string/StringUtil.codePointCount([BSS)S", code_point_count),
    ("javacardx/framework/string/StringUtil.compare(Z[BSS[BSS)S", compare),
    ("javacardx/framework/string/StringUtil.endsWith([BSS[BSSS)Z", ends_with),
    ("javacardx/framework/string/StringUtil.indexOf([BSS[BSS)S", index_of),
    ("javacardx/framework/string/StringUtil.offsetByCodePoints([BSSSS)S", offset_by_code_points),
    ("javacardx/framework/string/StringUtil.startsWith([BSS[BSSS)Z", starts_with),
    ("javacardx/framework/string/StringUtil.substring([BSSSS[BS)S", substring),
];

/// An `IndexOutOfBoundsException`.
fn out_of_bounds<T>(call: &mut Call<'_, '_>) -> Result<T, Trap> {
    call.throw_class(classes::INDEX_OUT_OF_BOUNDS_EXCEPTION, 0)
}

fn code_point_count(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(utf8::count(&part(call, 0)?)))
}

/// Text and an index into it.
fn indexed(call: &mut Call<'_, '_>) -> Result<(Vec<u8>, usize), Trap> {
    let (text, index) = (part(call, 0)?, call.arguments.short(3)?);
    match usize::try_from(index) {
        Ok(index) => Ok((text, index)),
        Err(_) => out_of_bounds(call),
    }
}

fn code_point_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, index) = indexed(call)?;
    match utf8::point_at(&text, index) {
        Some(point) => output(call, 4, point),
        None => out_of_bounds(call),
    }
}

fn code_point_before(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, index) = indexed(call)?;
    match utf8::point_before(&text, index) {
        Some(point) => output(call, 4, point),
        None => out_of_bounds(call),
    }
}

fn offset_by_code_points(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, index) = indexed(call)?;
    match utf8::offset(&text, index, call.arguments.short(4)?) {
        Some(index) => Ok(short(index)),
        None => out_of_bounds(call),
    }
}

fn substring(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let text = part(call, 0)?;
    let (begin, end) = (call.arguments.short(3)?, call.arguments.short(4)?);
    match utf8::substring(&text, begin, Some(end).filter(|end| *end >= 0)) {
        Some(found) => output(call, 5, found),
        None => out_of_bounds(call),
    }
}

fn compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (mut left, mut right) = (part(call, 1)?, part(call, 4)?);
    if call.arguments.boolean(0)? {
        [left, right] = [left, right].map(|text| utf8::in_case(&text, true));
    }
    Ok(utf8::compare(&left, &right))
}

fn index_of(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, wanted) = (part(call, 0)?, part(call, 3)?);
    Ok(utf8::find(&text, &wanted).map_or(-1, short))
}

/// Text, and as much of another one as a number of code points says; all of it when the number is negative.
fn with_affix(call: &mut Call<'_, '_>) -> Result<(Vec<u8>, Vec<u8>), Trap> {
    let (text, mut affix) = (part(call, 0)?, part(call, 3)?);
    let points = call.arguments.short(6)?;
    if points >= 0 {
        match utf8::offset(&affix, 0, points) {
            Some(end) => affix.truncate(end),
            None => return out_of_bounds(call),
        }
    }
    Ok((text, affix))
}

fn starts_with(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, prefix) = with_affix(call)?;
    Ok(i32::from(text.starts_with(&prefix)))
}

fn ends_with(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (text, suffix) = with_affix(call)?;
    Ok(i32::from(text.ends_with(&suffix)))
}
