//! A script is played against a card.

mod handshake;

use globalplatform::{
    command::chain,
    scp::{Protocol, host::Channel},
};
use iso7816::{Command, Response, StatusWord, command::Header};

use self::handshake::Attempt;
use crate::{
    error::{Failure, FailureKind, SyntaxErrorKind},
    expression::Expression,
    pattern::Pattern,
    script::{Action, Protection, Script},
};

/// Bytes of an answer that an error shows.
const SHOWN_MAX: usize = 64;

/// A card to play against.
pub trait Subject {
    /// Powers the card off and on.
    ///
    /// # Errors
    /// When there is no card any more, in words.
    fn reset(&mut self) -> Result<(), String>;

    /// Sends a command and returns the whole answer.
    ///
    /// # Errors
    /// When there is no card any more, in words.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, String>;
}

/// What a script that was played came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Commands that went to the card, handshakes and segments among them.
    pub commands: usize,
    /// Answers that were compared.
    pub compared: usize,
}

/// Plays a script from its beginning; the card has been powered on.
///
/// # Errors
/// The first line at which the card differs.
pub fn play(script: &Script, card: &mut dyn Subject) -> Result<Played, Failure> {
    let protocol = script.card.protocol;
    let mut player = Player { card, protocol, channel: None, played: Played::default() };
    for step in &script.steps {
        player.perform(&step.action).map_err(|kind| Failure { line: step.line, kind })?;
    }
    Ok(player.played)
}

struct Player<'a> {
    card: &'a mut dyn Subject,
    protocol: Protocol,
    channel: Option<Channel>,
    played: Played,
}

impl Player<'_> {
    fn perform(&mut self, action: &Action) -> Result<(), FailureKind> {
        match action {
            Action::Reset => {
                self.channel = None;
                self.card.reset().map_err(FailureKind::Transport)
            }
            Action::Select { aid, expected } => {
                self.channel = None;
                let command = Command::new(0x00, 0xA4, 0x04, 0x00)
                    .with_data(self.value(aid)?)
                    .with_expected(256);
                let answer = self.send(&command)?;
                self.compare(&command, &answer, expected)
            }
            Action::Open { key_version, level, keys, host, refused } => {
                self.channel = None;
                let attempt = Attempt {
                    protocol: self.protocol,
                    key_version: *key_version,
                    level: *level,
                    keys,
                    host: *host,
                    believes_the_card: refused.is_some(),
                };
                let opened = attempt.perform(&mut |command| self.send(command))?;
                self.compare_opened(opened, refused.as_ref())
            }
            Action::Send { header, data, expected_length, protection, expected } => {
                let command = command(*header, self.value(data)?, *expected_length);
                let answer = match protection {
                    Protection::Channel => self.secure(&command)?,
                    Protection::Plain => self.send(&command)?,
                };
                self.compare(&command, &answer, expected)
            }
            Action::Raw { bytes, expected } => {
                let bytes = self.value(bytes)?;
                let answer = self.send_bytes(&bytes)?;
                let shown = || hex::encode_upper(bytes.get(..SHOWN_MAX).unwrap_or(&bytes));
                self.check(shown, &answer, expected)
            }
            Action::Load { file, block, expected_length, expected } => {
                let file = self.value(file)?;
                self.load(&file, *block, *expected_length, expected)
            }
        }
    }

    fn value(&self, expression: &Expression) -> Result<Vec<u8>, FailureKind> {
        let seal = |plain: &[u8]| {
            let keys = self.channel.as_ref().and_then(|channel| channel.keys().ok());
            keys.and_then(|keys| keys.encrypt_sensitive(plain).ok())
                .ok_or(SyntaxErrorKind::Missing("a channel and whole blocks for <…>"))
        };
        expression.value(&seal).map_err(FailureKind::Value)
    }

    fn send_bytes(&mut self, bytes: &[u8]) -> Result<Response, FailureKind> {
        self.played.commands += 1;
        let answer = self.card.transmit(bytes).map_err(FailureKind::Transport)?;
        Response::parse(&answer).map_err(|_| FailureKind::Malformed)
    }

    fn send(&mut self, command: &Command) -> Result<Response, FailureKind> {
        let bytes = command
            .to_bytes()
            .map_err(|_| FailureKind::Value(SyntaxErrorKind::TooMuch("bytes of a command")))?;
        self.send_bytes(&bytes)
    }

    /// Sends a command through the channel, in segments where it is too long.
    fn secure(&mut self, command: &Command) -> Result<Response, FailureKind> {
        let wrapped = match &mut self.channel {
            Some(channel) => channel.wrap(command)?,
            None => command.clone(),
        };
        let mut answer = Response::status(StatusWord::OK);
        for segment in chain(&wrapped) {
            answer = self.send(&segment)?;
            if !answer.status.is_ok() {
                break;
            }
        }
        Ok(match &mut self.channel {
            Some(channel) => channel.unwrap(command, answer)?,
            None => answer,
        })
    }

    fn compare_opened(
        &mut self,
        opened: Result<Channel, Response>,
        refused: Option<&Pattern>,
    ) -> Result<(), FailureKind> {
        let answer = match opened {
            Ok(channel) => {
                self.channel = Some(channel);
                Response::status(StatusWord::OK)
            }
            Err(answer) => answer,
        };
        self.played.compared += 1;
        if refused.map_or(answer.status.is_ok(), |pattern| pattern.matches(&answer)) {
            return Ok(());
        }
        Err(FailureKind::Answer {
            command: "the handshake".to_owned(),
            answer: shown(&answer),
            expected: refused.map_or_else(|| "9000".to_owned(), ToString::to_string),
        })
    }

    /// LOAD in blocks; those before the last one must be taken.
    fn load(
        &mut self,
        file: &[u8],
        block: usize,
        expected_length: Option<u32>,
        expected: &Pattern,
    ) -> Result<(), FailureKind> {
        let count = file.len().div_ceil(block);
        for (number, data) in file.chunks(block).enumerate() {
            let last = number + 1 == count;
            let number = u8::try_from(number)
                .map_err(|_| FailureKind::Value(SyntaxErrorKind::TooMuch("LOAD commands")))?;
            let header = [0x80, 0xE8, if last { 0x80 } else { 0x00 }, number];
            let command = command(header, data.to_vec(), expected_length);
            let answer = self.secure(&command)?;
            if last {
                self.compare(&command, &answer, expected)?;
            } else if !answer.status.is_ok() {
                return Err(differs(describe(&command), &answer, "9000 for a block".to_owned()));
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        command: &Command,
        answer: &Response,
        expected: &Pattern,
    ) -> Result<(), FailureKind> {
        self.check(|| describe(command), answer, expected)
    }

    fn check(
        &mut self,
        command: impl Fn() -> String,
        answer: &Response,
        expected: &Pattern,
    ) -> Result<(), FailureKind> {
        self.played.compared += 1;
        if expected.matches(answer) {
            return Ok(());
        }
        Err(differs(command(), answer, expected.to_string()))
    }
}

fn command([cla, ins, p1, p2]: [u8; 4], data: Vec<u8>, expected: Option<u32>) -> Command {
    Command { header: Header::new(cla, ins, p1, p2), data, expected }
}

fn differs(command: String, answer: &Response, expected: String) -> FailureKind {
    FailureKind::Answer { command, answer: shown(answer), expected }
}

fn describe(command: &Command) -> String {
    format!("{:?} with {} bytes", command.header, command.data.len())
}

fn shown(answer: &Response) -> String {
    let data = answer.data.get(..SHOWN_MAX);
    let cut = if data.is_some() { "… " } else { "" };
    let data = hex::encode_upper(data.unwrap_or(&answer.data));
    format!("{data} {cut}{:04X}", answer.status.0).trim_start().to_owned()
}
