//! The catalogue: every case there is, a module a group.

pub mod ca;
pub mod certificate;
mod content;
pub mod crl;
pub mod deleting;
pub mod drm;
pub mod encoding;
pub mod get_data;
pub mod get_status;
pub mod installing;
pub mod life_cycle;
pub mod loading;
pub mod logical_channel;
pub mod ocsp;
pub mod privileges;
pub mod publication;
pub mod put_key;
pub mod rule;
pub mod scp01;
pub mod scp02;
pub mod scp03;
pub mod secure_channel;
pub mod selection;
pub mod tks;
pub mod tps;
pub mod transport;

use iso7816::StatusWord;

use crate::{
    case::Case,
    verdict::{Grade, Verdict},
};

/// All cases, in the catalogue's order.
pub fn all() -> impl Iterator<Item = &'static Case> {
    transport::CASES
        .iter()
        .chain(selection::CASES)
        .chain(get_data::CASES)
        .chain(get_status::CASES)
        .chain(secure_channel::CASES)
        .chain(scp01::CASES)
        .chain(scp02::CASES)
        .chain(scp03::CASES)
        .chain(put_key::CASES)
        .chain(logical_channel::CASES)
        .chain(loading::CASES)
        .chain(installing::CASES)
        .chain(deleting::CASES)
        .chain(life_cycle::CASES)
        .chain(privileges::CASES)
}

/// All lints of documents, in the catalogue's order.
pub fn lints() -> impl Iterator<Item = &'static rule::Rule> {
    encoding::RULES
        .iter()
        .chain(certificate::RULES.iter().copied().flatten())
        .chain(crl::RULES.iter().copied().flatten())
        .chain(ocsp::RULES.iter().copied().flatten())
}

/// Judges a refusal: the status words of the clause pass, those that cards in the field use as well conceptually pass, success fails,
/// any other refusal is observed.
fn refusal(status: StatusWord, specified: &[u16], customary: &[u16]) -> Verdict {
    if specified.contains(&status.0) {
        Verdict::pass()
    } else if status.is_ok() || status.bytes_available().is_some() {
        Grade::Fail.because("accepted with 9000 what must be refused")
    } else if customary.contains(&status.0) {
        Grade::ConceptuallyPass.because(format!("refused with {status}"))
    } else {
        Grade::PassWithObservation.because(format!("refused with the unusual {status}"))
    }
}

/// The worst of several verdicts about the same clause, their findings joined.
fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let order = |grade: Grade| match grade {
        Grade::Pass => 0,
        Grade::ConceptuallyPass => 1,
        Grade::PassWithObservation => 2,
        Grade::Fail => 4,
        _ => 3,
    };
    verdicts.into_iter().fold(Verdict::pass(), |worst, next| {
        let finding = [worst.finding.as_str(), next.finding.as_str()]
            .into_iter()
            .filter(|finding| !finding.is_empty())
            .collect::<Vec<_>>()
            .join("; ");
        let grade = if order(next.grade) > order(worst.grade) { next.grade } else { worst.grade };
        Verdict { grade, finding }
    })
}
