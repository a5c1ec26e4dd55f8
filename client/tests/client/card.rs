//! A card for tests: a function from command to response.

use iso7816::Atr;
use reader::{CardReader, ReaderError};

/// ATR of the test card.
pub(crate) const ATR: &[u8] = &[0x3B, 0x76, 0x94, 0x00, 0x00, 0xFF, 0x62, 0x76, 0x01, 0x00, 0x00];

type Answer = Box<dyn FnMut(&[u8]) -> Result<Vec<u8>, ReaderError> + Send>;

/// A reader with such a card.
pub(crate) struct TestCard(Answer);

impl TestCard {
    pub(crate) fn new(
        answer: impl FnMut(&[u8]) -> Result<Vec<u8>, ReaderError> + Send + 'static,
    ) -> Self {
        Self(Box::new(answer))
    }
}

impl CardReader for TestCard {
    #[allow(clippy::unnecessary_literal_bound)] // as the trait says it
    fn name(&self) -> &str {
        "test reader"
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        Atr::parse(ATR).map_err(ReaderError::Malformed)
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        (self.0)(command)
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        self.connect()
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}
