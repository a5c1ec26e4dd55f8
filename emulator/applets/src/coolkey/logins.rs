//! Who is logged in, and the nonce that proves it.

use ::coolkey::{Identities, Nonce, PIN_SLOTS, pin::NONCE_LENGTH, status};
use faults::Fault;
use iso7816::StatusWord;

/// The logins since reset: one nonce for all, a count for each PIN.
///
/// Several programs may log in to the same PIN; it is free when as many have logged out.
pub(super) struct Logins {
    // Zero while nobody is logged in.
    nonce: Nonce,
    counts: [u16; PIN_SLOTS as usize],
    identities: Identities,
}

impl Default for Logins {
    fn default() -> Self {
        Self { nonce: Nonce::ZERO, counts: Default::default(), identities: Identities::NONE }
    }
}

impl Logins {
    /// Who somebody with this nonce is. Zeros are nobody in particular, also while nobody is logged in.
    ///
    /// # Errors
    /// 9C06 for a nonce that is neither zero nor that of the session.
    pub(super) fn identify(&self, nonce: &Nonce) -> Result<Identities, StatusWord> {
        if nonce.is_zero() {
            Ok(Identities::DEFAULT)
        } else if *nonce == self.nonce
            || !self.nonce.is_zero() && faults::active(Fault::CoolkeyNonceNotChecked)
        {
            Ok(self.identities)
        } else {
            Err(status::UNAUTHORIZED)
        }
    }

    /// Everybody who is logged in.
    pub(super) const fn identities(&self) -> Identities {
        self.identities
    }

    /// Logs in to a PIN; the first login takes `fresh` as the nonce of the session.
    pub(super) fn log_in(&mut self, pin: u8, fresh: [u8; NONCE_LENGTH]) -> Nonce {
        if self.nonce.is_zero() {
            self.nonce = Nonce::new(fresh);
        }
        if let Some(count) = self.counts.get_mut(usize::from(pin)) {
            *count = count.saturating_add(1);
        }
        self.identities |= Identities::pin(pin).unwrap_or(Identities::NONE);
        self.nonce.clone()
    }

    /// Logs one program out of a PIN; the last one takes the identity, and the last identity the nonce, along.
    pub(super) fn log_out(&mut self, pin: u8) {
        let Some(count) = self.counts.get_mut(usize::from(pin)) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.identities -= Identities::pin(pin).unwrap_or(Identities::NONE);
            if self.identities.is_empty() {
                self.nonce = Nonce::ZERO;
            }
        }
    }

    /// Logs every program out of a PIN.
    pub(super) fn log_out_all(&mut self, pin: u8) {
        if let Some(count) = self.counts.get_mut(usize::from(pin)) {
            *count = 0;
        }
        self.log_out(pin);
    }
}
