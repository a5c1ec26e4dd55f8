//! Writes a transcript while a session goes on.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{Draws, Entry, Session, Step, VERSION};
use crate::{Traced, VirtualCard};

/// Writes the lines of a transcript.
pub struct Recorder<W> {
    /// None once the transcript could not be written: what is there is the beginning of the session.
    out: Option<W>,
    draws: Draws,
}

impl<W: Write> Recorder<W> {
    /// Begins a transcript of a session with `card`, whose randomness is [noted](Draws::noting) in `draws`.
    ///
    /// # Errors
    /// When the first line cannot be written.
    pub fn begin(out: W, draws: Draws, card: &Traced) -> io::Result<Self> {
        let random = draws.take().ok_or(io::ErrorKind::FileTooLarge)?;
        let session = Session {
            version: VERSION,
            card: card.name().to_owned(),
            fingerprint: hex::encode(card.card().fingerprint()),
            random: hex::encode(random),
            tear_after: card.tear_after(),
        };
        let mut recorder = Self { out: Some(out), draws };
        recorder.write(&Entry::Session(session))?;
        Ok(recorder)
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let mut line = Zeroizing::new(serde_json::to_string(entry)?);
        line.push('\n');
        out.write_all(line.as_bytes())?;
        out.flush()
    }

    /// The next step, which gets the random bytes of it.
    fn step(&mut self, step: impl FnOnce(String) -> Step) {
        let written = match self.draws.take() {
            Some(random) => self.write(&Entry::Step(step(hex::encode(random)))),
            None => Err(io::Error::other("too many random numbers in one command")),
        };
        if let Err(error) = written {
            tracing::error!(%error, "the transcript ends here: it could not be written");
            self.out = None;
        }
    }
}

/// A card whose session is recorded.
pub struct Recorded<W: Write> {
    card: Traced,
    recorder: Option<Recorder<W>>,
}

impl<W: Write> Recorded<W> {
    /// Records the session with `recorder`, if there is one.
    pub const fn new(card: Traced, recorder: Option<Recorder<W>>) -> Self {
        Self { card, recorder }
    }

    /// Ends the transcript with what the card has become.
    ///
    /// # Errors
    /// When the last line cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        let fingerprint = hex::encode(self.card.card().fingerprint());
        let Some(mut recorder) = self.recorder.take() else { return Ok(()) };
        recorder.write(&Entry::End { fingerprint })
    }

    fn note(&mut self, step: impl FnOnce(&Traced, String) -> Step) {
        if let Some(recorder) = &mut self.recorder {
            recorder.step(|random| step(&self.card, random));
        }
    }
}

impl<W: Write> VirtualCard for Recorded<W> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn power_on(&mut self) {
        self.card.power_on();
        self.note(|card, random| Step::PowerOn { atr: hex::encode(card.atr()), random });
    }

    fn power_off(&mut self) {
        self.card.power_off();
        self.note(|_, random| Step::PowerOff { random });
    }

    fn reset(&mut self) {
        self.card.reset();
        self.note(|card, random| Step::Reset { atr: hex::encode(card.atr()), random });
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let response = self.card.transmit(command);
        let told = hex::encode(&response);
        self.note(|_, random| Step::Command {
            command: hex::encode(command),
            response: told,
            random,
        });
        response
    }

    fn is_mute(&self) -> bool {
        self.card.is_mute()
    }
}
