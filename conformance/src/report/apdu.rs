//! What failed as an APDU script, so that a transcript becomes a regression script. What the format cannot express is told in a comment.

use std::io::{self, Write};

use core::fmt::Write as _;

use globalplatform::scp::InitializeUpdateAnswer;
use iso7816::{Command, Response};

use super::{
    Input, Kind,
    mask::{self, HIDDEN},
    record::{CaseRecord, Exchange, Run},
    transcript,
};

/// Options of the secure channel protocols, where the card does not tell its own in the handshake.
const CUSTOMARY: &[(u8, u8)] = &[(1, 0x05), (2, 0x15), (3, 0x00)];
/// Instructions whose answers differ each time.
const FRESH: &[u8] = &[INITIALIZE_UPDATE, 0x84];
const INITIALIZE_UPDATE: u8 = 0x50;
const EXTERNAL_AUTHENTICATE: u8 = 0x82;
const GET_RESPONSE: u8 = 0xC0;

/// Writes one script with the failed cases of all runs.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    writeln!(
        out,
        "# Cases that failed, with the answers that came: play it to see whether a card still answers so."
    )?;
    let failed: Vec<(&Run, &CaseRecord)> = input
        .runs
        .iter()
        .flat_map(|run| run.cases.iter().map(move |case| (run, case)))
        .filter(|(_, case)| Kind::of(case.grade) == Kind::Failed)
        .collect();
    writeln!(out, "{}", card(failed.iter().flat_map(|(_, case)| &case.transcript)))?;
    for (run, case) in failed {
        writeln!(out, "\n# {} on {}", comment(&case.id), comment(&run.header.subject))?;
        writeln!(out, "# {}: {}", comment(&case.title), comment(&case.finding))?;
        let lines = lines(&case.transcript);
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// The `card` line: what the first handshake tells of the card.
fn card<'a>(mut exchanges: impl Iterator<Item = &'a Exchange>) -> String {
    let answer = exchanges.find_map(|exchange| {
        let command = parsed(exchange)?;
        let response = mask::bytes(exchange.plain().1)?;
        let response = Response::parse(&response).ok()?;
        let handshake = command.header.ins == INITIALIZE_UPDATE && response.status.is_ok();
        handshake.then(|| InitializeUpdateAnswer::parse(&response.data, 0).ok())?
    });
    let Some(answer) = answer else {
        return "card scp=02 i=15    # no handshake among them: any card".to_owned();
    };
    let protocol = answer.protocol;
    let customary = CUSTOMARY.iter().find(|(id, _)| *id == protocol.id() && *id != 3);
    let option = customary.map_or(protocol.i(), |(_, option)| *option);
    format!("card scp={:02X} i={option:02X} version={:02X}", protocol.id(), answer.key_version)
}

/// A transcript, line by line.
fn lines(transcript: &[Exchange]) -> Vec<String> {
    let (mut lines, mut rest) = (Vec::new(), transcript);
    while let [first, tail @ ..] = rest {
        let (line, used) = line(first, tail);
        lines.push(line);
        rest = tail.get(used..).unwrap_or_default();
    }
    lines
}

/// The line of an exchange, and how many of those after it belong to it.
fn line(exchange: &Exchange, tail: &[Exchange]) -> (String, usize) {
    if exchange.is_reset() {
        return ("reset".to_owned(), 0);
    }
    if let Some(level) = handshake(exchange, tail.first()) {
        return (level, 1);
    }
    let fetched = fetched(exchange, tail);
    let line = expressed(exchange, &fetched)
        .unwrap_or_else(|why| format!("# not played, {why}: {}", transcript::words(exchange).name));
    (line, fetched.used)
}

/// `open VERSION LEVEL`, where INITIALIZE UPDATE is followed by an EXTERNAL AUTHENTICATE that went well.
fn handshake(start: &Exchange, end: Option<&Exchange>) -> Option<String> {
    let (start, end) = (parsed(start)?.header, (parsed(end?)?.header, end?));
    let (end, ended) = end;
    let pair = (start.ins, end.ins) == (INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE);
    let good = ended.plain().1 == "9000";
    (pair && good).then(|| format!("open {:02X} {:02X}", start.p1, end.p1))
}

/// An answer as hosts see it: parts fetched, wrong lengths corrected.
struct Fetched {
    data: String,
    status: String,
    /// Exchanges that this took after the first.
    used: usize,
}

fn fetched(exchange: &Exchange, tail: &[Exchange]) -> Fetched {
    let (data, status) = split(exchange.plain().1);
    let mut fetched = Fetched { data: data.to_owned(), status: status.to_owned(), used: 0 };
    for next in tail {
        let Some((command, first)) = parsed(next).zip(parsed(exchange)) else { break };
        let (data, status) = split(next.plain().1);
        if fetched.status.starts_with("61") && command.header.ins == GET_RESPONSE {
            fetched.data.push_str(data);
        } else if fetched.status.starts_with("6C") && command.header == first.header {
            data.clone_into(&mut fetched.data);
        } else {
            break;
        }
        status.clone_into(&mut fetched.status);
        fetched.used += 1;
    }
    fetched
}

/// Data and status word of an answer.
fn split(response: &str) -> (&str, &str) {
    let end = response.len().saturating_sub(4);
    response.split_at_checked(end).unwrap_or((response, ""))
}

fn parsed(exchange: &Exchange) -> Option<Command> {
    Command::parse(&mask::bytes(exchange.plain().0)?).ok()
}

/// The line, or why there is none.
fn expressed(exchange: &Exchange, answer: &Fetched) -> Result<String, &'static str> {
    let (text, secured) = (exchange.plain().0, exchange.opened.is_some());
    if text.contains(HIDDEN) {
        return Err("for it holds a secret");
    }
    if answer.status.len() < 4 {
        return Err("for its answer has no status word");
    }
    let command = parsed(exchange);
    let short = command.as_ref().and_then(spelled);
    let sent = match (&command, short) {
        (Some(command), Some(_)) if is_select(command) && !secured => {
            format!("select {}", hex::encode_upper(&command.data))
        }
        (_, Some(short)) if secured => short,
        (_, Some(short)) => format!("plain {short}"),
        (_, None) if secured => return Err("for it is too long to be wrapped"),
        (_, None) => format!("raw {text}"),
    };
    let fresh = command.is_some_and(|command| FRESH.contains(&command.header.ins));
    Ok(format!("{sent} => {}", expected(answer, fresh)))
}

/// SELECT as the script's own word has it.
fn is_select(command: &Command) -> bool {
    command.header.to_bytes() == [0x00, 0xA4, 0x04, 0x00] && command.expected == Some(256)
}

/// `80 F2 40 02 (4F00) 00`; none for an extended command.
fn spelled(command: &Command) -> Option<String> {
    let header = command.header;
    let mut text =
        format!("{:02X} {:02X} {:02X} {:02X}", header.cla, header.ins, header.p1, header.p2);
    if command.data.len() > 255 {
        return None;
    }
    if !command.data.is_empty() {
        let _ = write!(text, " ({})", hex::encode_upper(&command.data));
    }
    match command.expected {
        None => {}
        Some(256) => text.push_str(" 00"),
        Some(expected) => {
            let _ = write!(text, " {:02X}", u8::try_from(expected).ok()?);
        }
    }
    Some(text)
}

/// The pattern of the answer that came.
fn expected(answer: &Fetched, fresh: bool) -> String {
    let long = answer.data.len() / 2 > apdu_script::PATTERN_LENGTH_MAX;
    let data = match answer.data.as_str() {
        "" => String::new(),
        _ if fresh || long => "* ".to_owned(),
        data => format!("{} ", data.replace('*', ".")),
    };
    match answer.status.get(..2) {
        // Whoever plays the script asks again with the right length.
        Some("6C") => format!("{} or * 9000", answer.status),
        Some("61") => format!("{data}* 9000|61.."),
        _ => format!("{data}{}", answer.status),
    }
}

/// Text of a comment: on one line, and the line does not go on.
fn comment(text: &str) -> String {
    text.replace(|character: char| character.is_control() || character == '\\', " ")
}

#[cfg(test)]
mod tests {
    use super::{super::record::Exchange, lines};
    use crate::report::record::Opened;

    fn exchange(command: &str, response: &str) -> Exchange {
        Exchange { command: command.to_owned(), response: response.to_owned(), opened: None }
    }

    #[test]
    fn exchanges_become_lines() {
        let opened =
            Opened { command: "80F24002024F0000".to_owned(), response: "E3009000".to_owned() };
        let wrapped = Exchange { opened: Some(opened), ..exchange("84F240020A00", "9000") };
        let transcript = [
            exchange("RESET", "3B00"),
            exchange("00A4040000", "6F009000"),
            exchange("8050300008000102030405060700", "00009000"),
            exchange("848203001000010203040506070001020304050607", "9000"),
            wrapped,
            exchange("80CA006600", "6C04"),
            exchange("80CA006604", "AABBCCDD9000"),
            exchange("00A404000100", "6102"),
            exchange("00C0000002", "12349000"),
            exchange("0084000008", "00112233445566779000"),
            exchange("0020000104********", "63C2"),
            exchange("80", "6700"),
            exchange("80CA00E000", "90"),
        ];
        assert_eq!(
            lines(&transcript),
            [
                "reset",
                "select  => 6F00 9000",
                "open 30 03",
                "80 F2 40 02 (4F00) 00 => E300 9000",
                "plain 80 CA 00 66 00 => AABBCCDD 9000",
                "plain 00 A4 04 00 (00) => 1234 9000",
                "plain 00 84 00 00 08 => * 9000",
                "# not played, for it holds a secret: VERIFY",
                "raw 80 => 6700",
                "# not played, for its answer has no status word: GET DATA",
            ]
        );
    }
}
