//! `javacardx.framework.math`: decimal digits, numbers, parity [JCAPI 3.0.5 javacardx.framework.math].

mod bcd;
pub(super) mod big_number;
pub(super) mod digits;
mod unsigned;

/// Largest number, in bytes: the API asks for eight at least.
const BYTES_MAX: usize = 32;
