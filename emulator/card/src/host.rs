//! What an applet gets from the card while it runs.

use faults::Fault;
use globalplatform::SecurityLevel;
use iso7816::{Aid, StatusWord};
use rand_core::CryptoRng;

use crate::{
    nvm::Nvm,
    profile::Personality,
    random::{CardRng, Random},
    secure_channel::{SecureChannel, Session},
    state::{LOCKED, Registry},
    vm::JavaCard,
};

/// Whether an application may change its own life cycle state like this: to an application specific state (low three bits set), or to
/// LOCKED, from which it cannot free itself [GPCS 2.3.1 §5.3.1.2, §9.6.2].
pub(crate) fn may_change(current: u8, next: u8) -> bool {
    let own_state = current & (LOCKED | 0x07) == 0x07 && next & (LOCKED | 0x07) == 0x07;
    let locks_itself = current & LOCKED == 0 && next == current | LOCKED;
    let unlocks_itself = current & LOCKED != 0 && next == current & !LOCKED;
    own_state || locks_itself || unlocks_itself && faults::active(Fault::ApplicationUnlocksItself)
}

/// The card, as one applet instance sees it during one call.
pub struct Host<'a> {
    pub(crate) nvm: Nvm<'a>,
    pub(crate) instance: Aid,
    pub(crate) random: &'a mut dyn Random,
    pub(crate) session: &'a mut Session,
    pub(crate) registry: &'a mut Registry,
    pub(crate) personality: &'a Personality,
    /// The virtual machine.
    pub(crate) java: &'a mut JavaCard,
    /// The logical channel of the command, when there is one.
    pub(crate) channel: Option<u8>,
}

impl<'a> Host<'a> {
    /// AID of the instance.
    #[must_use]
    pub const fn instance(&self) -> Aid {
        self.instance
    }

    /// Life cycle state of the instance: 03 INSTALLED, 07 SELECTABLE, or one of its own [GPCS 2.3.1 §5.3.1].
    #[must_use]
    pub fn life_cycle(&self) -> u8 {
        self.registry.application(self.instance).map_or(0, |entry| entry.life_cycle)
    }

    /// Changes the life cycle state of the instance: to an application specific state (low three bits set), or to LOCKED (bit 8
    /// set, the other bits unchanged), from which it cannot free itself [GPCS 2.3.1 §5.3.1.2, §9.6.2].
    ///
    /// # Errors
    /// 6985 for any other state.
    pub fn set_life_cycle(&mut self, state: u8) -> Result<(), StatusWord> {
        let current = self.life_cycle();
        if !may_change(current, state) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.registry.set_life_cycle(self.nvm.log, self.instance, state)
    }

    /// Fills `bytes` with random bytes.
    pub fn random(&mut self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    /// The card's random number generator, for key generation.
    #[must_use]
    pub fn rng(&mut self) -> impl CryptoRng + use<'_> {
        CardRng(&mut *self.random)
    }

    /// The persistent records of the instance, to read and write.
    pub const fn nvm(&mut self) -> &mut Nvm<'a> {
        &mut self.nvm
    }

    /// The persistent records of the instance, to read.
    #[must_use]
    pub const fn records(&self) -> &Nvm<'a> {
        &self.nvm
    }

    /// The secure channel service of the instance's security domain.
    #[must_use]
    pub fn secure_channel(&mut self) -> SecureChannel<'_> {
        SecureChannel {
            session: &mut *self.session,
            log: &mut *self.nvm.log,
            random: &mut *self.random,
            personality: self.personality,
            registry: &*self.registry,
            selected: self.instance,
        }
    }

    /// The security level of the secure channel, with `AUTHENTICATED`; empty when there is none.
    #[must_use]
    pub fn security_level(&self) -> SecurityLevel {
        self.session.level()
    }
}
