//! `CVM`: the global PIN [GPCS 2.3.1 §8.2, §A.2].

use jcvm::Trap;
use zeroize::Zeroizing;

use super::{ask_card, caller, card::GlobalPin, on_card};
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("org/globalplatform/CVM.isActive()Z", is_active),
    ("org/globalplatform/CVM.isSubmitted()Z", is_submitted),
    ("org/globalplatform/CVM.isVerified()Z", is_verified),
    ("org/globalplatform/CVM.isBlocked()Z", is_blocked),
    ("org/globalplatform/CVM.getTriesRemaining()B", get_tries_remaining),
    ("org/globalplatform/CVM.update([BSBB)Z", update),
    ("org/globalplatform/CVM.resetState()Z", reset_state),
    ("org/globalplatform/CVM.blockState()Z", block_state),
    ("org/globalplatform/CVM.resetAndUnblockState()Z", reset_and_unblock_state),
    ("org/globalplatform/CVM.setTryLimit(B)Z", set_try_limit),
    ("org/globalplatform/CVM.verify([BSBB)S", verify),
];

/// CVM Management privilege, in the first byte [GPCS 2.3.1 §6.6.1].
const CVM_MANAGEMENT: u8 = 0x02;
/// `FORMAT_ASCII`, `FORMAT_BCD`, `FORMAT_HEX`.
const FORMAT_ASCII: i8 = 1;
const FORMAT_HEX: i8 = 3;
/// `CVM_SUCCESS`, `CVM_FAILURE`.
const SUCCESS: i32 = 0;
const FAILURE: i32 = -1;

fn tell(call: &Call<'_, '_>, what: impl Fn(GlobalPin) -> bool) -> Result<i32, Trap> {
    Ok(i32::from(what(call.platform.pin())))
}

fn is_active(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    tell(call, |pin| pin.is_active())
}

fn is_submitted(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    tell(call, |pin| pin.submitted)
}

fn is_verified(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    tell(call, |pin| pin.verified)
}

fn is_blocked(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    tell(call, |pin| pin.is_blocked())
}

fn get_tries_remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.platform.pin().tries))
}

/// Whether the caller may change the PIN.
fn manages(call: &Call<'_, '_>) -> bool {
    let entry = call.platform.entry(&caller(call));
    entry.is_some_and(|entry| entry.privileges[0] & CVM_MANAGEMENT != 0)
}

/// The value in an array, in the one form in which it is kept: two digits a byte of ASCII and BCD, any bytes of hex.
fn value(call: &mut Call<'_, '_>) -> Result<Option<Zeroizing<Vec<u8>>>, Trap> {
    let arguments = call.arguments;
    let (array, offset) = (arguments.reference(1)?, arguments.short(2)?);
    let length = i16::from(arguments.byte(3)?);
    let given = Zeroizing::new(call.vm.bytes(array, offset, length)?.to_vec());
    let digits = |byte: &u8| byte.is_ascii_digit();
    Ok(match arguments.byte(4)? {
        FORMAT_ASCII if given.iter().all(digits) => Some(packed(&given)),
        FORMAT_ASCII..=FORMAT_HEX => Some(given),
        _ => None,
    })
}

/// ASCII digits as BCD, an odd last one followed by F.
fn packed(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let nibble = |digit: Option<&u8>| digit.map_or(0x0F, |digit| digit & 0x0F);
    let pair = |pair: &[u8]| nibble(pair.first()) << 4 | nibble(pair.get(1));
    Zeroizing::new(digits.chunks(2).map(pair).collect())
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(value) = value(call)? else { return Ok(0) };
    if !manages(call) {
        return Ok(0);
    }
    ask_card(call, |card| card.set_pin(&value))?;
    Ok(1)
}

fn set_try_limit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Ok(limit @ 1..) = u8::try_from(call.arguments.byte(1)?) else { return Ok(0) };
    if !manages(call) {
        return Ok(0);
    }
    ask_card(call, |card| card.set_pin_tries(limit, limit))?;
    Ok(1)
}

/// Forgets that the PIN was verified; the tries stay as they are.
fn reset_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let pin = call.platform.pin();
    if !pin.is_active() || pin.is_blocked() {
        return Ok(0);
    }
    on_card(call, |card| card.reset_pin())?;
    Ok(1)
}

fn block_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let pin = call.platform.pin();
    if !pin.is_active() || !manages(call) {
        return Ok(0);
    }
    on_card(call, |card| card.reset_pin())?;
    ask_card(call, |card| card.set_pin_tries(pin.limit, 0))?;
    Ok(1)
}

fn reset_and_unblock_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let pin = call.platform.pin();
    if !pin.is_active() || !manages(call) {
        return Ok(0);
    }
    on_card(call, |card| card.reset_pin())?;
    ask_card(call, |card| card.set_pin_tries(pin.limit, pin.limit))?;
    Ok(1)
}

fn verify(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(value) = value(call)? else { return Ok(FAILURE) };
    let pin = call.platform.pin();
    if !pin.is_active() || pin.is_blocked() {
        return Ok(FAILURE);
    }
    let right = ask_card(call, |card| card.verify_pin(&value))?;
    Ok(if right { SUCCESS } else { FAILURE })
}
