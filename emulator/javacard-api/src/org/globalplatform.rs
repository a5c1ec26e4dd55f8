//! `org.globalplatform` and its subpackages `org.globalplatform.*`.

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[];
