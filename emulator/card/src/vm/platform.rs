//! The card, as the API packages of the virtual machine see it.

use iso7816::Aid;
use javacard_api::{AlgorithmFamily, Platform};
use jcvm::AppletId;

use crate::{
    channel::CHANNEL_COUNT,
    nvm::WriteLog,
    profile::Personality,
    random::Random,
    secure_channel::Session,
    state::Registry,
    vm::{PinState, records::is_vm_instance},
};

/// The card during one run.
pub(crate) struct CardPlatform<'r> {
    pub(super) log: &'r mut WriteLog,
    pub(super) random: &'r mut dyn Random,
    pub(super) session: &'r mut Session,
    pub(super) registry: &'r mut Registry,
    pub(super) personality: &'r Personality,
    /// The instance on whose behalf the programs run.
    pub(super) instance: Aid,
    pub(super) pin: &'r mut PinState,
    pub(super) active: &'r [Option<AppletId>; CHANNEL_COUNT],
    /// The machine's stores that the log has counted.
    pub(super) counted: u64,
}

impl Platform for CardPlatform<'_> {
    fn random(&mut self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    fn active_applet(&self, channel: u8) -> Option<AppletId> {
        self.active.get(usize::from(channel)).copied().flatten()
    }

    fn channels(&self) -> u8 {
        self.personality.channels
    }

    fn offers(&self, family: AlgorithmFamily, bits: usize) -> bool {
        self.personality.java_card.algorithms.offers(family, bits)
    }

    fn version(&self) -> u16 {
        self.personality.java_card.level.version()
    }

    fn has_application(&self, aid: &[u8]) -> bool {
        let Ok(aid) = Aid::new(aid) else { return false };
        let masked = |aid| {
            let known = self.registry.application(aid).is_some();
            known && aid != self.instance && !is_vm_instance(self.log, aid)
        };
        aid == self.registry.isd.aid || masked(aid)
    }
}
