//! CLA and secure messaging: what goes over the wire, and what enters a MAC [GPCS 2.3.1 §11.1.4].
//!
//! Two codings: the first interindustry one for logical channels 0 to 3, the further one for 4 to 19.

use iso7816::Header;

use super::error::ScpError;

/// Secure messaging of GlobalPlatform in the first and in the further coding; the former's two bits tell it from that of ISO.
const SECURE_FIRST: u8 = 0x04;
const SECURE_FIRST_MASK: u8 = 0x0C;
const SECURE_FURTHER: u8 = 0x20;
/// The further coding.
const FURTHER: u8 = 0x40;
/// The class of GlobalPlatform.
const PROPRIETARY: u8 = 0x80;

/// Whether CLA announces the secure messaging of GlobalPlatform, not that of ISO.
pub(super) const fn is_secured(cla: u8) -> bool {
    if cla & FURTHER == 0 {
        cla & SECURE_FIRST_MASK == SECURE_FIRST
    } else {
        cla & SECURE_FURTHER != 0
    }
}

/// CLA with the secure messaging bit of its coding.
pub(super) const fn secured_class(cla: u8) -> u8 {
    if cla & FURTHER == 0 { cla | SECURE_FIRST } else { cla | SECURE_FURTHER }
}

/// CLA without the secure messaging bits of its coding.
pub(super) const fn unsecured_class(cla: u8) -> u8 {
    if cla & FURTHER == 0 { cla & !SECURE_FIRST_MASK } else { cla & !SECURE_FURTHER }
}

/// CLA as it enters a C-MAC over the modified APDU: logical channel 0, secure messaging in the first coding.
pub(super) const fn mac_class(cla: u8) -> u8 {
    plain_class(cla) | SECURE_FIRST
}

/// CLA as it enters a C-MAC over the unmodified APDU, or an R-MAC of SCP02: logical channel 0, no secure messaging.
pub(super) const fn plain_class(cla: u8) -> u8 {
    if cla & FURTHER == 0 { cla & !0x0F } else { cla & PROPRIETARY }
}

/// The number, when a logical channel has it.
pub(super) fn known_channel(channel: u8) -> Result<u8, ScpError> {
    on_channel(Header::new(0, 0, 0, 0), Some(channel)).map(|_| channel)
}

/// The header on a logical channel, where one is named.
pub(super) fn on_channel(header: Header, channel: Option<u8>) -> Result<Header, ScpError> {
    let Some(channel) = channel else { return Ok(header) };
    header.with_channel(channel).ok_or(ScpError::UnknownLogicalChannel(channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CLA of each logical channel, plain and secured, for GlobalPlatform's class (80) or ISO's (00).
    fn channels(class: u8) -> Vec<(u8, u8)> {
        let first = (0..4).map(|channel| (class | channel, class | 0x04 | channel));
        let further = (0..16).map(|channel| (class | 0x40 | channel, class | 0x60 | channel));
        first.chain(further).collect()
    }

    #[test]
    fn every_logical_channel_has_its_coding() {
        for class in [0x00, 0x80] {
            for (plain, secured) in channels(class) {
                assert!(!is_secured(plain) && is_secured(secured), "{plain:02X} {secured:02X}");
                assert_eq!(secured_class(plain), secured);
                assert_eq!(secured_class(secured), secured);
                assert_eq!(unsecured_class(secured), plain);
                assert_eq!(unsecured_class(plain), plain);
            }
        }
    }

    #[test]
    fn macs_do_not_depend_on_the_logical_channel() {
        for class in [0x00, 0x80] {
            for cla in channels(class).into_iter().flat_map(|(plain, secured)| [plain, secured]) {
                assert_eq!(mac_class(cla), class | 0x04, "{cla:02X}");
                assert_eq!(plain_class(cla), class, "{cla:02X}");
            }
        }
    }

    #[test]
    fn secure_messaging_of_iso_is_not_ours() {
        assert!(!is_secured(0x08) && !is_secured(0x0C) && !is_secured(0x8C));
    }
}
