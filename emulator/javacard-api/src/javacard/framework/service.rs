//! `javacard.framework.service`: services that share the work on a command.
//!
//! Remote method invocation (`RMIService`, `CardRemoteObject`), which later versions of the platform dropped, is refused when a package
//! that imports it is linked.

mod basic;
mod dispatcher;

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[basic::NATIVES, dispatcher::NATIVES];

/// Reasons of `ServiceException`.
mod reason {
    pub(super) const ILLEGAL_PARAM: i16 = 1;
    pub(super) const DISPATCH_TABLE_FULL: i16 = 2;
    pub(super) const COMMAND_DATA_TOO_LONG: i16 = 3;
    pub(super) const CANNOT_ACCESS_IN_COMMAND: i16 = 4;
    pub(super) const CANNOT_ACCESS_OUT_COMMAND: i16 = 5;
}
