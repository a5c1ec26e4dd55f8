//! A case's view of the subject: exchanges go through here, are watched by the guard, and are recorded.

mod content;
mod secure;
pub mod transcript;

use iso7816::{Atr, Command, Response};
use reader::{CardReader, ReaderError};
use zeroize::Zeroizing;

pub(crate) use self::content::lv;
pub use self::{
    content::{Installation, TestPackage},
    secure::{Opening, SecureChannel},
    transcript::{Exchange, OpenedExchange},
};
use crate::{
    guard::Guard,
    probe::Profile,
    subject::{Laboratory, Subject, SubjectKeys},
    undo::Undo,
    verdict::Stop,
};

/// Most exchanges that one case may make; a case that needs more is wrong.
pub const EXCHANGES_MAX: usize = 20_000;
/// Most steps that one case may ask to be undone.
pub const UNDO_MAX: usize = 200;

/// The subject as one case sees it.
pub struct Session<'a> {
    subject: &'a mut dyn Subject,
    profile: &'a Profile,
    guard: &'a mut Guard,
    on_undo: &'a mut dyn FnMut(&Undo) -> anyhow::Result<()>,
    undo: Vec<Undo>,
    transcript: Vec<Exchange>,
    concealed: Vec<Zeroizing<String>>,
}

impl<'a> Session<'a> {
    /// A session on a connected subject. `on_undo` is told what must be undone before it is done, so that a journal can keep it.
    #[must_use]
    pub fn new(
        subject: &'a mut dyn Subject,
        profile: &'a Profile,
        guard: &'a mut Guard,
        on_undo: &'a mut dyn FnMut(&Undo) -> anyhow::Result<()>,
    ) -> Self {
        let (undo, transcript, concealed) = (Vec::new(), Vec::new(), Vec::new());
        Self { subject, profile, guard, on_undo, undo, transcript, concealed }
    }

    /// What the probe found out.
    #[must_use]
    pub const fn profile(&self) -> &'a Profile {
        self.profile
    }

    /// The keys of the issuer security domain.
    ///
    /// # Errors
    /// Blocked, where the subject has none.
    pub fn keys(&self) -> Result<SubjectKeys, Stop> {
        self.subject.keys().cloned().ok_or_else(|| Stop::blocked("no keys are known for the card"))
    }

    /// What can be done to a virtual card that no reader does: cut its power, set its counters.
    ///
    /// # Errors
    /// Not effective, where the subject is not a virtual card in this process.
    pub fn laboratory(&mut self) -> Result<&mut dyn Laboratory, Stop> {
        self.subject.laboratory().ok_or_else(|| {
            Stop::Verdict(
                crate::verdict::Grade::NotEffective
                    .because("only a virtual card in this process can be treated like this"),
            )
        })
    }

    /// The guard that watches this session.
    pub const fn guard(&mut self) -> &mut Guard {
        self.guard
    }

    /// What has been exchanged, and what is to be undone, latest last.
    #[must_use]
    pub fn finish(self) -> (Vec<Exchange>, Vec<Undo>) {
        (self.transcript, self.undo)
    }

    /// Keeps these bytes out of the transcript wherever they appear: a PIN, a key.
    pub fn conceal(&mut self, secret: &[u8]) {
        if secret.len() > 1 {
            self.concealed.push(Zeroizing::new(hex::encode_upper(secret)));
        }
    }

    /// Has something undone when the case is over, whatever its verdict; latest first. Call it before the thing is done: a power
    /// failure in between must find it in the journal.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn undo(&mut self, undo: Undo) -> Result<(), Stop> {
        if self.undo.len() >= UNDO_MAX {
            return Err(anyhow::anyhow!("a case has more than {UNDO_MAX} things to undo").into());
        }
        (self.on_undo)(&undo)?;
        self.guard.will_undo(&undo);
        self.undo.push(undo);
        Ok(())
    }

    /// Resets the card and returns its ATR.
    ///
    /// # Errors
    /// `Lost`, when there is no card any more.
    pub fn reset(&mut self) -> Result<Atr, Stop> {
        let atr = self.subject.reader().reset().map_err(|error| lost(&error))?;
        self.record(Exchange::reset(atr.as_bytes()))?;
        Ok(atr)
    }

    /// Sends bytes as they are. An answer shorter than a status word is an error of the card that the caller must see, so the raw
    /// bytes are returned.
    ///
    /// # Errors
    /// `Lost`, when the reader fails; `Harness`, when the case sends what its effect does not allow.
    pub fn transmit(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Stop> {
        self.guard.before(bytes)?;
        let answer = self.subject.reader().transmit(bytes).map_err(|error| lost(&error))?;
        self.record(Exchange::of(bytes, &answer))?;
        self.guard.after(bytes, &answer)?;
        Ok(answer)
    }

    /// Sends a raw command and parses the answer.
    ///
    /// # Errors
    /// As [`Session::transmit`]; a fail, when the answer is shorter than a status word.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<Response, Stop> {
        let answer = self.transmit(bytes)?;
        Response::parse(&answer).map_err(|_| {
            Stop::fail(format!("{} bytes came in answer, which is no status word", answer.len()))
        })
    }

    /// Sends a typed command as it is: no GET RESPONSE, no repetition.
    ///
    /// # Errors
    /// As [`Session::send_raw`].
    pub fn send(&mut self, command: &Command) -> Result<Response, Stop> {
        self.send_raw(&command.to_bytes()?)
    }

    /// Sends a command and follows 6Cxx and 61xx as hosts do; each step is recorded.
    ///
    /// # Errors
    /// As [`Session::send_raw`].
    pub fn exchange(&mut self, command: &Command) -> Result<Response, Stop> {
        let mut recorder = Recorder { session: self, stop: None };
        let exchanged = recorder.exchange(command);
        match (recorder.stop, exchanged) {
            (Some(stop), _) => Err(stop),
            (None, Ok(response)) => Ok(response),
            (None, Err(ReaderError::ResponseTooLong)) => {
                Err(Stop::fail("61xx is announced without end"))
            }
            (None, Err(ReaderError::Malformed(error))) => {
                Err(Stop::fail(format!("the answer is no response: {error}")))
            }
            (None, Err(error)) => Err(lost(&error)),
        }
    }

    /// Sends a command that has a stronger effect than the case declares, because the card must refuse it. A card that takes it is no
    /// longer as it was: the run ends after the case, unless the next one has a fresh card.
    ///
    /// # Errors
    /// As [`Session::exchange`].
    pub fn provoke(&mut self, command: &Command) -> Result<Response, Stop> {
        self.guard.provoking(true);
        let answer = self.exchange(command);
        self.guard.provoking(false);
        answer
    }

    /// The same for bytes that are no good command.
    ///
    /// # Errors
    /// As [`Session::transmit`].
    pub fn provoke_raw(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Stop> {
        self.guard.provoking(true);
        let answer = self.transmit(bytes);
        self.guard.provoking(false);
        answer
    }

    /// SELECT without data: the issuer security domain [GPCS 2.3.1 §11.9].
    ///
    /// # Errors
    /// As [`Session::exchange`].
    pub fn select_issuer_security_domain(&mut self) -> Result<Response, Stop> {
        self.exchange(&Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256))
    }

    /// SELECT by name [GPCS 2.3.1 §11.9].
    ///
    /// # Errors
    /// As [`Session::exchange`].
    pub fn select(&mut self, aid: &[u8]) -> Result<Response, Stop> {
        self.exchange(&Command::new(0x00, 0xA4, 0x04, 0x00).with_data(aid).with_expected(256))
    }

    /// GET DATA in the GlobalPlatform class [GPCS 2.3.1 §11.3].
    ///
    /// # Errors
    /// As [`Session::exchange`].
    pub fn get_data(&mut self, tag: u16) -> Result<Response, Stop> {
        let [p1, p2] = tag.to_be_bytes();
        self.exchange(&Command::new(0x80, 0xCA, p1, p2).with_expected(256))
    }

    /// Random bytes for a challenge; from the run's seed, so that a run can be repeated.
    pub fn challenge<const N: usize>(&mut self) -> [u8; N] {
        self.guard.random()
    }

    /// Adds the opened form to the latest exchange.
    fn record_opened(&mut self, command: &Command, response: &Response) -> Result<(), Stop> {
        let opened = OpenedExchange {
            command: self.concealing(transcript::masked(&command.to_bytes()?)),
            response: self.concealing(hex::encode_upper(response.to_bytes())),
        };
        if let Some(last) = self.transcript.last_mut() {
            last.opened = Some(opened);
        }
        Ok(())
    }

    fn record(&mut self, exchange: Exchange) -> Result<(), Stop> {
        if self.transcript.len() >= EXCHANGES_MAX {
            return Err(anyhow::anyhow!("a case made more than {EXCHANGES_MAX} exchanges").into());
        }
        let Exchange { command, response, opened } = exchange;
        let (command, response) = (self.concealing(command), self.concealing(response));
        self.transcript.push(Exchange { command, response, opened });
        Ok(())
    }

    fn concealing(&self, text: String) -> String {
        self.concealed.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), &"*".repeat(secret.len()))
            } else {
                text
            }
        })
    }
}

/// What a reader's error means to a case.
fn lost(error: &ReaderError) -> Stop {
    Stop::Lost(error.to_string())
}

/// The session as a reader, for what the trait does over several exchanges.
struct Recorder<'s, 'a> {
    session: &'s mut Session<'a>,
    /// What the session reported; the trait's errors know the reader's only.
    stop: Option<Stop>,
}

impl CardReader for Recorder<'_, '_> {
    fn name(&self) -> &'static str {
        "session"
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        self.session.subject.reader().connect()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.session.transmit(command).map_err(|stop| {
            self.stop = Some(stop);
            ReaderError::Transport(String::new())
        })
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        self.session.subject.reader().reset()
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        self.session.subject.reader().disconnect()
    }
}
