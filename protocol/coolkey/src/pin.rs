//! PINs and the nonce of a login.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Shortest PIN, in bytes.
pub const PIN_LENGTH_MIN: usize = 4;
/// Longest PIN, in bytes.
pub const PIN_LENGTH_MAX: usize = 16;
/// Bytes of a nonce.
pub const NONCE_LENGTH: usize = 8;
/// The PIN that TPS creates before it sets the user's.
pub const INITIAL_PIN: &[u8] = b"password";
/// Tries that TPS gives a PIN.
pub const PIN_TRIES: u8 = 127;

/// The bytes of a PIN as they came; wiped on drop, shown by nobody.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin(Vec<u8>);

impl Pin {
    /// Takes over the bytes; of any length, for the applet answers a wrong one in its own way.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one who needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether the applet accepts a PIN of this length: 4 to 16 bytes, of any value.
    #[must_use]
    pub fn has_valid_length(&self) -> bool {
        (PIN_LENGTH_MIN..=PIN_LENGTH_MAX).contains(&self.0.len())
    }
}

impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl Eq for Pin {}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

/// The eight bytes that VERIFY PIN hands out and that later commands bring back.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Nonce([u8; NONCE_LENGTH]);

impl Nonce {
    /// The nonce of somebody who has not logged in.
    pub const ZERO: Self = Self([0; NONCE_LENGTH]);

    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; NONCE_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; NONCE_LENGTH] {
        &self.0
    }

    /// Whether it is all zeros: the caller claims no login.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl PartialEq for Nonce {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl Eq for Nonce {}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce")
    }
}
