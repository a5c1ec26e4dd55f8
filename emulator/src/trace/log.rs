//! The short form: a line of the log a command.

use std::time::Duration;

/// How much of a command is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Header, lengths and status word: never a PIN, key or other data.
    #[default]
    Headers,
    /// All bytes, **PINs and plain keys among them**.
    Bytes,
}

/// Logs every command at debug level.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log(pub Detail);

impl Log {
    /// Whether anybody reads it.
    pub(super) fn is_on() -> bool {
        tracing::enabled!(tracing::Level::DEBUG)
    }

    pub(super) fn command(self, card: &str, command: &[u8], response: &[u8], took: Duration) {
        match self.0 {
            Detail::Headers => tracing::debug!(card, ?took, "{}", headers(command, response)),
            Detail::Bytes => {
                let (command, response) = (hex::encode(command), hex::encode(response));
                tracing::debug!(card, ?took, "{command} -> {response}");
            }
        }
    }
}

/// `00A40400 +7 -> +0 9000`: the four header bytes, how many follow, how many come back before the status word.
fn headers(command: &[u8], response: &[u8]) -> String {
    let (header, rest) = command.split_at_checked(4).unwrap_or((&[], command));
    let (data, status) = response.split_last_chunk::<2>().unwrap_or((response, &[0; 2]));
    format!(
        "{} +{} -> +{} {}",
        hex::encode_upper(header),
        rest.len(),
        data.len(),
        hex::encode_upper(status)
    )
}

#[cfg(test)]
mod tests {
    use super::headers;

    #[test]
    fn data_is_counted_and_not_shown() {
        let verify = [0xB0, 0x42, 0, 0, 4, b'1', b'2', b'3', b'4'];
        assert_eq!(headers(&verify, &[0xAA; 10]), "B0420000 +5 -> +8 AAAA");
        assert_eq!(headers(&[0x31, 0x32], &[0x67, 0]), " +2 -> +0 6700");
    }
}
