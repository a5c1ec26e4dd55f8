//! `javacardx.apdu` and `javacardx.apdu.util`: the marker of extended length, which has no methods, and class bytes.

use jcvm::Trap;

use crate::{Call, registry::Natives};

/// Natives of these packages: a list each module.
pub(crate) const LISTS: &[Natives] = &[NATIVES];

const NATIVES: Natives = &[
    ("javacardx/apdu/util/APDUUtil.getCLAChannel(B)B", get_channel),
    ("javacardx/apdu/util/APDUUtil.isCommandChainingCLA(B)Z", is_chaining),
    ("javacardx/apdu/util/APDUUtil.isISOInterindustryCLA(B)Z", is_interindustry),
    ("javacardx/apdu/util/APDUUtil.isSecureMessagingCLA(B)Z", is_secure_messaging),
    ("javacardx/apdu/util/APDUUtil.isValidCLA(B)Z", is_valid),
];

/// Reserved for future use: bits 8 to 6 are 001, and FF, which is invalid [ISO/IEC 7816-4 §5.4.1].
const fn valid(class: u8) -> bool {
    class & 0xE0 != 0x20 && class != 0xFF
}

/// Whether the class byte has room for channels 4 to 19, and a single bit for secure messaging [JCRE 3.0.5 §4.3].
const fn is_further(class: u8) -> bool {
    class & 0x40 != 0
}

const fn channel(class: u8) -> u8 {
    match class {
        _ if !valid(class) => 0,
        _ if is_further(class) => (class & 0x0F) + 4,
        _ => class & 0x03,
    }
}

const fn secure_messaging(class: u8) -> bool {
    valid(class) && class & if is_further(class) { 0x20 } else { 0x0C } != 0
}

fn class(call: &Call<'_, '_>) -> Result<u8, Trap> {
    Ok(call.arguments.byte(0)?.cast_unsigned())
}

fn get_channel(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(channel(class(call)?).into())
}

fn is_secure_messaging(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(secure_messaging(class(call)?).into())
}

fn is_chaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let class = class(call)?;
    Ok(i32::from(valid(class) && class & 0x10 != 0))
}

fn is_interindustry(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(class(call)? & 0x80 == 0))
}

fn is_valid(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(valid(class(call)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_bytes_are_read_as_iso_7816_codes_them() {
        // Class byte, channel, secure messaging.
        let cases = [
            (0x00, 0, false),
            (0x03, 3, false),
            (0x84, 0, true),
            (0x0D, 1, true),
            (0x40, 4, false),
            (0x6F, 19, true),
            (0xCF, 19, false),
            (0x23, 0, false),
            (0xFF, 0, false),
        ];
        for (class, number, secure) in cases {
            assert_eq!((channel(class), secure_messaging(class)), (number, secure), "{class:02X}");
        }
    }

    #[test]
    fn what_is_reserved_is_invalid() {
        assert!((0x20..0x40).all(|class| !valid(class)) && !valid(0xFF));
        assert!(valid(0xA0) == (0xA0 & 0xE0 != 0x20));
    }
}
