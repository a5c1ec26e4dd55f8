//! `javacardx.security` and its packages.

mod cert;
mod derivation;
pub(crate) mod sensitive_result;
mod util;

use crate::registry::Natives;

/// Natives of these packages: a list each module.
pub(crate) const LISTS: &[Natives] =
    &[cert::NATIVES, derivation::NATIVES, sensitive_result::NATIVES, util::NATIVES];
