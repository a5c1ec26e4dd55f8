//! Virtual cards: their images, and the program that puts them into readers.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{Lifetime, PrivatePcscd, Process, Program, Slot, StageError, binaries::binary};

/// Time a card has to be in its reader: pcscd looks every 0.4 s.
const INSERTION_TIME_MAX: Duration = Duration::from_secs(10);
/// Pause between two looks at a reader.
const POLL_PAUSE: Duration = Duration::from_millis(50);
/// Everything the emulator can log at its debug level, without its dependencies' inner lives.
const DEBUG_LOG: &str = "debug";

/// A card in a file: it survives the program that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardImage {
    path: PathBuf,
    cuid: String,
}

/// A running emulator with one card.
#[derive(Debug)]
pub struct EmulatorProcess {
    process: Process,
    place: Place,
}

/// Where the card of an emulator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a slot of a private pcscd.
    Slot(Slot),
    /// Behind a TCP port of its own.
    Tcp(SocketAddr),
}

impl CardImage {
    /// Makes a blank card; `options` are those of `cardinal-emulator new`.
    ///
    /// # Errors
    /// When the emulator has not been built or refuses.
    pub fn make(path: &Path, options: &[&str]) -> Result<Self, StageError> {
        let outcome = Program::new(binary("cardinal-emulator")?)
            .arg("new")
            .args(options)
            .arg(path)
            .succeed()?;
        let text = outcome.text();
        let cuid = text
            .split_once("CUID ")
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_hexdigit()).next())
            .filter(|digits| digits.len() == 20)
            .ok_or_else(|| outcome.unexpected("does not tell the CUID"))?;
        Ok(Self { path: path.to_owned(), cuid: cuid.to_owned() })
    }

    /// The image file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The card's unique identifier, 20 upper-case hexadecimal digits.
    #[must_use]
    pub fn cuid(&self) -> &str {
        &self.cuid
    }

    /// What `cardinal-emulator info` says of it. The card must not be running.
    ///
    /// # Errors
    /// When the emulator fails.
    pub fn info(&self) -> Result<String, StageError> {
        let program = Program::new(binary("cardinal-emulator")?);
        Ok(program.arg("info").arg(&self.path).succeed()?.text())
    }
}

impl EmulatorProcess {
    /// Puts a card into a slot of a private pcscd and waits until pcscd shows it.
    ///
    /// # Errors
    /// When the emulator ends, or pcscd does not show the card in 10 s.
    pub fn insert(
        pcscd: &PrivatePcscd,
        slot: &Slot,
        card: &CardImage,
        lifetime: Lifetime,
    ) -> Result<Self, StageError> {
        let address = format!("127.0.0.1:{}", slot.port);
        let process = run(card, &["--vpcd", &address], lifetime)?;
        let mut emulator = Self { process, place: Place::Slot(slot.clone()) };
        emulator.process.wait_for_line("inserted ", INSERTION_TIME_MAX)?;
        wait_for_card(pcscd, slot, true)?;
        Ok(emulator)
    }

    /// Puts a card behind a TCP port of this machine that nobody uses.
    ///
    /// # Errors
    /// When the emulator ends or is not ready in time.
    pub fn listen(card: &CardImage, lifetime: Lifetime) -> Result<Self, StageError> {
        let mut process = run(card, &["--listen", "127.0.0.1:0"], lifetime)?;
        let line = process.wait_for_line("listening on ", INSERTION_TIME_MAX)?;
        let address = line.split_whitespace().last().and_then(|word| word.parse().ok());
        match address {
            Some(address) => Ok(Self { process, place: Place::Tcp(address) }),
            None => Err(process.not_ready("does not tell where it listens")),
        }
    }

    /// Where the card is.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The process: its log, a way to kill it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Pulls the card out of its slot: ends the emulator and waits until pcscd has noticed.
    ///
    /// # Errors
    /// When the emulator does not end, or pcscd still shows the card.
    pub fn pull(mut self, pcscd: &PrivatePcscd) -> Result<(), StageError> {
        self.process.stop()?;
        match &self.place {
            Place::Slot(slot) => wait_for_card(pcscd, slot, false),
            Place::Tcp(_) => Ok(()),
        }
    }
}

/// A TCP port of this machine that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16, StageError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(StageError::io("looking for a free port"))
}

fn run(card: &CardImage, place: &[&str], lifetime: Lifetime) -> Result<Process, StageError> {
    let mut command = Command::new(binary("cardinal-emulator")?);
    command.env("RUST_LOG", DEBUG_LOG).arg("run").args(place).arg(&card.path);
    Process::start("cardinal-emulator", &command, &card.path.with_extension("log"), lifetime)
}

/// Waits until pcscd shows a card in the slot, or none.
///
/// # Errors
/// When it does not in 10 s.
pub fn wait_for_card(pcscd: &PrivatePcscd, slot: &Slot, wanted: bool) -> Result<(), StageError> {
    let started = Instant::now();
    loop {
        let outcome = pcscd.program("opensc-tool").arg("--list-readers").succeed()?;
        let text = outcome.text();
        let line = text.lines().find(|line| line.ends_with(&slot.reader));
        let present = line.is_some_and(|line| line.split_whitespace().nth(1) == Some("Yes"));
        if present == wanted {
            return Ok(());
        }
        if started.elapsed() > INSERTION_TIME_MAX {
            return Err(outcome.unexpected(format!("card in {:?}: {present}", slot.reader)));
        }
        thread::sleep(POLL_PAUSE);
    }
}
