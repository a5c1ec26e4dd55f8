//! `java.lang`.

use crate::registry::Natives;

pub(crate) const NATIVES: Natives = &[];
