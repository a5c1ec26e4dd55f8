//! Commands that ask, and the settings that they ask for.

use ::coolkey::{
    KEY_SLOTS,
    command::{LifeCycleForm, Sequence},
    report::{BuiltinAcl, IssuerInfo, LifeCycle, TokenStatus},
    status,
};
use faults::Fault;
use iso7816::{Command as Apdu, StatusWord};

use super::{call::Call, object_store, pins, settings, slots::Slot};

/// Version of the interface, major then minor.
const PROTOCOL: [u8; 2] = [1, 1];

impl Call<'_, '_> {
    /// LIST KEYS: the next slot with a key; nothing at the end.
    pub(super) fn list_keys(&mut self, sequence: Sequence) -> Vec<u8> {
        let from = match sequence {
            Sequence::First => 0,
            Sequence::Next => self.volatile.next_key,
        };
        let next = (from..KEY_SLOTS).find_map(|number| {
            let slot = Slot::load(self.records(), number)?;
            slot.material().is_some().then(|| slot.record(number))
        });
        self.volatile.next_key = next.map_or(KEY_SLOTS, |record| record.slot + 1);
        next.map(|record| record.to_bytes()).unwrap_or_default()
    }

    /// GET STATUS.
    pub(super) fn status(&self) -> Result<Vec<u8>, StatusWord> {
        let nvm = self.records();
        let heap_size = self.settings()?.heap_size;
        let status = TokenStatus {
            protocol: PROTOCOL,
            applet: self.build.version.version,
            total_memory: heap_size.into(),
            free_memory: object_store::free_memory(nvm, heap_size).into(),
            pins: pins::count(nvm),
            keys: Slot::count(nvm),
            logged_in: self.volatile.logins.identities(),
        };
        Ok(status.to_bytes())
    }

    /// GET LIFECYCLE: the state is that of the instance in the card's registry.
    pub(super) fn life_cycle(&self, form: LifeCycleForm) -> Result<Vec<u8>, StatusWord> {
        let state = self.host.life_cycle();
        let settings::Settings { pin_enabled, writable, .. } = self.settings()?;
        Ok(match form {
            LifeCycleForm::State => vec![state],
            LifeCycleForm::Full => {
                LifeCycle { state, pin_enabled, writable, protocol: PROTOCOL }.to_bytes().to_vec()
            }
        })
    }

    /// SET LIFECYCLE.
    pub(super) fn set_life_cycle(&mut self, state: u8, apdu: &Apdu) -> Result<(), StatusWord> {
        if !apdu.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.host.set_life_cycle(state).map_err(|_| status::INVALID_PARAMETER)
    }

    pub(super) fn issuer_info(&self) -> Vec<u8> {
        settings::issuer_info(self.records()).as_bytes().to_vec()
    }

    pub(super) fn set_issuer_info(&mut self, info: &IssuerInfo) -> Result<(), StatusWord> {
        settings::store_issuer_info(self.host.nvm(), info)
    }

    pub(super) fn builtin_acl(&self) -> Result<Vec<u8>, StatusWord> {
        Ok(self.settings()?.builtin_acl().to_bytes().to_vec())
    }

    /// SET BUILTIN ACL, if the installer allowed it.
    pub(super) fn set_builtin_acl(&mut self, acl: BuiltinAcl) -> Result<(), StatusWord> {
        let mut settings = self.settings()?;
        if !settings.builtin_acl().changeable {
            return Err(status::OPERATION_NOT_ALLOWED);
        }
        settings.set_builtin_acl(acl);
        settings.store(self.host.nvm())
    }

    /// GET RANDOM.
    pub(super) fn random(&mut self, length: u16) -> Vec<u8> {
        let mut bytes = vec![0; usize::from(length)];
        if !faults::active(Fault::CoolkeyRandomConstant) {
            self.host.random(&mut bytes);
        }
        bytes
    }
}
