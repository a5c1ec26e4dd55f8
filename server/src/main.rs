//! `cardinal-server`: TPS, TKS, CA and DRM in one process.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    cardinal_server::cli::main(cardinal_server::cli::Arguments::parse())
}
