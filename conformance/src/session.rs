//! A case's view of the card: exchanges go through here, and are recorded.

use anyhow::Context as _;
use iso7816::{Atr, Command, Response};
use reader::{CardReader, ReaderError};
use serde::Serialize;

use crate::probe::Profile;

/// Most exchanges that one case may make; a case that needs more is wrong.
pub const EXCHANGES_MAX: usize = 2_000;

/// One recorded exchange, in upper-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// What was sent; `RESET` for a reset.
    pub command: String,
    /// What came back.
    pub response: String,
}

/// The card as one case sees it.
pub struct Session<'a> {
    reader: &'a mut dyn CardReader,
    profile: &'a Profile,
    transcript: Vec<Exchange>,
}

impl<'a> Session<'a> {
    /// A session on a connected reader.
    #[must_use]
    pub fn new(reader: &'a mut dyn CardReader, profile: &'a Profile) -> Self {
        Self { reader, profile, transcript: Vec::new() }
    }

    /// What the probe found out.
    #[must_use]
    pub const fn profile(&self) -> &'a Profile {
        self.profile
    }

    /// What has been exchanged.
    #[must_use]
    pub fn into_transcript(self) -> Vec<Exchange> {
        self.transcript
    }

    /// Resets the card and returns its ATR.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn reset(&mut self) -> anyhow::Result<Atr> {
        let atr = self.reader.reset().context("resetting the card")?;
        self.record("RESET".to_owned(), hex::encode_upper(atr.as_bytes()))?;
        Ok(atr)
    }

    /// Sends bytes as they are. An answer shorter than a status word is an error of the card that the caller must see, so the raw
    /// bytes are returned.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn transmit(&mut self, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let command = hex::encode_upper(bytes);
        let answer = self.reader.transmit(bytes).with_context(|| format!("sending {command}"))?;
        self.record(command, hex::encode_upper(&answer))?;
        Ok(answer)
    }

    /// Sends a raw command and parses the answer.
    ///
    /// # Errors
    /// When the reader fails or the answer is no response APDU.
    pub fn send_raw(&mut self, bytes: &[u8]) -> anyhow::Result<Response> {
        let answer = self.transmit(bytes)?;
        Response::parse(&answer).context("the answer is shorter than a status word")
    }

    /// Sends a typed command as it is: no GET RESPONSE, no repetition.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn send(&mut self, command: &Command) -> anyhow::Result<Response> {
        self.send_raw(&command.to_bytes()?)
    }

    /// Sends a command and follows 6Cxx and 61xx as hosts do; each step is recorded.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn exchange(&mut self, command: &Command) -> anyhow::Result<Response> {
        let mut recorder = Recorder { session: self, harness: None };
        let exchanged = recorder.exchange(command);
        match (recorder.harness, exchanged) {
            (Some(error), _) => Err(error),
            (None, exchanged) => exchanged.context("following the response"),
        }
    }

    /// SELECT without data: the issuer security domain [GPCS 2.3.1 §11.9].
    ///
    /// # Errors
    /// When the reader fails.
    pub fn select_issuer_security_domain(&mut self) -> anyhow::Result<Response> {
        self.exchange(&Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256))
    }

    /// GET DATA in the GlobalPlatform class [GPCS 2.3.1 §11.3].
    ///
    /// # Errors
    /// When the reader fails.
    pub fn get_data(&mut self, tag: u16) -> anyhow::Result<Response> {
        let [p1, p2] = tag.to_be_bytes();
        self.exchange(&Command::new(0x80, 0xCA, p1, p2).with_expected(256))
    }

    fn record(&mut self, command: String, response: String) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.transcript.len() < EXCHANGES_MAX,
            "a case made more than {EXCHANGES_MAX} exchanges"
        );
        self.transcript.push(Exchange { command, response });
        Ok(())
    }
}

/// The session as a reader, for what the trait does over several exchanges.
struct Recorder<'s, 'a> {
    session: &'s mut Session<'a>,
    /// What the session reported; the trait's errors know the reader's only.
    harness: Option<anyhow::Error>,
}

impl CardReader for Recorder<'_, '_> {
    fn name(&self) -> &str {
        self.session.reader.name()
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        self.session.reader.connect()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.session.transmit(command).map_err(|error| {
            let text = format!("{error:#}");
            self.harness = Some(error);
            ReaderError::Transport(text)
        })
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        self.session.reader.reset()
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        self.session.reader.disconnect()
    }
}
