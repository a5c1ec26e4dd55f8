//! `selftest`: the suite judged by mutants of the virtual card. In test builds only.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use cardinal_conformance::selftest::{self, Claims, Row, State};
use clap::Args;

#[derive(Args)]
pub(super) struct SelftestArgs {
    /// The table of claims
    #[arg(long, default_value = "conformance/mutants.toml")]
    claims: PathBuf,
    /// Write what was found as the table of claims, to be read by somebody before it is committed
    #[arg(long)]
    update: bool,
}

/// Why a fault that no case sees is in the table all the same.
const NO_CASE_YET: &str =
    "no case of the catalogue looks at the rule yet; tests of the emulator do";

pub(super) fn run(args: &SelftestArgs) -> anyhow::Result<ExitCode> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = |_| {
        let _ = write!(io::stderr(), ".");
    };
    let findings = selftest::run(threads, &progress)?;
    writeln!(io::stderr())?;
    if args.update {
        return update(&args.claims, &findings);
    }
    let text = fs::read_to_string(&args.claims)
        .with_context(|| format!("cannot read {}", args.claims.display()))?;
    let rows = Row::all(&Claims::parse(&text)?, &findings);
    let mut out = io::stdout().lock();
    Row::write(&rows, &mut out)?;
    for failed in &findings.baseline {
        writeln!(out, "without any fault: {failed}")?;
    }
    let well = findings.baseline.is_empty()
        && rows.iter().all(|row| matches!(row.state(), State::Killed | State::Unclaimed));
    Ok(ExitCode::from(u8::from(!well)))
}

fn update(path: &PathBuf, findings: &selftest::Findings) -> anyhow::Result<ExitCode> {
    let (mut killed_by, mut unclaimed) = (BTreeMap::new(), BTreeMap::new());
    for (fault, killers) in &findings.killers {
        if killers.is_empty() {
            unclaimed.insert((*fault).to_owned(), NO_CASE_YET.to_owned());
        } else {
            let killers = killers.iter().map(|number| (*number).to_owned()).collect();
            killed_by.insert((*fault).to_owned(), killers);
        }
    }
    fs::write(path, toml::to_string_pretty(&Claims { killed_by, unclaimed })?)?;
    Ok(ExitCode::SUCCESS)
}
