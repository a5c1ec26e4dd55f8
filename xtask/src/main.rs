//! Set-up, demo, test and release chores: `cargo xtask --help`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod bench;
mod cargo;
mod demo;
mod fuzz;
mod house;
mod packages;
mod selftest;
mod steps;
mod test;
mod tpsclient;

const OVERVIEW: &str = "\
Chores of the project. Debian packages that are missing are installed first, as root or with sudo; no terminal is needed.";

/// The suite rewrites its registry of identifiers.
const CONFORMANCE_REGISTRY: &[&str] =
    &["run", "--package", "cardinal-conformance", "--", "registry", "--update", "conformance"];

/// Chores of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = OVERVIEW)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// A token's life in a minute, with the real programs: format, enrol, sign, lose, recover
    Demo {
        /// Leave everything running at the end, and say how to use it
        #[arg(long)]
        keep: bool,
        /// Load this CoolKey build (`<version>.ijc`, e.g. from Dogtag's `tps/applets`) onto the cards, instead of using the applet in their mask
        #[arg(long, value_name = "FILE")]
        applet: Option<PathBuf>,
    },
    /// Every check there is; CI calls exactly this
    Test,
    /// Let Dogtag's own tpsclient format, enrol and reset a PIN at our server
    Tpsclient,
    /// Build the fuzz targets and run them for some seconds
    FuzzSmoke,
    /// Check the rules that no lint knows: headers and lengths of files, citations of clauses
    House,
    /// Judge the conformance suite by faults that are planted in the virtual card
    ConformanceSelftest {
        /// Arguments of `cardinal-conformance selftest`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Register new conformance cases, and list the clauses that have none
    ConformanceRegistry,
    /// Run the benches; arguments go to criterion
    Bench {
        /// E.g. a bench's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Demo { keep, applet } => demo::run(keep, applet.as_deref()),
        Chore::Test => test::run(),
        Chore::Tpsclient => tpsclient::run(),
        Chore::FuzzSmoke => fuzz::run(),
        Chore::ConformanceSelftest { arguments } => selftest::run(&arguments),
        Chore::House => house::check().map(|told| println!("{told}")),
        Chore::ConformanceRegistry => cargo::run(CONFORMANCE_REGISTRY, &[]),
        Chore::Bench { arguments } => bench::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
