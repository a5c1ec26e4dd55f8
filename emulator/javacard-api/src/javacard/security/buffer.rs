//! Bytes that come from a program and go to it, and errors on their way to it.

use core::convert::Infallible;

use cryptography::CryptoError;
use jcvm::{Trap, Write};
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::{Call, Platform, tables::classes};

/// The part of an array that three arguments name: array, offset, length.
///
/// # Errors
/// `NullPointerException`, `SecurityException`, `ArrayIndexOutOfBoundsException`.
pub(crate) fn input(call: &mut Call<'_, '_>, at: usize) -> Result<Zeroizing<Vec<u8>>, Trap> {
    let length = call.arguments.short(at + 2)?;
    input_of(call, at, length)
}

/// The part of an array of which two arguments name array and offset.
///
/// # Errors
/// As [`input`].
pub(crate) fn input_of(
    call: &mut Call<'_, '_>,
    at: usize,
    length: i16,
) -> Result<Zeroizing<Vec<u8>>, Trap> {
    let (array, offset) = (call.arguments.reference(at)?, call.arguments.short(at + 1)?);
    Ok(Zeroizing::new(call.vm.bytes(array, offset, length)?.to_vec()))
}

/// Writes to the array and offset that two arguments name, and gives the number of bytes, which natives return.
///
/// # Errors
/// As [`input`]; `TransactionException` when the commit buffer is full.
pub(crate) fn output(call: &mut Call<'_, '_>, at: usize, bytes: &[u8]) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(at)?, call.arguments.short(at + 1)?);
    call.vm.write_bytes(array, offset, bytes, Write::Transactional)?;
    Ok(i32::try_from(bytes.len()).unwrap_or(i32::MAX))
}

/// Results of algorithms as results of natives.
pub(crate) trait OrThrow<T> {
    /// The value, or the exception that the error is.
    ///
    /// # Errors
    /// `CryptoException`.
    fn or_throw(self, call: &mut Call<'_, '_>) -> Result<T, Trap>;
}

impl<T> OrThrow<T> for Result<T, CryptoError> {
    fn or_throw(self, call: &mut Call<'_, '_>) -> Result<T, Trap> {
        self.or_else(|error| throw(call, error.reason().cast_signed()))
    }
}

/// `CryptoException` with a reason.
pub(crate) fn throw<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::CRYPTO_EXCEPTION, reason)
}

/// A number as a byte or short that a native returns: the sign is that of its highest bit.
#[allow(clippy::cast_possible_truncation)] // Java's conversion
pub(crate) const fn to_byte(value: i32) -> i32 {
    value as i8 as i32
}

/// The card's source of randomness.
pub(crate) struct CardRandom<'p>(pub(crate) &'p mut dyn Platform);

impl TryRng for CardRandom<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.random(bytes);
        Ok(())
    }
}

impl TryCryptoRng for CardRandom<'_> {}
