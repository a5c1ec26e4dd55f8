//! How values are written in messages: four ways to escape, one way to read them all.

use zeroize::Zeroizing;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `%XX`, upper-case.
fn escape(to: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
    to.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0x0F)]);
}

/// Appends `bytes` with everything escaped that `literal` does not let through; a space becomes `+` where `plus` says so.
fn append(to: &mut Vec<u8>, bytes: &[u8], plus: bool, literal: impl Fn(u8) -> bool) {
    // At once and not in steps: a buffer that grows leaves copies of secrets behind.
    to.reserve(bytes.len().saturating_mul(3));
    for byte in bytes {
        match *byte {
            b' ' if plus => to.push(b'+'),
            byte if literal(byte) => to.push(byte),
            byte => escape(to, byte),
        }
    }
}

/// As TPS writes PDUs: every byte `%XX`.
pub fn append_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    append(to, bytes, false, |_| false);
}

/// As ESC writes values, and both clients write PDUs: letters and digits as they are, space as `+`, all else `%XX`.
pub fn append_esc(to: &mut Vec<u8>, bytes: &[u8]) {
    append(to, bytes, true, |byte| byte.is_ascii_alphanumeric());
}

/// As Java's `URLEncoder` writes text, and so TPS: letters, digits and `.-*_` as they are, space as `+`, all else `%XX`.
pub fn append_form(to: &mut Vec<u8>, text: &str) {
    append(to, text.as_bytes(), true, |byte| {
        byte.is_ascii_alphanumeric() || b".-*_".contains(&byte)
    });
}

/// As tpsclient writes extensions: `/ = CR LF + &` as `%XX`, space as `+`, all else as it is.
pub fn append_tpsclient(to: &mut Vec<u8>, bytes: &[u8]) {
    append(to, bytes, true, |byte| !b"/=\r\n+&".contains(&byte));
}

/// Reads a value: `+` is a space, `%XX` a byte, all else stands for itself; so does a `%` that no two hexadecimal digits follow.
#[must_use]
pub fn decode(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match *first {
            b'+' => b' ',
            b'%' => match tail {
                [high, low, after @ ..] => match (nibble(*high), nibble(*low)) {
                    (Some(high), Some(low)) => {
                        rest = after;
                        high << 4 | low
                    }
                    _ => b'%',
                },
                _ => b'%',
            },
            byte => byte,
        });
    }
    bytes
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
