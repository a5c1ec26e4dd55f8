//! What can go wrong on the stage, naming who is at fault.

use std::{io, path::PathBuf, time::Duration};

/// Why the stage could not do what a test or the demo asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// A file or socket of the stage itself could not be used: the machine is at fault.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's error.
        source: io::Error,
    },
    /// A program is not there.
    #[error("program {0} is not there; build it or install its package first")]
    MissingProgram(String),
    /// A long-running program ended, or was not ready in time. The end of its log is attached.
    #[error("{program} was not ready ({reason}); its log {log} ends with:\n{tail}")]
    NotReady {
        /// Which program.
        program: String,
        /// What was waited for, or how it ended.
        reason: String,
        /// Where its output went.
        log: PathBuf,
        /// The last lines of its output.
        tail: String,
    },
    /// A command did not end in its time and was killed.
    #[error("`{command}` did not end within {limit:?} and was killed; output:\n{output}")]
    TimedOut {
        /// The command line.
        command: String,
        /// The time it had.
        limit: Duration,
        /// What it had printed.
        output: String,
    },
    /// A command ended, but not as expected.
    #[error("`{command}`: {problem}; output:\n{output}")]
    Unexpected {
        /// The command line.
        command: String,
        /// What differs from what was expected.
        problem: String,
        /// What it printed.
        output: String,
    },
    /// Something cannot be had on this machine (a package, a mirror); the check that needs it is skipped.
    #[error("{0}")]
    Unavailable(String),
    /// A claim about the product does not hold.
    #[error("{0}")]
    Failed(String),
}

impl StageError {
    /// Puts a name on a system error, for `map_err`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// A claim that does not hold.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }
}

/// Returns an error naming the claim unless it holds.
///
/// # Errors
/// [`StageError::Failed`] when `holds` is false.
pub fn ensure(holds: bool, claim: impl FnOnce() -> String) -> Result<(), StageError> {
    if holds { Ok(()) } else { Err(StageError::Failed(claim())) }
}
