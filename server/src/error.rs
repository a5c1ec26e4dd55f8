//! Why the server did not do what it was asked, with what to do next and the exit code.

use std::{io, path::PathBuf};

use ca::CaError;
use keys::KeysError;
use store::{StoreError, tps::TokenStatus};
use tps::agent::AgentError;

/// Success.
pub const EXIT_OK: u8 = 0;
/// The server, its database or the system failed.
pub const EXIT_FAILED: u8 = 1;
/// The command line or the configuration is not usable.
pub const EXIT_USAGE: u8 = 2;
/// What was named is not there.
pub const EXIT_NOT_FOUND: u8 = 3;
/// The rules do not allow it.
pub const EXIT_REFUSED: u8 = 4;

/// The exit codes, for the help text.
pub const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 command line or configuration not \
    usable; 3 no such user or token; 4 refused by the rules";

/// Why the server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// An agent's change was not made.
    #[error("{0}")]
    Agent(#[from] AgentError),
    /// The certificate authority does not open.
    #[error("certificate authority: {0}")]
    Authority(#[from] CaError),
    /// The configuration has a mistake.
    #[error("configuration: {0}")]
    Config(String),
    /// What is to be made is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An argument that is not one.
    #[error("{0}")]
    Input(String),
    /// The keys do not open.
    #[error("keys: {0}")]
    Keys(#[from] KeysError),
    /// The edge does not listen.
    #[error("{0}")]
    Listen(#[from] web::ServerError),
    /// There is a user of that name.
    #[error("there is a user {0} already")]
    UserExists(String),
    /// No such user or token.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Output cannot be written.
    #[error("cannot write output: {0}")]
    Output(#[source] io::Error),
    /// The database is at fault.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The system refuses something that every program needs.
    #[error("the system: {0}")]
    System(#[source] io::Error),
    /// TKS does not open.
    #[error("token key service: {0}")]
    Tks(#[from] tks::ConfigError),
    /// The TLS library does not take our certificate or key.
    #[error("TLS: {0}")]
    Tls(String),
}

impl ServerError {
    /// With which code the program ends.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Input(_) | Self::Tks(_) => EXIT_USAGE,
            Self::NotFound(_) | Self::Agent(AgentError::NoSuchToken) => EXIT_NOT_FOUND,
            Self::Exists(_)
            | Self::UserExists(_)
            | Self::Agent(AgentError::ForbiddenTransition { .. }) => EXIT_REFUSED,
            _ => EXIT_FAILED,
        }
    }

    /// What to do next, where there is something to be said.
    #[must_use]
    pub fn next_step(&self) -> Option<String> {
        Some(match self {
            Self::Agent(AgentError::ForbiddenTransition { from, .. }) => {
                let next: Vec<_> = from.next_for_agent().map(TokenStatus::name).collect();
                if next.is_empty() {
                    return Some(format!("there is no way on from {from}"));
                }
                format!("from {from} an agent may go to: {}", next.join(", "))
            }
            Self::Config(_) => "mend the file, then try `cardinal-server check-config`".to_owned(),
            Self::Exists(_) => {
                "start it with `cardinal-server run`, or name another folder".to_owned()
            }
            Self::File { .. } => "check the path and the permissions".to_owned(),
            Self::Keys(KeysError::KeyFileMissing(_)) => {
                "put the key file back from your backup: without it the keys cannot be opened"
                    .to_owned()
            }
            Self::Listen(_) => {
                "another process may listen there: set server.https, or port 0 for any".to_owned()
            }
            Self::NotFound("user") => "see `cardinal-server user list`".to_owned(),
            Self::NotFound(_) | Self::Agent(AgentError::NoSuchToken) => {
                "see `cardinal-server token list`".to_owned()
            }
            Self::UserExists(name) => {
                format!("another password: `cardinal-server user passwd {name}`")
            }
            _ => return None,
        })
    }
}
