//! `javacardx.external`.

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[];
