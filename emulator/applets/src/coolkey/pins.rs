//! PINs: records, and the commands that make, check and change them.

use ::coolkey::{Identities, PIN_SLOTS, Pin, pin::NONCE_LENGTH, status};
use card::Nvm;
use faults::Fault;
use iso7816::StatusWord;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::call::Call;

/// Most tries a PIN can have: the Java applet counts in a signed byte.
const TRIES_MAX: u8 = 0x7F;

/// The record of a PIN.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct PinRecord {
    limit: u8,
    tries: u8,
    value: Vec<u8>,
}

const fn record_key(number: u8) -> [u8; 2] {
    [b'p', number]
}

impl PinRecord {
    fn new(limit: u8, value: &Pin) -> Self {
        Self { limit, tries: limit, value: value.expose().to_vec() }
    }

    /// # Errors
    /// 9C10 when there is no such PIN.
    fn load(nvm: &Nvm<'_>, number: u8) -> Result<Self, StatusWord> {
        let record = nvm.get(&record_key(number)).ok_or(status::INCORRECT_P1)?;
        postcard::from_bytes(record).map_err(|_| StatusWord::UNKNOWN)
    }

    fn store(&self, nvm: &mut Nvm<'_>, number: u8) -> Result<(), StatusWord> {
        let record = postcard::to_allocvec(self).map_err(|_| StatusWord::UNKNOWN)?;
        nvm.put(&record_key(number), record)
    }

    /// Compares; the try is counted, for good, before.
    fn verify(&mut self, nvm: &mut Nvm<'_>, number: u8, value: &Pin) -> Result<bool, StatusWord> {
        if !faults::active(Fault::CoolkeyTryNotCounted) {
            self.tries = self.tries.saturating_sub(1);
        }
        self.store(nvm, number)?;
        nvm.commit()?;
        let matches = bool::from(self.value.ct_eq(value.expose()));
        if matches {
            self.tries = self.limit;
            self.store(nvm, number)?;
        }
        Ok(matches)
    }
}

fn exists(nvm: &Nvm<'_>, number: u8) -> bool {
    nvm.get(&record_key(number)).is_some()
}

/// How many PINs there are.
pub(super) fn count(nvm: &Nvm<'_>) -> u8 {
    let existing = (0..PIN_SLOTS).filter(|number| exists(nvm, *number)).count();
    u8::try_from(existing).unwrap_or(PIN_SLOTS)
}

impl Call<'_, '_> {
    /// VERIFY PIN. A PIN of impossible length is wrong, but costs no try.
    pub(super) fn verify_pin(&mut self, number: u8, value: &Pin) -> Result<Vec<u8>, StatusWord> {
        let mut record = PinRecord::load(self.records(), number)?;
        if record.tries == 0 && !faults::active(Fault::CoolkeyBlockedPinVerified) {
            return Err(status::IDENTITY_BLOCKED);
        }
        if !value.has_valid_length() || !record.verify(self.host.nvm(), number, value)? {
            self.volatile.logins.log_out_all(number);
            return Err(status::AUTH_FAILED);
        }
        let mut fresh = [0; NONCE_LENGTH];
        self.host.random(&mut fresh);
        Ok(self.volatile.logins.log_in(number, fresh).expose().to_vec())
    }

    /// CHANGE PIN: everybody is logged out of it.
    pub(super) fn change_pin(
        &mut self,
        number: u8,
        old: &Pin,
        new: &Pin,
    ) -> Result<(), StatusWord> {
        let mut record = PinRecord::load(self.records(), number)?;
        if !old.has_valid_length() || !new.has_valid_length() {
            return Err(status::INVALID_PARAMETER);
        }
        if record.tries == 0 {
            return Err(status::IDENTITY_BLOCKED);
        }
        let matches = record.verify(self.host.nvm(), number, old)?;
        self.volatile.logins.log_out_all(number);
        if !matches && !faults::active(Fault::CoolkeyOldPinNotChecked) {
            return Err(status::AUTH_FAILED);
        }
        PinRecord::new(record.limit, new).store(self.host.nvm(), number)
    }

    /// CREATE PIN.
    pub(super) fn create_pin(
        &mut self,
        number: u8,
        tries: u8,
        value: &Pin,
    ) -> Result<(), StatusWord> {
        let mut settings = self.settings()?;
        if !settings.builtin_acl().create_pin.admits(self.caller) {
            return Err(status::UNAUTHORIZED);
        }
        if number >= PIN_SLOTS || exists(self.records(), number) {
            return Err(status::INCORRECT_P1);
        }
        if !value.has_valid_length() {
            return Err(status::INVALID_PARAMETER);
        }
        if tries == 0 || tries > TRIES_MAX {
            // The platform throws an exception that the Java applet does not catch.
            return Err(StatusWord::UNKNOWN);
        }
        PinRecord::new(tries, value).store(self.host.nvm(), number)?;
        settings.pin_enabled = true;
        settings.store(self.host.nvm())
    }

    /// SET PIN: the registration authority needs no old one; the PIN is unblocked.
    pub(super) fn set_pin(&mut self, number: u8, value: &Pin) -> Result<(), StatusWord> {
        let record = PinRecord::load(self.records(), number)?;
        if !value.has_valid_length() {
            return Err(status::INVALID_PARAMETER);
        }
        PinRecord::new(record.limit, value).store(self.host.nvm(), number)?;
        self.volatile.logins.log_out_all(number);
        Ok(())
    }

    /// LOGOUT: the nonce that clients append is not looked at.
    pub(super) fn log_out(&mut self, number: u8) -> Result<(), StatusWord> {
        if !faults::active(Fault::CoolkeyLogoutIgnored) {
            self.volatile.logins.log_out(number);
        }
        // The Java applet indexes its array of PINs unchecked.
        if exists(self.records(), number) { Ok(()) } else { Err(StatusWord::UNKNOWN) }
    }

    /// LIST PINS: a bit for each.
    pub(super) fn list_pins(&self) -> Vec<u8> {
        let existing = (0..PIN_SLOTS).filter(|number| exists(self.records(), *number));
        let mask = existing.filter_map(Identities::pin).collect::<Identities>();
        mask.bits().to_be_bytes().to_vec()
    }

    /// GET PIN TRIES.
    pub(super) fn pin_tries(&self, number: u8) -> Result<Vec<u8>, StatusWord> {
        PinRecord::load(self.records(), number).map(|record| vec![record.tries])
    }
}
