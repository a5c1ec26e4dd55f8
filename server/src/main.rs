//! `cardinal-server`: TPS, TKS, CA and DRM in one process.

use std::{io::Write as _, process::ExitCode};

use cardinal_server::{ServerError, cli::Arguments};
use clap::Parser as _;

fn main() -> ExitCode {
    match cardinal_server::cli::execute(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn complain(error: &ServerError) {
    let mut output = std::io::stderr().lock();
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(output, "cardinal-server: {error}");
    if let Some(next) = error.next_step() {
        let _ = writeln!(output, "  {next}");
    }
}
