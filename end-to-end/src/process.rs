//! A program that stays: started with a log file, watched until it is ready, stopped when dropped.

use std::{
    fs::{self, File},
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Program, StageError};

/// Pause between two looks at a log.
const POLL_PAUSE: Duration = Duration::from_millis(2);
/// Time a program has to end by itself after it was asked to.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of a log that an error shows.
const TAIL_BYTES: usize = 4000;

/// How long a program lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the stage is dropped or the thread that started it ends, whichever is first.
    OfStage,
    /// Until somebody stops it.
    Detached,
}

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    log_start: u64,
    lifetime: Lifetime,
}

impl Process {
    /// Starts `command`; standard output and standard error are appended to the file `log`.
    ///
    /// # Errors
    /// When the program is not there or cannot be started.
    pub fn start(
        name: &str,
        command: &Command,
        log: &Path,
        lifetime: Lifetime,
    ) -> Result<Self, StageError> {
        Self::start_with_input(name, command, log, lifetime, Stdio::null())
    }

    /// As [`Process::start`], with a standard input.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn start_with_input(
        name: &str,
        command: &Command,
        log: &Path,
        lifetime: Lifetime,
        input: Stdio,
    ) -> Result<Self, StageError> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(StageError::io(format!("log file {}", log.display())))?;
        let errors = output.try_clone().map_err(StageError::io("sharing a log file"))?;
        let log_start = output.metadata().map_err(StageError::io("size of a log file"))?.len();
        let mut wrapped = with_lifetime(command, lifetime);
        wrapped.stdin(input).stdout(output).stderr(errors);
        let child = wrapped.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StageError::MissingProgram(name.to_owned()),
            _ => StageError::Io { what: format!("starting {name}"), source },
        })?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned(), log_start, lifetime })
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How long it lives.
    #[must_use]
    pub const fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// File with everything it and its predecessors under the same name printed.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// What this process has printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let start = usize::try_from(self.log_start).unwrap_or(usize::MAX);
        String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
    }

    /// Waits until it has printed a line that contains `wanted`, and returns that line.
    ///
    /// # Errors
    /// [`StageError::NotReady`] when it ends, or has not printed it within `limit`.
    pub fn wait_for_line(&mut self, wanted: &str, limit: Duration) -> Result<String, StageError> {
        let started = Instant::now();
        loop {
            let ended = self.exit_status()?;
            if let Some(line) = complete_lines(&self.printed()).find(|line| line.contains(wanted)) {
                return Ok(line.to_owned());
            }
            if let Some(status) = ended {
                return Err(self.not_ready(format!("ended with {status}")));
            }
            if started.elapsed() > limit {
                return Err(self.not_ready(format!("no line with {wanted:?} in {limit:?}")));
            }
            thread::sleep(POLL_PAUSE);
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>, StageError> {
        self.child.try_wait().map_err(StageError::io(format!("state of {}", self.name)))
    }

    /// Ends it at once (SIGKILL): it gets no chance to save anything.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&mut self) -> Result<(), StageError> {
        self.child.kill().map_err(StageError::io(format!("killing {}", self.name)))?;
        self.child.wait().map_err(StageError::io(format!("waiting for {}", self.name)))?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Errors
    /// [`StageError::NotReady`] when it does not end in 10 s.
    pub fn stop(&mut self) -> Result<ExitStatus, StageError> {
        if let Some(status) = self.exit_status()? {
            return Ok(status);
        }
        Program::new("sh").args(["-c", &format!("kill -TERM {}", self.pid())]).succeed()?;
        let started = Instant::now();
        loop {
            if let Some(status) = self.exit_status()? {
                return Ok(status);
            }
            if started.elapsed() > STOP_TIME_MAX {
                return Err(self.not_ready("did not end after SIGTERM"));
            }
            thread::sleep(POLL_PAUSE);
        }
    }

    /// Resident memory in bytes, from `/proc`.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_bytes(&self) -> Result<u64, StageError> {
        let path = format!("/proc/{}/status", self.pid());
        let status = fs::read_to_string(&path).map_err(StageError::io(path))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kibibytes
            .map(|value| value * 1024)
            .ok_or_else(|| StageError::failed(format!("{} has no VmRSS", self.name)))
    }

    /// An error that shows the end of the log.
    pub fn not_ready(&self, reason: impl Into<String>) -> StageError {
        let printed = self.printed();
        let mut start = printed.len().saturating_sub(TAIL_BYTES);
        while !printed.is_char_boundary(start) {
            start += 1;
        }
        StageError::NotReady {
            program: self.name.clone(),
            reason: reason.into(),
            log: self.log.clone(),
            tail: printed.get(start..).unwrap_or_default().to_owned(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.lifetime == Lifetime::OfStage {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The lines that are ended: one that is still being written could be cut short.
fn complete_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

/// Wraps a command so that it dies with us (a run that is itself killed leaves nothing behind), or so that it does not.
fn with_lifetime(command: &Command, lifetime: Lifetime) -> Command {
    let mut wrapped = match lifetime {
        Lifetime::OfStage => {
            let mut wrapped = Command::new("setpriv");
            wrapped.args(["--pdeathsig", "KILL", "--"]);
            wrapped
        }
        Lifetime::Detached => {
            let mut wrapped = Command::new("env");
            wrapped.process_group(0);
            wrapped
        }
    };
    wrapped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}
