//! Faults of a card, each of which breaks exactly one rule: a conformance suite is judged by whether it finds them.
//!
//! A place in the card that keeps a rule asks here whether its fault is planted:
//!
//! ```
//! # use faults::Fault;
//! # let mac_is_right = true;
//! if !mac_is_right && !faults::active(Fault::CommandMacNotChecked) {
//!     // refuse
//! }
//! ```
//!
//! [`active`] is a constant `false`, and the compiler drops what stands behind it, unless the feature `enabled` is on. No crate turns
//! it on by itself: only a test build does, and only there is a state in which a fault is planted, one for each thread, with `plant` or
//! `with`. So no configuration, file or command can make a product break a rule.
//!
//! The names are stable: the expectations of the suite's self-test refer to them.

#[cfg(feature = "enabled")]
mod planted;
mod table;

#[cfg(feature = "enabled")]
pub use self::planted::{Planted, active, plant, with};
pub use self::table::{Fault, UnknownFault};

/// Whether a fault is planted. Without the feature `enabled` none ever is.
#[cfg(not(feature = "enabled"))]
#[expect(clippy::inline_always, reason = "what stands behind it must not be in a product")]
#[inline(always)]
#[must_use]
pub const fn active(_: Fault) -> bool {
    false
}
