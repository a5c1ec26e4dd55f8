//! Numbers and bytes as cards' documents write them.

/// A byte in hex, as key versions and options are written: `15`, `0x15`.
pub(super) fn hex_byte(text: &str) -> Result<u8, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > 2 {
        return Err("one or two hex digits are expected, e.g. 15".to_owned());
    }
    u8::from_str_radix(digits, 16).map_err(|_| "hex digits are expected, e.g. 15".to_owned())
}

/// A serial number: decimal, or hex after `0x`.
pub(super) fn serial(text: &str) -> Result<u32, String> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    }
    .map_err(|_| "a number below 4294967296 is expected, decimal or hex after 0x".to_owned())
}

/// Bytes in hex; blanks and colons between them do not matter.
pub(super) fn hex_bytes(text: &str) -> Result<HexBytes, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    hex::decode(digits).map(HexBytes).map_err(|error| error.to_string())
}

/// Bytes of one argument. (A `Vec` would be taken by clap for several arguments.)
#[derive(Clone, Debug)]
pub(super) struct HexBytes(pub(super) Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_hex_and_serials_decimal_unless_they_say_otherwise() {
        assert_eq!(hex_byte("15"), Ok(0x15));
        assert_eq!(hex_byte("0x7"), Ok(7));
        assert!(hex_byte("").is_err());
        assert!(hex_byte("100").is_err());
        assert_eq!(serial("15"), Ok(15));
        assert_eq!(serial("0xFFFFFFFF"), Ok(u32::MAX));
        assert!(serial("4294967296").is_err());
        assert_eq!(hex_bytes("3B 00:01").unwrap().0, [0x3B, 0, 1]);
        assert!(hex_bytes("3B0").is_err());
    }
}
