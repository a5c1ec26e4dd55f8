//! Encodings of characters other than UTF-8.

/// The encodings that are supported, by their number in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// 1.
    Utf8,
    /// 2: big-endian with a byte order mark; without one it is read as big-endian [RFC 2781 §4.3].
    Utf16,
    /// 3.
    Utf16Le,
    /// 4.
    Utf16Be,
    /// 5: big-endian, and only characters of the basic plane.
    Ucs2,
    /// 7.
    Latin1,
}

const MARK: u16 = 0xFEFF;
const SWAPPED_MARK: u16 = 0xFFFE;

impl Charset {
    /// The encoding with this number. The septets of GSM 03.38 (6) are not supported: the API does not say whether they are packed.
    pub(super) const fn from_number(number: i8) -> Option<Self> {
        Some(match number {
            1 => Self::Utf8,
            2 => Self::Utf16,
            3 => Self::Utf16Le,
            4 => Self::Utf16Be,
            5 => Self::Ucs2,
            7 => Self::Latin1,
            _ => return None,
        })
    }

    /// UTF-8 in this encoding; `None` when it is none, or has characters that the encoding has not.
    pub(super) fn encode(self, text: &[u8]) -> Option<Vec<u8>> {
        let text = str::from_utf8(text).ok()?;
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16 if text.is_empty() => Some(Vec::new()),
            Self::Utf16 => Some(big_endian(core::iter::once(MARK).chain(text.encode_utf16()))),
            Self::Utf16Be => Some(big_endian(text.encode_utf16())),
            Self::Utf16Le => Some(big_endian(text.encode_utf16().map(u16::swap_bytes))),
            Self::Ucs2 => {
                let units: Option<Vec<u16>> =
                    text.chars().map(|point| u16::try_from(u32::from(point)).ok()).collect();
                units.map(|units| big_endian(units.into_iter()))
            }
            Self::Latin1 => text.chars().map(|point| u8::try_from(u32::from(point)).ok()).collect(),
        }
    }

    /// Text in this encoding as UTF-8; `None` when it is none.
    pub(super) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        let decoded = match self {
            Self::Utf8 => str::from_utf8(text).ok()?.to_owned(),
            Self::Latin1 => text.iter().copied().map(char::from).collect(),
            Self::Ucs2 => units(text)?
                .into_iter()
                .map(|unit| char::from_u32(unit.into()))
                .collect::<Option<_>>()?,
            Self::Utf16Be => String::from_utf16(&units(text)?).ok()?,
            Self::Utf16Le => String::from_utf16(&swapped(&units(text)?)).ok()?,
            Self::Utf16 => marked(&units(text)?)?,
        };
        Some(decoded.into_bytes())
    }
}

fn marked(units: &[u16]) -> Option<String> {
    match units {
        [MARK, rest @ ..] => String::from_utf16(rest).ok(),
        [SWAPPED_MARK, rest @ ..] => String::from_utf16(&swapped(rest)).ok(),
        _ => String::from_utf16(units).ok(),
    }
}

fn swapped(units: &[u16]) -> Vec<u16> {
    units.iter().map(|unit| unit.swap_bytes()).collect()
}

fn units(text: &[u8]) -> Option<Vec<u16>> {
    let (pairs, rest) = text.as_chunks();
    rest.is_empty().then(|| pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

fn big_endian(units: impl Iterator<Item = u16>) -> Vec<u8> {
    units.flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_encoding_has_its_form() {
        let text = "é€".as_bytes();
        assert_eq!(Charset::Utf16.encode(text), Some(hex!("FEFF 00E9 20AC").to_vec()));
        assert_eq!(Charset::Utf16Be.encode(text), Some(hex!("00E9 20AC").to_vec()));
        assert_eq!(Charset::Utf16Le.encode(text), Some(hex!("E900 AC20").to_vec()));
        assert_eq!(Charset::Ucs2.encode(text), Some(hex!("00E9 20AC").to_vec()));
        assert_eq!(Charset::Latin1.encode(text), None);
        assert_eq!(Charset::Latin1.encode("é".as_bytes()), Some(vec![0xE9]));
        assert_eq!(Charset::Ucs2.encode("\u{1F600}".as_bytes()), None);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(Charset::Utf8.encode(b"\xFF"), None);
        assert_eq!(Charset::Utf16Be.decode(&hex!("D83D")), None);
        assert_eq!(Charset::Ucs2.decode(&hex!("D83DDE00")), None);
        assert_eq!(Charset::Ucs2.decode(&hex!("00")), None);
        assert_eq!(Charset::Utf16.decode(&hex!("FFFE E900")), Some("é".as_bytes().to_vec()));
    }

    proptest! {
        #[test]
        fn text_survives_the_way_there_and_back(text: String) {
            for charset in [Charset::Utf8, Charset::Utf16, Charset::Utf16Le, Charset::Utf16Be] {
                let encoded = charset.encode(text.as_bytes()).unwrap();
                if charset == Charset::Utf16 || !text.starts_with('\u{FEFF}') {
                    prop_assert_eq!(charset.decode(&encoded), Some(text.clone().into_bytes()));
                }
            }
        }

        #[test]
        fn anything_is_decoded_or_refused(bytes: Vec<u8>, number in 0_i8..10) {
            if let Some(decoded) = Charset::from_number(number).and_then(|it| it.decode(&bytes)) {
                prop_assert!(str::from_utf8(&decoded).is_ok());
            }
        }
    }
}
