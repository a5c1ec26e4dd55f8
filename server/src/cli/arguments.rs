//! What may be said on the command line.

use std::{io, path::PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use token_management::subsystem::tks::Cuid;

use crate::{
    config::FILE_NAME,
    error::{EXIT_CODES, ServerError},
};

/// Token processing system, token key service, certificate authority and data recovery manager in one process.
#[derive(Debug, Parser)]
#[command(name = "cardinal-server", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Log level, e.g. `debug` or `warn,tps=debug` [environment: CARDINAL_LOG; default: info].
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Serve token operations; makes keys, database and certificates that are missing.
    Run(ConfigArgument),
    /// Make a folder with a commented configuration, keys, database and certificates.
    Init {
        /// The folder.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Look for mistakes in a configuration file.
    CheckConfig(ConfigArgument),
    /// Users who may log in to token operations.
    User {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgument,
        /// What to do.
        #[command(subcommand)]
        task: UserTask,
    },
    /// Tokens: look at them, and say that one is lost, damaged, found again, withdrawn.
    Token {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgument,
        /// What to do.
        #[command(subcommand)]
        task: TokenTask,
    },
    /// Write what the certificate authority publishes into a file.
    Export(ExportArguments),
    /// Write a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Which server.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgument {
    /// The configuration file.
    #[arg(
        long = "config",
        value_name = "FILE",
        global = true,
        env = "CARDINAL_CONFIG",
        default_value = FILE_NAME
    )]
    pub path: PathBuf,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserTask {
    /// Add a user.
    Add(UserPassword),
    /// List the users.
    List {
        /// JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Give a user another password.
    Passwd(UserPassword),
    /// Let a user who is locked after wrong passwords try again.
    Unlock {
        /// Login name.
        name: String,
    },
}

/// A user and where the password comes from.
#[derive(Debug, Args)]
pub struct UserPassword {
    /// Login name.
    pub name: String,
    /// Read the password from standard input, one line, instead of asking for it.
    #[arg(long)]
    pub password_stdin: bool,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenTask {
    /// List the tokens.
    List {
        /// Only those of this user.
        #[arg(long)]
        user: Option<String>,
        /// Only those of this status, e.g. `ACTIVE`.
        #[arg(long)]
        status: Option<String>,
        /// JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show a token, its certificates and its history.
    Show {
        /// The token: its CUID, 20 hexadecimal digits.
        #[arg(value_parser = cuid)]
        cuid: Cuid,
        /// JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// The token is lost for good: its keys count as compromised.
    Lost(AgentArguments),
    /// The token is damaged: its keys count as destroyed.
    Damaged(AgentArguments),
    /// The token is out of reach for a time: its certificates are put on hold.
    Suspend(AgentArguments),
    /// The suspended token is found again: the hold is lifted.
    Activate(AgentArguments),
    /// The token is withdrawn.
    Terminate(AgentArguments),
}

/// Which token, and why.
#[derive(Debug, Args)]
pub struct AgentArguments {
    /// The token: its CUID, 20 hexadecimal digits.
    #[arg(value_parser = cuid)]
    pub cuid: Cuid,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
    /// JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// What to write where.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// What.
    pub what: Published,
    /// The file.
    #[arg(long)]
    pub out: PathBuf,
    /// The configuration.
    #[command(flatten)]
    pub config: ConfigArgument,
}

/// What the certificate authority publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Published {
    /// Issuing authority and root, PEM.
    CaChain,
    /// The list of revoked certificates, DER.
    Crl,
}

fn cuid(text: &str) -> Result<Cuid, String> {
    let bytes = hex::decode(text).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| "a CUID has 10 bytes, 20 hexadecimal digits".to_owned())
}

/// Writes a completion script.
pub(super) fn completions(shell: Shell) -> Result<(), ServerError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "cardinal-server", &mut script);
    io::Write::write_all(&mut io::stdout(), &script).map_err(ServerError::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_has_no_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_cuid_is_ten_bytes() {
        assert_eq!(cuid("00112233445566778899").unwrap()[9], 0x99);
        assert!(cuid("0011").is_err());
        assert!(cuid("zz112233445566778899").is_err());
    }
}
