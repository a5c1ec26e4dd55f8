//! The command line: what can be asked for, and by whom it is answered.

mod applet;
mod info;
mod inspect;
mod new;
mod number;
mod profile;
mod replay;
mod run;
mod try_out;
mod watching;

use std::io::{self, IsTerminal as _};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use tracing_subscriber::EnvFilter;

const OVERVIEW: &str = "\
A virtual Java Card for any PC/SC reader.

A card lives in an image file, as a real one does in its chip: `new` makes one, `run` puts it into a reader until Ctrl-C, `info` looks \
inside. Whatever an applet or a key change leaves behind is in the image after every command.

Java Card applets run as they are: `run --cap` puts one into a reader, `inspect` shows what a CAP file has, `try` says of a whole \
collection what runs and what not.";

const EXAMPLES: &str = "\
Examples:
  cardinal-emulator new card.img              a blank token: SCP02, key version 1, the customary test keys
  cardinal-emulator run card.img              in the first slot of vpcd; `opensc-tool -l` shows it
  cardinal-emulator info card.img             applets, life cycles, keys by check value, memory

  cardinal-emulator new --scp 03 aes.img      a card that speaks SCP03
  cardinal-emulator profile list              kinds of cards by name, for `new --profile`
  cardinal-emulator run --cap applet.cap      an applet in a reader, on a card that lives as long as the run
  cardinal-emulator inspect applet.cap        what it imports and does
  cardinal-emulator try applets               what becomes of every CAP file in a folder

  cardinal-emulator run --trace card.img      every command in words: fields, secure channel opened, applets called, writes
  cardinal-emulator run --ephemeral --record s.jsonl card.img
                                              a session that `replay s.jsonl --image card.img` runs again bit for bit

  cardinal-emulator run a.img b.img           two cards, in the two slots of vpcd's reader
  cardinal-emulator run --listen 127.0.0.1:9999 card.img
                                              without PC/SC, for clients that speak TCP

vpcd is Debian's package vsmartcard-vpcd; pcscd must be running for a card to show up, and may be started later.

Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.";

/// What the command line says.
#[derive(Parser)]
#[command(name = "cardinal-emulator", version, about = OVERVIEW, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Log more: -v commands by header and status word, -vv everything. RUST_LOG is more selective
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a card image
    New(new::New),
    /// List, show and check card profiles, or write one from a card in a reader
    Profile(profile::Profile),
    /// Put cards into readers until Ctrl-C or SIGTERM
    Run(run::Run),
    /// Run a recorded session again and compare every answer
    Replay(replay::Replay),
    /// Show what is in a card image; keys by check value only
    Info(info::Info),
    /// Show what is in a CAP file: imports, applets, disassembled methods
    Inspect(inspect::Inspect),
    /// Load, install and select every CAP file of a folder, each on a fresh card
    Try(try_out::Try),
    /// Print a completion script for a shell
    #[command(after_help = "Example: cardinal-emulator completions bash > \
                            ~/.local/share/bash-completion/completions/cardinal-emulator")]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Does what the command line says.
///
/// # Errors
/// With the reason, and what to do next where that is known.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Who asks for all bytes wants to see them, without another option.
    let traces = matches!(&arguments.verb, Verb::Run(run) if run.watching.trace_apdu);
    start_logging(arguments.verbose.max(u8::from(traces)));
    match arguments.verb {
        Verb::New(new) => new.run(),
        Verb::Profile(profile) => profile.run(),
        Verb::Run(run) => run.run(),
        Verb::Replay(replay) => replay.run(),
        Verb::Info(info) => info.run(),
        Verb::Inspect(inspect) => inspect.run(),
        Verb::Try(trial) => trial.run(),
        Verb::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "cardinal-emulator", &mut io::stdout());
            Ok(())
        }
    }
}

/// Logs go to standard error, so that standard output has only what was asked for.
fn start_logging(verbose: u8) {
    let default = match verbose {
        0 => "warn",
        1 => "cardinal_emulator=debug,warn",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(io::stderr)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
