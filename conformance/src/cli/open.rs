//! From an address to a connected subject.

use anyhow::Context as _;
use cardinal_conformance::{
    subject::{Address, InProcess, Plugged, Subject, SubjectKeys},
    verdict::Stop,
};

use super::Unreachable;

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
