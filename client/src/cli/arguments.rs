//! What can be said on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::http::{MESSAGE_TIMEOUT_SECONDS, OPERATION_TIMEOUT_SECONDS, ServerSettings, Trust};

/// The kind of token that is asked for unless told otherwise.
const TOKEN_TYPE: &str = "userKey";

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    the server refused or could not do it; the status is shown
  2    the command line, a file or a password cannot be used
  3    no reader, no card, or the card vanished
  4    the server cannot be reached, vanished, or breaks the protocol
  130  interrupted";

/// Formats and enrols tokens at a token management server, resets their PINs, and shows what is on them.
#[derive(Debug, Parser)]
#[command(name = "cardinal-client", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Erase the token and load the applet.
    #[command(after_help = EXIT_CODES)]
    Format(OperationArguments),
    /// Make keys and certificates on the token.
    #[command(after_help = EXIT_CODES)]
    Enroll(EnrollArguments),
    /// Set a new PIN.
    #[command(after_help = EXIT_CODES)]
    ResetPin(EnrollArguments),
    /// Show readers, cards and what is on them.
    #[command(after_help = EXIT_CODES)]
    List(ListArguments),
    /// Show cards that come and go, until interrupted.
    #[command(after_help = EXIT_CODES)]
    Watch(WatchArguments),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Which reader.
#[derive(Args, Clone, Debug)]
pub struct ReaderArguments {
    /// PC/SC reader: its name or a part of it that fits no other. Without it: the only one with a card.
    #[arg(long, value_name = "NAME", conflicts_with = "tcp")]
    pub reader: Option<String>,
    /// A card that listens on TCP, instead of a PC/SC reader.
    #[arg(long, value_name = "HOST:PORT")]
    pub tcp: Option<String>,
}

/// Which server, and whom to believe that it is.
#[derive(Args, Clone, Debug)]
pub struct ServerArguments {
    /// Address of the token processing system, e.g. https://tps.example.com:8443/tps/tps.
    #[arg(long, value_name = "URL", env = "CARDINAL_SERVER")]
    pub server: String,
    /// PEM file with the only root certificates to believe; without it, the system's.
    #[arg(long, value_name = "FILE", env = "CARDINAL_CA")]
    pub ca: Option<PathBuf>,
    /// Allow http:// addresses: everything, also the password, is then sent in clear.
    #[arg(long)]
    pub allow_plain_http: bool,
    /// How long the server may be silent, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = MESSAGE_TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub message_timeout: u64,
    /// How long the whole operation may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = OPERATION_TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub operation_timeout: u64,
}

impl ServerArguments {
    /// The settings of the channel.
    #[must_use]
    pub fn settings(&self) -> ServerSettings {
        let trust = self.ca.clone().map_or(Trust::System, Trust::Pinned);
        ServerSettings {
            allow_plain_http: self.allow_plain_http,
            message_timeout: Duration::from_secs(self.message_timeout),
            operation_timeout: Duration::from_secs(self.operation_timeout),
            ..ServerSettings::new(&self.server, trust)
        }
    }
}

/// Who the user is. What is not given is asked for at the terminal.
#[derive(Args, Clone, Debug)]
pub struct LoginArguments {
    /// The user's name.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// File whose first line is the password.
    #[arg(long, value_name = "FILE", group = "password")]
    pub password_file: Option<PathBuf>,
    /// Read the password from the first line of standard input.
    #[arg(long, group = "password")]
    pub password_stdin: bool,
    /// Environment variable that holds the password; other programs of this user may see it.
    #[arg(long, value_name = "VARIABLE", group = "password")]
    pub password_env: Option<String>,
}

/// The new PIN. What is not given is asked for at the terminal.
#[derive(Args, Clone, Debug, Default)]
pub struct PinArguments {
    /// File whose first line is the new PIN.
    #[arg(long, value_name = "FILE", group = "pin")]
    pub pin_file: Option<PathBuf>,
    /// Environment variable that holds the new PIN; other programs of this user may see it.
    #[arg(long, value_name = "VARIABLE", group = "pin")]
    pub pin_env: Option<String>,
}

/// How to say what happens.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArguments {
    /// Say nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
    /// One JSON object a line on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of every token operation.
#[derive(Args, Clone, Debug)]
pub struct OperationArguments {
    /// The server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// The reader.
    #[command(flatten)]
    pub reader: ReaderArguments,
    /// The user.
    #[command(flatten)]
    pub login: LoginArguments,
    /// The output.
    #[command(flatten)]
    pub output: OutputArguments,
    /// Kind of token, by which the server chooses a profile [format and enroll: userKey].
    #[arg(long, value_name = "TYPE")]
    pub token_type: Option<String>,
    /// Key set of the card, where the server has several.
    #[arg(long, value_name = "NAME")]
    pub key_set: Option<String>,
}

impl OperationArguments {
    /// The kind of token for format and enrol, where ESC always names one.
    #[must_use]
    pub fn token_type_or_default(&self) -> String {
        self.token_type.clone().unwrap_or_else(|| TOKEN_TYPE.to_owned())
    }
}

/// Arguments of operations that set a PIN.
#[derive(Args, Clone, Debug)]
pub struct EnrollArguments {
    /// What every operation needs.
    #[command(flatten)]
    pub operation: OperationArguments,
    /// The PIN.
    #[command(flatten)]
    pub pin: PinArguments,
}

/// Arguments of `list`.
#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// The reader; all of them without it.
    #[command(flatten)]
    pub reader: ReaderArguments,
    /// One JSON array on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `watch`.
#[derive(Args, Clone, Debug)]
pub struct WatchArguments {
    /// Only readers with this in their name.
    #[arg(long, value_name = "NAME")]
    pub reader: Option<String>,
    /// One JSON object a line on standard output.
    #[arg(long)]
    pub json: bool,
    /// Only readers and cards, not what is on them: no command is sent to a card.
    #[arg(long)]
    pub no_inspect: bool,
}

/// Prints a completion script.
pub(super) fn completions(shell: Shell) {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut std::io::stdout());
}
