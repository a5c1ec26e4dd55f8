//! One trait for whatever holds a card: a PC/SC reader, a card behind a TCP socket, a card in this process.
//!
//! The edges are cargo features (`pcsc`, `tcp`) and the only I/O in `protocol/`.

pub mod error;
#[cfg(feature = "pcsc")]
pub mod pcsc;
#[cfg(feature = "tcp")]
pub mod tcp;

use iso7816::{Atr, Command, Header, Response};

pub use error::ReaderError;

/// Largest number of GET RESPONSE commands that one exchange may take: 64 KiB in pieces of 256 bytes.
pub const RESPONSE_CHAIN_MAX: usize = 256;

/// A reader with at most one card in it.
pub trait CardReader {
    /// The reader's name, as the system shows it.
    fn name(&self) -> &str;

    /// Powers the card and returns its ATR. Connecting again to a connected card only returns the ATR.
    ///
    /// # Errors
    /// [`ReaderError::NoCard`] when there is none; others when the reader fails.
    fn connect(&mut self) -> Result<Atr, ReaderError>;

    /// Sends the bytes of one command to the connected card and returns those of its response, which are two or more. A card that was
    /// lost is not connected again behind the caller's back: its session is gone.
    ///
    /// # Errors
    /// [`ReaderError::NoCard`] before [`CardReader::connect`]; when there is no card, the card was reset or removed, or the reader fails. A status word is not an error.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError>;

    /// Resets the card: volatile state is gone, the ATR is read again.
    ///
    /// # Errors
    /// As [`CardReader::connect`].
    fn reset(&mut self) -> Result<Atr, ReaderError>;

    /// Ends the connection and powers the card off, where the reader can.
    ///
    /// # Errors
    /// When the reader fails.
    fn disconnect(&mut self) -> Result<(), ReaderError>;

    /// Exchanges one typed command; fetches the rest with GET RESPONSE after 61xx and repeats with the right Le after 6Cxx
    /// [ISO 7816-4 §5.3.4, ISO 7816-3 §12.2.1].
    ///
    /// # Errors
    /// As [`CardReader::transmit`]; [`ReaderError::Malformed`] when command or response cannot be coded.
    fn exchange(&mut self, command: &Command) -> Result<Response, ReaderError> {
        let mut response = self.exchange_once(command)?;
        if let Some(le) = response.status.exact_le() {
            let expected = if le == 0 { 256 } else { u32::from(le) };
            response = self.exchange_once(&command.clone().with_expected(expected))?;
        }
        self.rest_of(command.header, response)
    }

    /// Fetches with GET RESPONSE what the response to a command with this header announces by 61xx, and puts it all together
    /// [ISO 7816-4 §5.3.4].
    ///
    /// # Errors
    /// As [`CardReader::exchange`]; [`ReaderError::ResponseTooLong`] when there is no end to it.
    fn rest_of(&mut self, header: Header, mut response: Response) -> Result<Response, ReaderError> {
        let mut data = core::mem::take(&mut response.data);
        for _ in 0..RESPONSE_CHAIN_MAX {
            let Some(available) = response.status.bytes_available() else {
                return Ok(Response::new(data, response.status));
            };
            let more = Command::new(header.interindustry_class(), 0xC0, 0, 0);
            response = self.exchange_once(&more.with_expected(u32::from(available)))?;
            data.append(&mut response.data);
        }
        Err(ReaderError::ResponseTooLong)
    }

    /// Exchanges one typed command as it is.
    ///
    /// # Errors
    /// As [`CardReader::exchange`].
    fn exchange_once(&mut self, command: &Command) -> Result<Response, ReaderError> {
        let bytes = command.to_bytes().map_err(ReaderError::Malformed)?;
        Response::parse(&self.transmit(&bytes)?).map_err(ReaderError::Malformed)
    }
}

impl<R: CardReader + ?Sized> CardReader for Box<R> {
    fn name(&self) -> &str {
        (**self).name()
    }
    fn connect(&mut self) -> Result<Atr, ReaderError> {
        (**self).connect()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        (**self).transmit(command)
    }
    fn reset(&mut self) -> Result<Atr, ReaderError> {
        (**self).reset()
    }
    fn disconnect(&mut self) -> Result<(), ReaderError> {
        (**self).disconnect()
    }
}
