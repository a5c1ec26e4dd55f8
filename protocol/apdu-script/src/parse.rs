//! Lines become steps.

use globalplatform::key::KeySet;
use std::collections::BTreeMap;

use crate::{
    NAMES_MAX, SCRIPT_LENGTH_MAX, STEPS_MAX,
    card::{CardSpec, HostDialect, key_set},
    error::{SyntaxError, SyntaxErrorKind},
    expression::{Constants, Expression, is_name},
    pattern::Pattern,
    script::{Action, Protection, Script, Step},
};

type Result<T> = core::result::Result<T, SyntaxErrorKind>;

/// Reads the whole text once for each of its cards: keys and `$isd` depend on them.
pub(crate) fn scripts(
    text: &str,
    library: &Constants,
) -> core::result::Result<Vec<Script>, SyntaxError> {
    let lines = logical_lines(text)?;
    let mut cards = Vec::new();
    for (number, line) in &lines {
        if let Some(settings) = line.strip_prefix("card ") {
            cards.push(CardSpec::parse(settings).map_err(|kind| kind.at(*number))?);
        }
    }
    if cards.is_empty() {
        return Err(SyntaxErrorKind::Missing("a line `card scp=… i=…`").at(1));
    }
    cards.into_iter().map(|card| Reader::new(card, library.clone()).read(&lines)).collect()
}

/// Reads the text for one card, whatever cards it names.
pub(crate) fn script_for(
    card: CardSpec,
    text: &str,
    library: &Constants,
) -> core::result::Result<Script, SyntaxError> {
    Reader::new(card, library.clone()).read(&logical_lines(text)?)
}

/// Reads constants only.
pub(crate) fn library(text: &str) -> core::result::Result<Constants, SyntaxError> {
    let mut constants = Constants::new();
    for (number, line) in logical_lines(text)? {
        let constant = line.strip_prefix("let ").ok_or(SyntaxErrorKind::Missing("let"));
        constant
            .and_then(|rest| name_bytes(rest, &mut constants))
            .map_err(|kind| kind.at(number))?;
    }
    Ok(constants)
}

/// Lines without comments and blank ends, joined where they go on, each with the number of its first part.
fn logical_lines(text: &str) -> core::result::Result<Vec<(usize, String)>, SyntaxError> {
    if text.len() > SCRIPT_LENGTH_MAX {
        return Err(SyntaxErrorKind::TooMuch("bytes of a script").at(1));
    }
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (line, more) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match lines.last_mut() {
            Some((_, last)) if goes_on => {
                last.push(' ');
                last.push_str(line);
            }
            _ if line.is_empty() && !more => {}
            _ => lines.push((index + 1, line.to_owned())),
        }
        goes_on = more;
    }
    Ok(lines)
}

struct Reader {
    card: CardSpec,
    host: HostDialect,
    constants: Constants,
    keys: BTreeMap<String, KeySet>,
    steps: Vec<Step>,
}

impl Reader {
    fn new(card: CardSpec, mut constants: Constants) -> Self {
        constants.insert("isd".to_owned(), card.isd.as_bytes().to_vec());
        constants.insert("scp".to_owned(), vec![card.protocol.id(), card.protocol.i()]);
        let keys = [("card".to_owned(), card.keys.clone())].into();
        Self { card, host: HostDialect::default(), constants, keys, steps: Vec::new() }
    }

    fn read(mut self, lines: &[(usize, String)]) -> core::result::Result<Script, SyntaxError> {
        for (number, line) in lines {
            let action = self.line(line).map_err(|kind| kind.at(*number))?;
            self.steps.extend(action.map(|action| Step { line: *number, action }));
            if self.steps.len() > STEPS_MAX {
                return Err(SyntaxErrorKind::TooMuch("steps of a script").at(*number));
            }
        }
        Ok(Script { card: self.card, steps: self.steps })
    }

    fn line(&mut self, line: &str) -> Result<Option<Action>> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Ok(Some(match word {
            "card" => return Ok(None),
            "on" => return self.conditional(rest),
            "host" => return self.set_host(rest),
            "keys" => return self.set_keys(rest),
            "let" => return self.set_constant(rest),
            "reset" if rest.is_empty() => Action::Reset,
            "select" => {
                let (aid, expected) = self.answered(rest)?;
                Action::Select { aid, expected }
            }
            "open" => self.open(rest)?,
            "raw" => {
                let (bytes, expected) = self.answered(rest)?;
                Action::Raw { bytes, expected }
            }
            "load" => self.load(rest)?,
            "plain" => self.send(rest, Protection::Plain)?,
            _ => self.send(line, Protection::Channel)?,
        }))
    }

    /// `scp=NN LINE`: for cards of this protocol only.
    fn conditional(&mut self, rest: &str) -> Result<Option<Action>> {
        let (condition, line) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let wrong = || SyntaxErrorKind::Unexpected(condition.to_owned());
        let protocol = condition.strip_prefix("scp=").ok_or_else(wrong)?;
        if byte(Some(protocol), "a protocol")? != self.card.protocol.id() {
            return Ok(None);
        }
        match line.trim() {
            line if line.starts_with("on ") => Err(SyntaxErrorKind::Unexpected(line.to_owned())),
            line => self.line(line),
        }
    }

    fn set_host(&mut self, name: &str) -> Result<Option<Action>> {
        self.host = HostDialect::parse(name.trim())?;
        Ok(None)
    }

    fn set_keys(&mut self, rest: &str) -> Result<Option<Action>> {
        let mut words = rest.split_whitespace();
        let name = new_name(words.next(), &self.keys)?;
        let keys = key_set(self.card.protocol, &words.collect::<Vec<_>>())?;
        self.keys.insert(name, keys);
        Ok(None)
    }

    fn set_constant(&mut self, rest: &str) -> Result<Option<Action>> {
        name_bytes(rest, &mut self.constants).map(|()| None)
    }

    /// `EXPRESSION => PATTERN`.
    fn answered(&self, text: &str) -> Result<(Expression, Pattern)> {
        let (expression, pattern) = split_answer(text)?;
        Ok((Expression::parse(expression, &self.constants)?, Pattern::parse(pattern)?))
    }

    fn send(&self, text: &str, protection: Protection) -> Result<Action> {
        let (command, expected) = self.answered(text)?;
        let (header, data, le) = command
            .command_parts()
            .ok_or(SyntaxErrorKind::Missing("a command: four bytes, (data), Le"))?;
        Ok(Action::Send { header, data, expected_length: length(le), protection, expected })
    }

    /// `VERSION LEVEL [keys=NAME] [=> STATUS]`.
    fn open(&self, text: &str) -> Result<Action> {
        let (words, refused) = match text.split_once("=>") {
            Some((words, pattern)) => (words, Some(Pattern::parse(pattern)?)),
            None => (text, None),
        };
        let mut words = words.split_whitespace();
        let key_version = byte(words.next(), "the key version")?;
        let level = byte(words.next(), "the security level")?;
        let mut keys = &self.card.keys;
        for word in words {
            let name = word
                .strip_prefix("keys=")
                .ok_or_else(|| SyntaxErrorKind::Unexpected(word.to_owned()))?;
            let unknown = || SyntaxErrorKind::UnknownName(name.to_owned());
            keys = self.keys.get(name).ok_or_else(unknown)?;
        }
        Ok(Action::Open { key_version, level, keys: keys.clone(), host: self.host, refused })
    }

    /// `EXPRESSION BLOCK [LE] => PATTERN`; the expression is one word.
    fn load(&self, text: &str) -> Result<Action> {
        let (command, pattern) = split_answer(text)?;
        let mut words = command.split_whitespace();
        let file = words.next().ok_or(SyntaxErrorKind::Missing("the load file"))?;
        let file = Expression::parse(file, &self.constants)?;
        let block = words.next().and_then(|word| word.parse().ok());
        let block = block.filter(|block| (1..=255).contains(block));
        let block = block.ok_or(SyntaxErrorKind::Missing("the block size, 1 to 255"))?;
        let le = words.next().map(|word| byte(Some(word), "Le")).transpose()?;
        if let Some(word) = words.next() {
            return Err(SyntaxErrorKind::Unexpected(word.to_owned()));
        }
        let expected = Pattern::parse(pattern)?;
        Ok(Action::Load { file, block, expected_length: length(le.as_slice()), expected })
    }
}

/// `NAME EXPRESSION`.
fn name_bytes(text: &str, constants: &mut Constants) -> Result<()> {
    let (name, value) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = new_name(Some(name), constants)?;
    let sealed = |_: &[u8]| Err(SyntaxErrorKind::Unexpected("<".to_owned()));
    let value = Expression::parse(value, constants)?.value(&sealed)?;
    constants.insert(name, value);
    Ok(())
}

fn split_answer(text: &str) -> Result<(&str, &str)> {
    text.split_once("=>").ok_or(SyntaxErrorKind::Missing("=> and the expected answer"))
}

fn byte(word: Option<&str>, what: &'static str) -> Result<u8> {
    let word = word.ok_or(SyntaxErrorKind::Missing(what))?;
    u8::from_str_radix(word, 16).map_err(|_| SyntaxErrorKind::Unexpected(word.to_owned()))
}

/// Le of a short command: 00 is 256.
fn length(le: &[u8]) -> Option<u32> {
    le.first().map(|le| if *le == 0 { 256 } else { u32::from(*le) })
}

/// A name that is well formed, free, and not one too many.
fn new_name<V>(name: Option<&str>, taken: &BTreeMap<String, V>) -> Result<String> {
    let name = name.filter(|name| !name.is_empty()).ok_or(SyntaxErrorKind::Missing("a name"))?;
    if !name.chars().all(is_name) {
        return Err(SyntaxErrorKind::Unexpected(name.to_owned()));
    }
    if taken.contains_key(name) {
        return Err(SyntaxErrorKind::Renamed(name.to_owned()));
    }
    if taken.len() >= NAMES_MAX {
        return Err(SyntaxErrorKind::TooMuch("names"));
    }
    Ok(name.to_owned())
}
