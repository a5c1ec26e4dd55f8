//! `watch`: cards that come and go.

use std::time::Duration;

use reader::pcsc::{Event, Service, Sharing};
use serde_json::{Value, json};

use super::{arguments::WatchArguments, output::print_line, prompt::printable};
use crate::{
    ClientError,
    token::{self, TokenReport},
};

/// How long one wait for events lasts; nothing happens at its end.
const WAIT: Duration = Duration::from_mins(1);

pub(super) fn watch(arguments: &WatchArguments) -> Result<(), ClientError> {
    let service = Service::establish()?;
    let mut monitor = service.monitor();
    let wanted = arguments.reader.as_ref().map(|name| name.to_lowercase());
    loop {
        for event in monitor.wait(WAIT)? {
            let Some((reader, what, atr)) = taken_apart(event) else { continue };
            if wanted.as_ref().is_some_and(|part| !reader.to_lowercase().contains(part)) {
                continue;
            }
            let inserted = what == "card inserted";
            let report =
                (inserted && !arguments.no_inspect).then(|| inspect(&service, &reader)).flatten();
            let line = if arguments.json {
                as_json(&reader, what, atr.as_deref(), report.as_ref())
            } else {
                as_text(&reader, what, atr.as_deref(), report.as_ref())
            };
            print_line(&line)?;
        }
    }
}

/// Reader, what happened, ATR.
fn taken_apart(event: Event) -> Option<(String, &'static str, Option<String>)> {
    match event {
        Event::ReaderAdded { reader } => Some((reader, "reader added", None)),
        Event::ReaderRemoved { reader } => Some((reader, "reader removed", None)),
        Event::CardRemoved { reader } => Some((reader, "card removed", None)),
        Event::CardInserted { reader, atr } => {
            let atr = atr.map(|atr| hex::encode_upper(atr.as_bytes()));
            Some((reader, "card inserted", atr))
        }
        // An event that a later version of the reader's edge knows.
        _ => None,
    }
}

/// Looks at a card that was just inserted; it may be gone already.
fn inspect(service: &Service, reader: &str) -> Option<TokenReport> {
    let mut reader = service.open(reader, Sharing::Shared).ok()?;
    Some(token::report(&mut reader)).filter(|report| report.card)
}

fn as_json(reader: &str, what: &str, atr: Option<&str>, report: Option<&TokenReport>) -> String {
    let mut event = json!({ "event": what.replace(' ', "-"), "reader": reader });
    if let Value::Object(fields) = &mut event {
        if let Some(atr) = atr {
            fields.insert("atr".to_owned(), atr.into());
        }
        if let Some(report) = report {
            fields.insert("state".to_owned(), report.state().into());
            fields.insert("token".to_owned(), serde_json::to_value(report).unwrap_or(Value::Null));
        }
    }
    event.to_string()
}

fn as_text(reader: &str, what: &str, atr: Option<&str>, report: Option<&TokenReport>) -> String {
    let mut line = format!("{}: {what}", printable(reader));
    match report {
        Some(report) => {
            line = format!("{line}, {}", report.state());
            if let Some(cuid) = &report.cuid {
                line = format!("{line}, CUID {cuid}");
            }
            let applet = report.applet.as_ref();
            if let Some(name) = applet.and_then(|applet| applet.token_name.as_ref()) {
                line = format!("{line}, {}", printable(name));
            }
            if let Some(problem) = &report.problem {
                line = format!("{line}, {problem}");
            }
        }
        None => {
            if let Some(atr) = atr {
                line = format!("{line}, ATR {atr}");
            }
        }
    }
    line
}
