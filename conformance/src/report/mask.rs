//! Secrets in recorded commands. The session hides them when it records; a report hides them once more, so that a case that records by
//! itself, or a report from elsewhere, shows no PIN and no key either.

use core::ops::Range;

use globalplatform::describe::{Receiver, describe};
use iso7816::Command;

/// A byte that is hidden.
pub const HIDDEN: &str = "**";
/// Where Lc is.
const LC_AT: usize = 4;
/// Instructions whose data are a PIN, by whatever class an applet has them: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER
/// [ISO 7816-4 §11.5].
const PIN_INSTRUCTIONS: &[u8] = &[0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D];

/// Bytes of recorded hexadecimal, hidden ones as 00; `None` when it is none, e.g. a reset.
#[must_use]
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.contains(HIDDEN) { hex::decode(text.replace('*', "0")) } else { hex::decode(text) }.ok()
}

/// A recorded command without its secrets.
#[must_use]
pub fn command(text: &str) -> String {
    let Some(bytes) = bytes(text) else { return text.to_owned() };
    let (command, whole) = match Command::parse(&bytes) {
        Ok(command) => (command, true),
        // Of a command whose lengths are wrong, all is hidden if anything of it would be.
        Err(_) => match bytes.split_at_checked(LC_AT + 1) {
            Some(([cla, ins, p1, p2, _], rest)) => {
                (Command::new(*cla, *ins, *p1, *p2).with_data(rest), false)
            }
            _ => return text.to_owned(),
        },
    };
    let secrets = secrets(&command);
    if secrets.is_empty() {
        return text.to_owned();
    }
    // Lc has three bytes when the first is 00 and data follow.
    let start = if whole && bytes.get(LC_AT) == Some(&0) { LC_AT + 3 } else { LC_AT + 1 };
    hide(text, start, command.data.len(), |offset| {
        !whole || secrets.iter().any(|range| range.contains(&offset))
    })
}

/// Where a command's data are secret, whoever gets it: a report does not know who was selected.
fn secrets(command: &Command) -> Vec<Range<usize>> {
    let receivers = [Receiver::SecurityDomain, Receiver::Application];
    let mut secrets: Vec<_> = receivers
        .iter()
        .filter_map(|receiver| describe(command, *receiver))
        .flat_map(|description| description.secrets)
        .collect();
    if PIN_INSTRUCTIONS.contains(&command.header.ins) && !command.data.is_empty() {
        secrets.push(0..command.data.len());
    }
    secrets
}

/// Hides those of the `length` bytes from `start` on of which `secret` says so.
fn hide(text: &str, start: usize, length: usize, secret: impl Fn(usize) -> bool) -> String {
    let pairs = text.as_bytes().chunks(2).enumerate();
    pairs.fold(String::with_capacity(text.len()), |mut hidden, (index, pair)| {
        let offset = index.checked_sub(start).filter(|offset| *offset < length);
        if offset.is_some_and(&secret) {
            hidden.push_str(HIDDEN);
        } else {
            hidden.extend(pair.iter().copied().map(char::from));
        }
        hidden
    })
}

#[cfg(test)]
mod tests {
    use super::{bytes, command};

    #[test]
    fn pins_and_keys_are_hidden_and_nothing_else() {
        assert_eq!(command("002000010431323334"), "0020000104********");
        assert_eq!(command("B02000010431323334"), "B020000104********");
        assert_eq!(command("0020000100000431323334"), "00200001000004********");
        assert_eq!(command("00A4040000"), "00A4040000");
        assert_eq!(command("RESET"), "RESET");
        let put = "80D80081170180101112131415161718191A1B1C1D1E1F1003AABBCC00";
        let hidden = command(put);
        assert!(hidden.starts_with("80D80081") && !hidden.contains("101112"), "{hidden}");
        assert_eq!(hidden.len(), put.len());
        // Lengths that are wrong protect nobody.
        assert_eq!(command("80D8008105010101"), "80D8008105******");
        assert_eq!(command("002000010831323334"), "0020000108********");
        assert_eq!(command("80CA006605010101"), "80CA006605010101");
    }

    #[test]
    fn what_is_hidden_already_stays_so() {
        for text in ["0020000104********", "0020000108********31323334"] {
            let hidden = command(text);
            assert!(hidden.ends_with("********") && !hidden.contains("31"), "{hidden}");
        }
        assert_eq!(bytes("80**00"), Some(vec![0x80, 0, 0]));
        assert_eq!(bytes("8*"), None);
    }
}
