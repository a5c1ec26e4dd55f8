//! A card whose commands are logged.

use std::time::Instant;

use crate::VirtualCard;

/// How much of a command is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Header, lengths and status word: never a PIN, key or other data.
    #[default]
    Headers,
    /// All bytes, **PINs and plain keys among them**.
    Bytes,
}

/// Logs every command to the card inside, at debug level.
pub struct Traced<C> {
    card: C,
    name: String,
    detail: Detail,
}

impl<C: VirtualCard> Traced<C> {
    /// Logs the commands to `card` under `name`.
    pub fn new(card: C, name: impl Into<String>, detail: Detail) -> Self {
        Self { card, name: name.into(), detail }
    }
}

impl<C: VirtualCard> VirtualCard for Traced<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn power_on(&mut self) {
        tracing::debug!(card = self.name, "power on");
        self.card.power_on();
    }

    fn power_off(&mut self) {
        tracing::debug!(card = self.name, "power off");
        self.card.power_off();
    }

    fn reset(&mut self) {
        tracing::debug!(card = self.name, "reset");
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return self.card.transmit(command);
        }
        let start = Instant::now();
        let response = self.card.transmit(command);
        let took = start.elapsed();
        let card = &self.name;
        match self.detail {
            Detail::Headers => {
                tracing::debug!(card, ?took, "{}", headers(command, &response));
            }
            Detail::Bytes => {
                let (command, response) = (hex::encode(command), hex::encode(&response));
                tracing::debug!(card, ?took, "{command} -> {response}");
            }
        }
        response
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
