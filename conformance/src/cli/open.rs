//! From what the command line names to a connected subject.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cardinal_conformance::{
    subject::{Address, InProcess, NamedSubject, Plugged, Subject, SubjectFile, SubjectKeys},
    verdict::Stop,
};
use clap::Args;

use super::Unreachable;

/// Which subject: the options that `probe` and `run` share.
#[derive(Args)]
pub(super) struct SubjectArgs {
    /// in-process[:PROFILE], pcsc:READER, tcp:HOST:PORT, or a name out of --subjects
    #[arg(long, value_name = "SUBJECT")]
    subject: String,
    /// Describes subjects by name: address, ATR, serial, tries, and where the keys are
    #[arg(long, value_name = "FILE")]
    subjects: Option<PathBuf>,
}

/// What the command line means.
pub(super) struct Target {
    /// How the subject is reached.
    pub(super) address: Address,
    /// What a subject file says of it.
    pub(super) named: Option<NamedSubject>,
    keys: Option<SubjectKeys>,
}

impl SubjectArgs {
    /// Looks the subject up and fetches its keys.
    pub(super) fn target(&self) -> anyhow::Result<Target> {
        let file = self.subjects.as_deref().map(SubjectFile::open).transpose()?;
        if let Some(file) = &file
            && let Some(named) = file.get(&self.subject)
        {
            let keys = file.keys(named).with_context(|| format!("subject '{}'", self.subject))?;
            return Ok(Target { address: named.address.clone(), named: Some(named.clone()), keys });
        }
        let address = self.subject.parse().map_err(|error: String| match &file {
            None => anyhow::anyhow!(error),
            Some(file) => {
                let names: Vec<_> = file.names().collect();
                anyhow::anyhow!("{error}, or one of {}", names.join(", "))
            }
        })?;
        Ok(Target { address, named: None, keys: None })
    }

    /// The subject as it was named.
    pub(super) fn name(&self) -> &str {
        &self.subject
    }
}

impl Target {
    /// Whether the subject is a virtual card in this process, to which nothing can happen that matters.
    pub(super) const fn is_in_process(&self) -> bool {
        matches!(self.address, Address::InProcess(_))
    }

    /// Opens the subject and powers its card.
    pub(super) fn open(&self, seed: u64) -> anyhow::Result<Box<dyn Subject>> {
        open(&self.address, self.keys.clone(), seed)
    }
}

/// Opens the subject and powers its card.
pub(super) fn open(
    address: &Address,
    keys: Option<SubjectKeys>,
    seed: u64,
) -> anyhow::Result<Box<dyn Subject>> {
    let mut subject: Box<dyn Subject> = match address {
        Address::InProcess(profile) => Box::new(InProcess::named(profile.as_deref(), seed)?),
        outside => Box::new(
            Plugged::open(outside, keys).map_err(|error| Unreachable(format!("{error:#}")))?,
        ),
    };
    subject
        .reader()
        .connect()
        .map_err(|error| Unreachable(error.to_string()))
        .with_context(|| address.to_string())?;
    Ok(subject)
}

/// What kept the probe from its end, as an error of this program.
pub(super) fn stopped(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Lost(why) => Unreachable(why).into(),
        Stop::Harness(error) => error,
        Stop::Verdict(verdict) | Stop::Abort(verdict) => anyhow::anyhow!("{}", verdict.finding),
    }
}

/// Where ledgers of tries and journals are kept: the folder that was named, or the user's for what programs remember.
pub(super) fn state_folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let base =
        base.context("neither XDG_STATE_HOME nor HOME names a folder; name one with --state")?;
    Ok(base.join("cardinal"))
}
