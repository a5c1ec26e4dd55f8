//! `BCDUtil` and `ParityBit`.

use jcvm::{Standard, Trap, Write};

use super::{BYTES_MAX, bcd, unsigned};
use crate::{
    Call,
    javacardx::framework::checks::{part, short},
    registry::Natives,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/math/BCDUtil.convertToBCD([BSS[BS)S", convert_to_bcd),
    ("javacardx/framework/math/BCDUtil.convertToHex([BSS[BS)S", convert_to_hex),
    ("javacardx/framework/math/BCDUtil.getMaxBytesSupported()S", get_max_bytes_supported),
    ("javacardx/framework/math/BCDUtil.isBCDFormat([BSS)Z", is_bcd_format),
    ("javacardx/framework/math/BigNumber.getMaxBytesSupported()S", get_max_bytes_supported),
    ("javacardx/framework/math/ParityBit.set([BSSZ)V", set_parity),
];

#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
fn get_max_bytes_supported(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(BYTES_MAX))
}

/// The part of the input array, which is not empty.
fn input(call: &mut Call<'_, '_>) -> Result<Vec<u8>, Trap> {
    let bytes = part(call, 0)?;
    if bytes.is_empty() { call.throw(Standard::Arithmetic) } else { Ok(bytes) }
}

fn output(call: &mut Call<'_, '_>, bytes: &[u8]) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(3)?, call.arguments.short(4)?);
    call.vm.write_bytes(array, offset, bytes, Write::Transactional)?;
    Ok(short(bytes.len()))
}

fn convert_to_hex(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let digits = input(call)?;
    let Some(mut value) = bcd::to_value(&digits, BYTES_MAX) else {
        return call.throw(Standard::Arithmetic);
    };
    if value.is_empty() {
        value.push(0);
    }
    output(call, &value)
}

fn convert_to_bcd(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = input(call)?;
    if unsigned::trim(&value).len() > BYTES_MAX {
        return call.throw(Standard::Arithmetic);
    }
    output(call, &bcd::from_value(&value))
}

fn is_bcd_format(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(bcd::is_bcd(&input(call)?)))
}

/// Sets the last bit of every byte so that the number of bits that are set is even, or odd.
fn set_parity(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (mut bytes, even) = (part(call, 0)?, call.arguments.boolean(3)?);
    for byte in &mut bytes {
        let odd_so_far = (*byte >> 1).count_ones() % 2 == 1;
        *byte = *byte & !1 | u8::from(odd_so_far == even);
    }
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(0)
}
