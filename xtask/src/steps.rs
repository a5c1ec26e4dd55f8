//! Steps of a chore: each is announced, timed and counted.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::bail;

/// What became of a step that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was done; what is worth telling about it (or nothing).
    Well(String),
    /// It could not be done on this machine, and why.
    Skipped(String),
}

/// A list of steps in progress.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
    /// Whether a step prints much itself, so that its verdict needs its name again.
    noisy: bool,
}

impl Steps {
    /// Steps that say one thing at their end.
    pub(crate) fn quiet() -> Self {
        Self { started: Instant::now(), passed: 0, skipped: 0, failed: Vec::new(), noisy: false }
    }

    /// Steps that run other programs whose output is shown.
    pub(crate) fn noisy() -> Self {
        Self { noisy: true, ..Self::quiet() }
    }

    /// Performs a step; ends the chore when it fails.
    pub(crate) fn must<T>(
        &mut self,
        name: &str,
        step: impl FnOnce() -> anyhow::Result<(T, String)>,
    ) -> anyhow::Result<T> {
        let started = self.announce(name);
        match step() {
            Ok((value, told)) => {
                self.conclude(name, started, &Done::Well(told));
                Ok(value)
            }
            Err(error) => {
                self.tell(name, started, "FAILED");
                Err(error.context(format!("step \"{name}\"")))
            }
        }
    }

    /// Performs a step; a failure is counted and told, and the chore goes on.
    pub(crate) fn try_to(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<Done>) {
        let started = self.announce(name);
        match step() {
            Ok(done) => self.conclude(name, started, &done),
            Err(error) => {
                self.tell(name, started, &format!("FAILED: {error:#}"));
                self.failed.push(name.to_owned());
            }
        }
    }

    /// The verdict over all steps, as the last line of output.
    ///
    /// # Errors
    /// When a step failed.
    pub(crate) fn verdict(self) -> anyhow::Result<()> {
        let Self { started, passed, skipped, failed, .. } = self;
        let word = if failed.is_empty() { "ok" } else { "FAILED" };
        println!(
            "\ntest result: {word}. {passed} passed; {} failed; {skipped} skipped; finished in {:.2}s",
            failed.len(),
            started.elapsed().as_secs_f64()
        );
        if failed.is_empty() {
            return Ok(());
        }
        bail!("failed: {}", failed.join(", "))
    }

    /// Time since the first step began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn announce(&self, name: &str) -> Instant {
        if self.noisy {
            println!("\n--- {name}");
        } else {
            print!("{name:<62}");
        }
        // A step may print through another process: what we said must come first.
        let _ = std::io::stdout().flush();
        Instant::now()
    }

    fn conclude(&mut self, name: &str, started: Instant, done: &Done) {
        match done {
            Done::Well(told) => {
                self.passed += 1;
                self.tell(name, started, told);
            }
            Done::Skipped(reason) => {
                self.skipped += 1;
                self.tell(name, started, &format!("skipped: {reason}"));
            }
        }
    }

    fn tell(&self, name: &str, started: Instant, what: &str) {
        let seconds = started.elapsed().as_secs_f64();
        let word = if what.is_empty() { "ok" } else { what };
        if self.noisy {
            println!("--- {name}: {word} ({seconds:.1} s)");
        } else {
            println!("{seconds:>7.2} s  {word}");
        }
        let _ = std::io::stdout().flush();
    }
}
