//! What an edge knows of a card, and what every Cardinal card is made with.

use applets::coolkey::{Build, CoolKeyModule};
use card::{Card, ExecutableModule};
use rand::rngs::StdRng;

/// A card as a reader sees it.
pub trait VirtualCard {
    /// The answer to reset, 2 to 33 bytes.
    fn atr(&self) -> &[u8];
    /// Power comes on.
    fn power_on(&mut self);
    /// Power goes off; volatile state is lost.
    fn power_off(&mut self);
    /// A warm reset; volatile state is lost.
    fn reset(&mut self);
    /// Answers one command, whatever its bytes, with a status word at least.
    fn transmit(&mut self, command: &[u8]) -> Vec<u8>;
    /// Whether the power failed during the last command: to its reader the card says nothing then, whatever
    /// [`transmit`](Self::transmit) returned, and is as good as pulled out.
    fn is_mute(&self) -> bool {
        false
    }
}

impl VirtualCard for Card {
    fn atr(&self) -> &[u8] {
        Card::atr(self)
    }
    fn power_on(&mut self) {
        Card::power_on(self);
    }
    fn power_off(&mut self) {
        Card::power_off(self);
    }
    fn reset(&mut self) {
        Card::reset(self);
    }
    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        Card::transmit(self, command)
    }
}

impl<C: VirtualCard + ?Sized> VirtualCard for &mut C {
    fn atr(&self) -> &[u8] {
        (**self).atr()
    }
    fn power_on(&mut self) {
        (**self).power_on();
    }
    fn power_off(&mut self) {
        (**self).power_off();
    }
    fn reset(&mut self) {
        (**self).reset();
    }
    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        (**self).transmit(command)
    }
    fn is_mute(&self) -> bool {
        (**self).is_mute()
    }
}

/// The applets that are masked into the ROM of every card: CoolKey in its latest build, the one that takes keys under triple DES and
/// under AES, and so serves a card whatever its secure channel is.
#[must_use]
pub fn modules() -> Vec<Box<dyn ExecutableModule>> {
    vec![Box::new(CoolKeyModule::new(Build::LATEST))]
}

/// Randomness for a card: a cryptographic generator seeded by the system.
#[must_use]
pub fn random() -> Box<dyn card::Random> {
    Box::new(rand::make_rng::<StdRng>())
}
