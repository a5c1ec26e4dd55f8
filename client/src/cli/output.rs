//! What an operation shows while it runs and when it ends.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use token_management::message::{Operation, Status};

use super::{arguments::OutputArguments, prompt::printable};
use crate::{ClientError, Progress, progress::task_text};

/// The three ways to show an operation.
pub(super) enum Display {
    Quiet,
    Json,
    /// A bar on a terminal, while something is going on.
    Bar(Option<ProgressBar>),
    /// A line for each task, where standard error is no terminal.
    Lines {
        last: String,
    },
}

impl Display {
    pub(super) fn new(arguments: OutputArguments) -> Self {
        if arguments.json {
            return Self::Json;
        }
        if arguments.quiet {
            return Self::Quiet;
        }
        if !stderr().is_terminal() {
            return Self::Lines { last: String::new() };
        }
        Self::Bar(None)
    }

    /// The operation is done.
    pub(super) fn succeed(
        &self,
        operation: Operation,
        status: Status,
        took: Duration,
    ) -> Result<(), ClientError> {
        match self {
            Self::Quiet => Ok(()),
            Self::Json => print_line(
                &json!({
                    "event": "end",
                    "operation": operation.name(),
                    "result": "good",
                    "status": status.name(),
                    "code": status.code(),
                    "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                })
                .to_string(),
            ),
            Self::Bar(bar) => {
                clear(bar.as_ref());
                print_line(&done(operation, took))
            }
            Self::Lines { .. } => print_line(&done(operation, took)),
        }
    }

    /// The operation failed; the error itself is reported by the caller, on standard error.
    pub(super) fn fail(&self, operation: Operation, error: &ClientError) {
        match self {
            Self::Json => {
                let status = error.status();
                // An output that is gone must not hide the error.
                let _ = print_line(
                    &json!({
                        "event": "end",
                        "operation": operation.name(),
                        "result": "error",
                        "status": status.map(Status::name),
                        "code": status.map(Status::code),
                        "error": error.to_string(),
                    })
                    .to_string(),
                );
            }
            Self::Bar(bar) => clear(bar.as_ref()),
            Self::Quiet | Self::Lines { .. } => {}
        }
    }
}

impl Progress for Display {
    fn update(&mut self, percent: u32, task: &str) {
        let task = printable(task);
        match self {
            Self::Json => {
                // Progress that cannot be shown is no reason to stop in the middle.
                let _ = print_line(
                    &json!({ "event": "progress", "percent": percent, "task": task }).to_string(),
                );
            }
            Self::Bar(bar) => {
                let bar = bar.get_or_insert_with(new_bar);
                bar.set_position(u64::from(percent.min(100)));
                bar.set_message(task_text(&task).to_owned());
            }
            Self::Lines { last } if *last != task => {
                let _ = writeln!(stderr(), "{percent:>3} %  {}", task_text(&task));
                *last = task;
            }
            Self::Quiet | Self::Lines { .. } => {}
        }
    }

    fn suspend(&mut self) {
        if let Self::Bar(bar) = self {
            clear(bar.take().as_ref());
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos:>3} %  {msg}") {
        bar.set_style(style);
    }
    bar
}

fn clear(bar: Option<&ProgressBar>) {
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn done(operation: Operation, took: Duration) -> String {
    let what = match operation {
        Operation::Format => "Formatted",
        Operation::Enroll => "Enrolled",
        Operation::ResetPin => "PIN reset",
        _ => "Done",
    };
    format!("{what} in {:.1} s", took.as_secs_f64())
}

/// One line on standard output, at once.
pub(super) fn print_line(line: &str) -> Result<(), ClientError> {
    let mut output = stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(ClientError::Output)
}
