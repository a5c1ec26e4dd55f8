//! APDU scripts, played against a subject: what hosts of the field send, and what a card answers to it.

use anyhow::Context as _;
use apdu_script::{CardSpec, Failure, Library, Played, Script, SyntaxError, SyntaxErrorKind, play};
use iso7816::Command;
use reader::CardReader;

/// What the scripts take the virtual card in this process for.
const IN_PROCESS: &str = "scp=02 i=15 isd=A000000003000000";
/// The only file in which keys may be named, apart from a script.
const CARD_LINE: &str = "card ";

/// The card of this process.
///
/// # Errors
/// Never, as long as the protocol crates agree with each other.
pub fn in_process_card() -> anyhow::Result<CardSpec> {
    Ok(CardSpec::parse(IN_PROCESS)?)
}

/// Reads a file that describes a card, keys among it: one line `card scp=03 i=70 version=30 keys=...`.
///
/// # Errors
/// When the file has no such line, or the line describes no card. The error shows no key.
pub fn read_card(text: &str) -> anyhow::Result<CardSpec> {
    let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix(CARD_LINE));
    let settings = lines.next().context("no line `card scp=... i=... version=... keys=...`")?;
    anyhow::ensure!(lines.next().is_none(), "more than one line `card ...`");
    CardSpec::parse(settings).ok().context("the line `card ...` describes no card")
}

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The card answered as the script says.
    Answered(Played),
    /// The line at which it did not.
    Differs(Failure),
    /// The script has keys that this card's protocol has no use for; nothing was sent.
    Unfit,
}

/// Plays one script.
///
/// # Errors
/// When the text is no script.
pub fn run(
    text: &str,
    library: &Library,
    card: &CardSpec,
    reader: &mut dyn CardReader,
) -> anyhow::Result<Outcome> {
    let script = match Script::parse_for(card.clone(), text, library) {
        Err(SyntaxError { kind: SyntaxErrorKind::Keys, .. }) => return Ok(Outcome::Unfit),
        script => script?,
    };
    let played = play(&script, &mut Plugged(reader));
    Ok(played.map_or_else(Outcome::Differs, Outcome::Answered))
}

/// A reader as scripts see it. Responses in parts are fetched, as every host does.
struct Plugged<'a>(&'a mut dyn CardReader);

impl apdu_script::Subject for Plugged<'_> {
    fn reset(&mut self) -> Result<(), String> {
        self.0.reset().map(|_| ()).map_err(|error| error.to_string())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, String> {
        let answer = match Command::parse(command) {
            Ok(parsed) => self.0.exchange(&parsed).map(|response| response.to_bytes()),
            Err(_) => self.0.transmit(command),
        };
        answer.map_err(|error| error.to_string())
    }
}
