//! The trace for people: a heading a command, then what it says, what was answered, and what it did.

use std::fmt::Write as _;

use super::line::{
    AppletCall, CommandLine, Exchange, FieldLine, Line, PowerEvent, PowerLine, Reply, SelectedLine,
    Target, WriteLine,
};

/// Longest line, in characters.
const WIDTH: usize = 100;
/// Where the values of fields begin.
const VALUE_COLUMN: usize = 30;
/// Where what was seen begins: bytes, calls, writes.
const SEEN_COLUMN: usize = 10;

/// Colours of a terminal.
#[derive(Clone, Copy)]
enum Style {
    Heading,
    Faint,
    Good,
    Bad,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Heading => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Bad => "31",
        }
    }
}

struct Page {
    text: String,
    colours: bool,
}

/// A line of the trace as lines of text.
pub(super) fn render(line: &Line, colours: bool) -> String {
    let mut page = Page { text: String::new(), colours };
    match line {
        Line::Start(start) => {
            let heading = format!("{}  ATR {}", start.card, start.atr);
            page.heading(&heading, "");
        }
        Line::Power(power) => page.power(power),
        Line::Command(command) => page.command(command),
    }
    page.text
}

impl Page {
    fn styled(&self, style: Style, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    fn heading(&mut self, bold: &str, rest: &str) {
        let (bold, rest) = (self.styled(Style::Heading, bold), self.styled(Style::Faint, rest));
        let _ = writeln!(self.text, "{bold}{rest}");
    }

    fn power(&mut self, power: &PowerLine) {
        let event = match power.event {
            PowerEvent::On => "power on",
            PowerEvent::Off => "power off",
            PowerEvent::Reset => "reset",
        };
        self.heading(event, &format!("  {}", power.card));
        self.selected(&power.selected);
        self.calls(&power.calls);
        self.writes(power.writes.as_ref());
    }

    fn command(&mut self, command: &CommandLine) {
        let told = command.plain.as_ref().unwrap_or(&command.wire);
        let name = told.command.name.as_deref().unwrap_or("unknown command");
        let mut rest = format!("  channel {}, {}", command.channel, target(&command.receiver));
        if let Some(clause) = &told.command.clause {
            let _ = write!(rest, "  [{clause}]");
        }
        self.heading(&format!("#{} {name}", command.number), &rest);
        self.fields(&told.command.fields);
        self.bytes("  >", &command.wire.command.bytes);
        if let Some(plain) = &command.plain {
            self.bytes("  plain >", &plain.command.bytes);
            if plain.response.bytes != command.wire.response.bytes {
                self.answer("  plain <", plain);
            }
        }
        self.answer("  <", &command.wire);
        self.fields(&told.response.fields);
        if let Some(level) = &command.security_level {
            self.seen("  secured", level);
        }
        self.selected(&command.selected);
        self.calls(&command.calls);
        if command.dropped > 0 {
            self.seen("  …", &format!("{} more events", command.dropped));
        }
        self.writes(command.writes.as_ref());
        if let Some(write) = command.power_failed_after {
            let told = format!("the power failed after write {write}");
            let told = self.styled(Style::Bad, &told);
            self.seen("  torn", &told);
        }
    }

    fn fields(&mut self, fields: &[FieldLine]) {
        for field in fields {
            self.wrapped(&format!("    {}", field.name), VALUE_COLUMN, &field.value);
        }
    }

    fn bytes(&mut self, label: &str, bytes: &str) {
        self.wrapped(label, SEEN_COLUMN, &folded(bytes));
    }

    fn answer(&mut self, label: &str, exchange: &Exchange) {
        let Reply { bytes, status, meaning, .. } = &exchange.response;
        self.wrapped(label, SEEN_COLUMN, bytes);
        let Some(meaning) = meaning else { return };
        // On the line of the status word, where there is room.
        let good = matches!(status.get(..2), Some("90" | "61" | "62" | "63"));
        let meaning = self.styled(if good { Style::Good } else { Style::Bad }, meaning);
        let _ = self.text.pop();
        let _ = writeln!(self.text, "  {meaning}");
    }

    fn seen(&mut self, label: &str, value: &str) {
        let _ = writeln!(self.text, "{label:SEEN_COLUMN$}{value}");
    }

    fn selected(&mut self, selected: &[SelectedLine]) {
        for line in selected {
            self.seen("  select", &format!("channel {}: {}", line.channel, target(&line.target)));
        }
    }

    fn calls(&mut self, calls: &[AppletCall]) {
        for call in calls {
            let mut text = format!("{} {}", call.method, call.applet);
            if let Some(status) = &call.status {
                let _ = write!(text, " {status}");
            }
            if let Some(bytecodes) = call.bytecodes {
                let _ = write!(text, ", {bytecodes} bytecodes");
            }
            for (count, what) in [(call.committed, "committed"), (call.aborted, "aborted")] {
                if let Some(count) = count {
                    let _ = write!(text, ", {count} transactions {what}");
                }
            }
            if let Some(failure) = &call.failure {
                let failure = self.styled(Style::Bad, failure);
                let _ = write!(text, ": {failure}");
            }
            self.seen("  call", &text);
        }
    }

    fn writes(&mut self, writes: Option<&WriteLine>) {
        let Some(WriteLine { count, first, last, by }) = writes else { return };
        let by: Vec<String> =
            by.iter().map(|writer| format!("{} {}", writer.owner, writer.count)).collect();
        let range = if first == last { format!("{first}") } else { format!("{first}..{last}") };
        let text = format!("{count} ({range}): {}", by.join(", "));
        self.wrapped("  writes", SEEN_COLUMN, &text);
    }

    /// A label and a value that goes on below itself: broken between words where there are some, anywhere else.
    fn wrapped(&mut self, label: &str, column: usize, value: &str) {
        let room = WIDTH.saturating_sub(column);
        let mut rest = value;
        let mut label = label;
        loop {
            let (now, later) = broken(rest, room);
            let _ = writeln!(self.text, "{label:column$}{now}");
            if later.is_empty() {
                return;
            }
            (label, rest) = ("", later);
        }
    }
}

/// The part of a text that fits, and what is left of it.
fn broken(text: &str, room: usize) -> (&str, &str) {
    let Some((end, _)) = text.char_indices().nth(room) else { return (text, "") };
    let (fits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    match fits.rsplit_once(' ') {
        Some((now, begun)) if !now.is_empty() => {
            text.split_at_checked(end - begun.len()).map_or((now, rest), |(_, rest)| (now, rest))
        }
        _ => (fits, rest),
    }
}

/// Bytes with the hidden ones counted: `80D8008133 01 <50 hidden>`.
fn folded(bytes: &str) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(start) = rest.find("**") {
        let (before, hidden) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let after = hidden.trim_start_matches('*');
        let _ = write!(text, "{before} <{} hidden> ", (hidden.len() - after.len()) / 2);
        rest = after;
    }
    text.push_str(rest);
    text.trim_end().to_owned()
}

fn target(target: &Target) -> String {
    match target {
        Target::SecurityDomain(aid) => format!("security domain {aid}"),
        Target::Application(aid) => format!("application {aid}"),
        Target::Nothing => "nothing selected".to_owned(),
        Target::Closed => "closed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{broken, folded};

    #[test]
    fn hidden_bytes_are_counted() {
        assert_eq!(folded("80D8****00"), "80D8 <2 hidden> 00");
        assert_eq!(folded("80D8****"), "80D8 <2 hidden>");
        assert_eq!(folded("9000"), "9000");
    }

    #[test]
    fn texts_break_between_words_and_bytes_anywhere() {
        assert_eq!(broken("one two three", 9), ("one two", "three"));
        assert_eq!(broken("AABBCC", 4), ("AABB", "CC"));
        assert_eq!(broken("short", 9), ("short", ""));
    }
}
