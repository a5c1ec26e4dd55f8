//! `javacard.framework`.

pub(crate) mod aid;
pub(crate) mod apdu;
pub(crate) mod applet;
pub(crate) mod array_view;
mod exception;
mod jc_system;
pub(crate) mod memory;
mod owner_pin;
mod resources;
mod sensitive_arrays;
pub(crate) mod service;
pub(crate) mod sharing;
mod transaction;
mod util;

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[
    aid::NATIVES,
    apdu::NATIVES,
    applet::NATIVES,
    array_view::NATIVES,
    exception::NATIVES,
    jc_system::NATIVES,
    memory::NATIVES,
    owner_pin::NATIVES,
    resources::NATIVES,
    sensitive_arrays::NATIVES,
    sharing::NATIVES,
    transaction::NATIVES,
    util::NATIVES,
];
