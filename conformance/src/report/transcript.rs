//! Exchanges in words, for every report that shows them.

use core::fmt::Write as _;

use globalplatform::describe::{Field, Receiver, describe, describe_response};
use iso7816::{Command, Response, StatusWord};

use super::{mask, record::Exchange};

/// What a command is, as far as a report can know.
pub(crate) struct Words {
    /// Its name.
    pub(crate) name: String,
    /// The clause that defines it.
    pub(crate) clause: Option<&'static str>,
    /// Fields of the command.
    pub(crate) fields: Vec<Field>,
    /// Status word of the answer and what it means.
    pub(crate) status: Option<String>,
    /// Fields of the answer.
    pub(crate) answer: Vec<Field>,
}

/// An exchange in words, out of its secure channel.
pub(crate) fn words(exchange: &Exchange) -> Words {
    let (command, response) = exchange.plain();
    if exchange.is_reset() {
        return Words { status: None, ..named("reset") };
    }
    let response = mask::bytes(response).and_then(|bytes| Response::parse(&bytes).ok());
    let status = response.as_ref().map(|response| status_text(response.status));
    let parsed = mask::bytes(command).and_then(|bytes| Command::parse(&bytes).ok());
    let Some(command) = parsed else {
        return Words { status, ..named("no command") };
    };
    let mut words = explained(&command);
    if let Some(response) = &response {
        words.answer = describe_response(&command, response);
    }
    Words { status, ..words }
}

fn named(name: &str) -> Words {
    let name = name.to_owned();
    Words { name, clause: None, fields: Vec::new(), status: None, answer: Vec::new() }
}

/// Who was selected is not known here: what a security domain knows goes before what an application may.
fn explained(command: &Command) -> Words {
    let description = describe(command, Receiver::SecurityDomain)
        .or_else(|| describe(command, Receiver::Application));
    match description {
        Some(description) => Words {
            clause: Some(description.clause),
            fields: description.fields,
            ..named(&description.name)
        },
        None => named(&format!("INS {:02X}", command.header.ins)),
    }
}

/// A status word and its meaning.
pub(crate) fn status_text(status: StatusWord) -> String {
    let meaning = match (status.meaning(), status.to_bytes()) {
        (Some(meaning), _) => meaning.to_owned(),
        (None, [0x61, length]) => format!("{length:02X} more bytes wait"),
        (None, [0x63, tries @ 0xC0..=0xCF]) => format!("{} tries left", tries & 0x0F),
        (None, [0x6C, length]) => format!("wrong Le, {length:02X} is right"),
        _ => return format!("{:04X}", status.0),
    };
    format!("{:04X} {meaning}", status.0)
}

/// The transcript as lines of text: what was meant, then what went over the wire.
pub(crate) fn text(transcript: &[Exchange]) -> String {
    transcript.iter().fold(String::new(), |mut text, exchange| {
        let words = words(exchange);
        let status = words.status.unwrap_or_default();
        let _ = writeln!(text, "{}  {status}", words.name);
        if let Some(opened) = &exchange.opened {
            let _ = writeln!(text, "  plain > {}\n  plain < {}", opened.command, opened.response);
        }
        let _ = writeln!(text, "  > {}\n  < {}", exchange.command, exchange.response);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{super::record::Exchange, text, words};

    fn exchange(command: &str, response: &str) -> Exchange {
        Exchange { command: command.to_owned(), response: response.to_owned(), opened: None }
    }

    #[test]
    fn commands_and_status_words_have_names() {
        let words = words(&exchange("80F28002024F0000", "6982"));
        assert!(words.name.starts_with("GET STATUS"), "{}", words.name);
        assert_eq!(words.status.unwrap(), "6982 security status not satisfied");
        let text = text(&[exchange("RESET", "3B00"), exchange("80", "6700"), exchange("FF", "")]);
        assert_eq!(text.lines().count(), 9);
        assert!(text.contains("no command  6700 wrong length"), "{text}");
    }
}
