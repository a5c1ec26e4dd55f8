//! A reader whose card is a value in the same process.

use card::{Card, CardError, CardProfile};
use iso7816::Atr;
use reader::{CardReader, ReaderError};

use crate::{VirtualCard, modules, random};

/// A reader with a virtual card in it, without any socket between.
pub struct InProcessReader<C = Card> {
    card: C,
    connected: bool,
}

impl InProcessReader<Card> {
    /// A fresh blank card of the default profile, which no file keeps.
    ///
    /// # Errors
    /// When the card cannot be made.
    pub fn blank() -> Result<Self, CardError> {
        Self::of(&CardProfile::default())
    }

    /// A fresh card of this profile, which no file keeps.
    ///
    /// # Errors
    /// When the profile describes no card.
    pub fn of(profile: &CardProfile) -> Result<Self, CardError> {
        Card::new(profile, modules(), random()).map(Self::new)
    }
}

impl<C: VirtualCard> InProcessReader<C> {
    /// A reader with this card.
    #[must_use]
    pub const fn new(card: C) -> Self {
        Self { card, connected: false }
    }

    /// The card, to look at what no reader shows.
    #[must_use]
    pub const fn card(&self) -> &C {
        &self.card
    }

    /// The card, to do to it what no reader does.
    pub const fn card_mut(&mut self) -> &mut C {
        &mut self.card
    }

    /// Takes the card out.
    #[must_use]
    pub fn into_card(mut self) -> C {
        self.card.power_off();
        self.card
    }

    fn atr(&self) -> Result<Atr, ReaderError> {
        Atr::parse(self.card.atr()).map_err(ReaderError::Malformed)
    }
}

impl<C: VirtualCard> CardReader for InProcessReader<C> {
    fn name(&self) -> &'static str {
        "in-process"
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        if !self.connected {
            self.card.power_on();
            self.connected = true;
        }
        self.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        if !self.connected {
            return Err(ReaderError::NoCard(self.name().to_owned()));
        }
        let response = self.card.transmit(command);
        if self.card.is_mute() {
            // As at any other reader the card is gone before it has answered; it comes back with the next connection.
            self.connected = false;
            return Err(ReaderError::NoCard(self.name().to_owned()));
        }
        Ok(response)
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        if !self.connected {
            return self.connect();
        }
        self.card.reset();
        self.atr()
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        self.card.power_off();
        self.connected = false;
        Ok(())
    }
}
