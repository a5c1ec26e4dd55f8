//! What the card gives to the native side.

use core::time::Duration;

use jcvm::AppletId;

use crate::AlgorithmFamily;
use crate::org::globalplatform::card::GlobalPlatform;

/// The transmission protocol and medium of the interface, as `APDU.getProtocol` encodes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// T=0.
    T0,
    /// T=1 over contacts.
    #[default]
    T1,
    /// ISO 14443-4, type A.
    ContactlessA,
    /// ISO 14443-4, type B.
    ContactlessB,
}

/// The card as the API packages see it. What concerns one package only is in the trait of that package, which this one includes.
pub trait Platform: GlobalPlatform {
    /// Fills with random bytes.
    fn random(&mut self, bytes: &mut [u8]);

    /// The applet that is selected on a logical channel.
    fn active_applet(&self, channel: u8) -> Option<AppletId>;

    /// How many logical channels the card has (1 to 20).
    fn channels(&self) -> u8;

    /// Whether an application that is none of the machine's has this AID (a security domain, an applet in the mask).
    fn has_application(&self, aid: &[u8]) -> bool;

    /// Whether the card has a family of algorithms, for keys of this many bits where that matters (otherwise 0).
    fn offers(&self, family: AlgorithmFamily, bits: usize) -> bool {
        let _ = (family, bits);
        true
    }

    /// What `JCSystem.getVersion` says: major, then minor. Without a say in it, all that is implemented: Java Card 3.2.
    fn version(&self) -> u16 {
        0x0302
    }

    /// The time since the card was reset, for `SysTime.uptime`: it never goes back before the next reset. A card without a clock has 0.
    fn uptime(&self) -> Duration {
        Duration::ZERO
    }
}
