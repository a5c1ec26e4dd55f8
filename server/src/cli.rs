//! The command line of `cardinal-server`.

mod arguments;
mod export;
mod init;
mod output;
mod password;
mod run;
mod token;
mod user;

use std::{
    future::Future,
    io::{self, IsTerminal as _},
};

use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

pub use arguments::{
    Arguments, ConfigArgument, ExportArguments, Published, Task, TokenTask, UserTask,
};

use crate::{config::Config, error::ServerError};

/// Threads that wait for sockets.
const WORKER_THREADS: usize = 2;
/// Threads that make keys and check passwords; what a password takes, 19 MiB, stays with its thread.
const BLOCKING_THREADS: usize = 2;
/// Environment variable with the log level.
const LOG_VARIABLE: &str = "CARDINAL_LOG";
/// Log level when nobody says otherwise.
const LOG_DEFAULT: &str = "info";

/// Does what the command line says.
///
/// # Errors
/// [`ServerError`], which has an exit code.
pub fn execute(arguments: Arguments) -> Result<(), ServerError> {
    start_log(arguments.log.as_deref())?;
    match arguments.task {
        Task::Run(config) => runtime()?.block_on(run::run(&config)),
        Task::Init { dir } => once(init::init(&dir)),
        Task::CheckConfig(config) => check_config(&config),
        Task::User { config, task } => once(user::execute(&config, task)),
        Task::Token { config, task } => once(token::execute(&config, task)),
        Task::Export(arguments) => once(export::export(&arguments)),
        Task::Completions { shell } => arguments::completions(shell),
    }
}

fn check_config(config: &ConfigArgument) -> Result<(), ServerError> {
    Config::read(&config.path)?;
    output::line(&format!("{}: no mistake found", config.path.display()))
}

/// Logs go to standard error: standard output is for what was asked for.
fn start_log(level: Option<&str>) -> Result<(), ServerError> {
    let level = level
        .map(str::to_owned)
        .or_else(|| std::env::var(LOG_VARIABLE).ok().filter(|level| !level.is_empty()))
        .unwrap_or_else(|| LOG_DEFAULT.to_owned());
    let filter = EnvFilter::try_new(&level)
        .map_err(|error| ServerError::Input(format!("log level '{level}': {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init()
        .map_err(|error| ServerError::Input(error.to_string()))
}

fn runtime() -> Result<Runtime, ServerError> {
    Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(ServerError::System)
}

/// A command that ends by itself.
fn once(command: impl Future<Output = Result<(), ServerError>>) -> Result<(), ServerError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServerError::System)?
        .block_on(command)
}
