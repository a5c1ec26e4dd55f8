//! `javacardx.framework.*`.

mod checks;
mod event;
mod math;
mod nio;
mod string;
mod time;
mod tlv;
mod util;

pub(crate) use nio::byte_order;

use crate::registry::Natives;

/// Natives of these packages: a list each module.
pub(crate) const LISTS: &[Natives] = &[
    event::NATIVES,
    math::big_number::NATIVES,
    math::digits::NATIVES,
    nio::buffer::NATIVES,
    nio::factory::NATIVES,
    nio::transfer::NATIVES,
    nio::values::NATIVES,
    string::convert::NATIVES,
    string::numbers::NATIVES,
    string::text::NATIVES,
    time::NATIVES,
    tlv::constructed::NATIVES,
    tlv::object::NATIVES,
    tlv::primitive::NATIVES,
    tlv::statics::NATIVES,
    tlv::tag::NATIVES,
    util::NATIVES,
    util::intx::NATIVES,
];
