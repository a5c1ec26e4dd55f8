//! Certificates, one lint a clause [RFC 5280 §4, §6; RFC 4055; RFC 5480; RFC 8017].

mod alternative_names;
mod chain;
mod constraints;
mod extensions;
mod fields;
mod keys;
mod names;
mod policies;
mod signatures;
mod usage;
mod validity;

pub(super) use chain::judge as judge_signature;
pub(super) use fields::{SERIAL_MAX, not_positive};
pub(super) use validity::wrong_type;

use super::rule::Rule;
use crate::{document::certificate::Certificate, verdict::Verdict};

/// The tables.
pub const RULES: &[&[Rule]] = &[
    fields::RULES,
    names::RULES,
    validity::RULES,
    keys::RULES,
    signatures::RULES,
    extensions::RULES,
    usage::RULES,
    policies::RULES,
    alternative_names::RULES,
    constraints::RULES,
    chain::RULES,
];

/// Whether a certificate is its issuer's: by name and signature.
pub(super) fn issued_by(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    super::worst([
        chain::issuer(certificate, issuer),
        judge_signature(chain::signature_check(certificate, issuer)),
    ])
}
