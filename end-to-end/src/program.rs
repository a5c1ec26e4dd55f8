//! External programs that run to their end: a time limit, captured output, no terminal.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::StageError;

/// Time a program has unless it is told otherwise.
pub const PROGRAM_TIME_MAX: Duration = Duration::from_mins(1);
/// Pause between two looks at whether a program has ended.
const POLL_PAUSE: Duration = Duration::from_millis(3);

/// A command line that is going to be run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    shown: String,
    limit: Duration,
    input: Vec<u8>,
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The command line.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub elapsed: Duration,
}

/// A program that is running and will be asked for its outcome later.
#[derive(Debug)]
pub struct Running {
    child: Child,
    shown: String,
    limit: Duration,
    started: Instant,
    stdout: File,
    stderr: File,
}

impl Program {
    /// A program by name (searched in `PATH`) or path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        Self {
            command,
            shown: program.as_ref().to_string_lossy().into_owned(),
            limit: PROGRAM_TIME_MAX,
            input: Vec::new(),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn envs(mut self, variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Sets the working folder.
    #[must_use]
    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets what it reads from standard input; without this it reads nothing.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Sets the time it has; it is killed after that.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it. Input and output are files, so that it never waits for us.
    ///
    /// # Errors
    /// When it is not there or cannot be started.
    pub fn start(mut self) -> Result<Running, StageError> {
        let files = || -> io::Result<(File, File, File)> {
            let mut stdin = tempfile::tempfile()?;
            stdin.write_all(&self.input)?;
            stdin.rewind()?;
            Ok((stdin, tempfile::tempfile()?, tempfile::tempfile()?))
        };
        let (stdin, stdout, stderr) =
            files().map_err(StageError::io("files for a program's output"))?;
        let clone = |file: &File| {
            file.try_clone().map(Stdio::from).map_err(StageError::io("sharing an output file"))
        };
        self.command.stdin(stdin).stdout(clone(&stdout)?).stderr(clone(&stderr)?);
        let started = Instant::now();
        let child = self.command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StageError::MissingProgram(self.shown.clone()),
            _ => StageError::Io { what: format!("starting `{}`", self.shown), source },
        })?;
        Ok(Running { child, shown: self.shown, limit: self.limit, started, stdout, stderr })
    }

    /// Runs it to its end, whatever that is.
    ///
    /// # Errors
    /// When it cannot be started or does not end in its time.
    pub fn run(self) -> Result<Outcome, StageError> {
        self.start()?.wait()
    }

    /// Runs it and expects success.
    ///
    /// # Errors
    /// As [`Program::run`]; [`StageError::Unexpected`] when it ends with another status than 0.
    pub fn succeed(self) -> Result<Outcome, StageError> {
        self.run()?.expect_success()
    }

    /// Runs it and expects it to fail by itself (not by a signal).
    ///
    /// # Errors
    /// As [`Program::run`]; [`StageError::Unexpected`] when it succeeds.
    pub fn fail(self) -> Result<Outcome, StageError> {
        let outcome = self.run()?;
        match outcome.status.code() {
            Some(0) => Err(outcome.unexpected("succeeded, which it must not")),
            Some(_) => Ok(outcome),
            None => Err(outcome.unexpected("was killed by a signal")),
        }
    }
}

impl Running {
    /// Process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> Result<bool, StageError> {
        let status = self.child.try_wait().map_err(StageError::io("waiting for a program"))?;
        Ok(status.is_some())
    }

    /// Waits until its standard output contains a text, or it has ended; returns whether the text is there.
    ///
    /// # Errors
    /// [`StageError::TimedOut`] when neither happens in its time.
    pub fn wait_for_output(&mut self, wanted: &str) -> Result<bool, StageError> {
        loop {
            let ended = self.ended()?;
            let output = self.stdout_so_far()?;
            if ended || output.contains(wanted) {
                return Ok(output.contains(wanted));
            }
            if self.started.elapsed() > self.limit {
                let (command, limit) = (self.shown.clone(), self.limit);
                return Err(StageError::TimedOut { command, limit, output });
            }
            thread::sleep(POLL_PAUSE);
        }
    }

    /// What is in the file of its standard output; where it writes next stays as it is.
    fn stdout_so_far(&self) -> Result<String, StageError> {
        let read = || -> io::Result<Vec<u8>> {
            let length = usize::try_from(self.stdout.metadata()?.len()).unwrap_or(usize::MAX);
            let mut bytes = vec![0; length];
            let count = self.stdout.read_at(&mut bytes, 0)?;
            bytes.truncate(count);
            Ok(bytes)
        };
        let bytes = read().map_err(StageError::io("reading a program's output"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Kills it (SIGKILL) and returns what it had printed.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(mut self) -> Result<Outcome, StageError> {
        self.child.kill().map_err(StageError::io("killing a program"))?;
        self.finish()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// [`StageError::TimedOut`] when it does not end in its time.
    pub fn wait(mut self) -> Result<Outcome, StageError> {
        while !self.ended()? {
            if self.started.elapsed() > self.limit {
                let (command, limit) = (self.shown.clone(), self.limit);
                let outcome = self.kill()?;
                return Err(StageError::TimedOut { command, limit, output: outcome.text() });
            }
            thread::sleep(POLL_PAUSE);
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Outcome, StageError> {
        let status = self.child.wait().map_err(StageError::io("waiting for a program"))?;
        let elapsed = self.started.elapsed();
        let read = |file: &mut File| -> Result<Vec<u8>, StageError> {
            let mut bytes = Vec::new();
            file.rewind()
                .and_then(|()| file.read_to_end(&mut bytes))
                .map_err(StageError::io("reading a program's output"))?;
            Ok(bytes)
        };
        let (stdout, stderr) = (read(&mut self.stdout)?, read(&mut self.stderr)?);
        Ok(Outcome { command: core::mem::take(&mut self.shown), status, stdout, stderr, elapsed })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is the usual case; then both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Outcome {
    /// Standard output and standard error as text, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}{}",
            String::from_utf8_lossy(&self.stdout),
            String::from_utf8_lossy(&self.stderr)
        )
    }

    /// Expects exit status 0.
    ///
    /// # Errors
    /// [`StageError::Unexpected`] when it is another.
    pub fn expect_success(self) -> Result<Self, StageError> {
        if self.status.success() {
            return Ok(self);
        }
        let problem = format!("ended with {}", self.status);
        Err(self.unexpected(problem))
    }

    /// Expects the output to contain a text.
    ///
    /// # Errors
    /// [`StageError::Unexpected`] when it does not.
    pub fn expect_text(self, wanted: &str) -> Result<Self, StageError> {
        if self.text().contains(wanted) {
            return Ok(self);
        }
        Err(self.unexpected(format!("does not say {wanted:?}")))
    }

    /// An error about this outcome.
    pub fn unexpected(&self, problem: impl Into<String>) -> StageError {
        StageError::Unexpected {
            command: self.command.clone(),
            problem: problem.into(),
            output: self.text(),
        }
    }
}
