//! The client between a card in a reader and a token management server.

use std::{io::Write, process::ExitCode};

use cardinal_client::{
    ClientError, advice,
    cli::{self, Arguments},
};
use clap::Parser;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .with_env_var("CARDINAL_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a cryptographic provider is installed already");
    }
    match cli::execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn complain(error: &ClientError) {
    let mut output = std::io::stderr().lock();
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(output, "cardinal-client: {error}");
    if let Some(next) = advice::next_step(error) {
        let _ = writeln!(output, "  {next}");
    }
}
