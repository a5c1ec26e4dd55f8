//! A subject that is one card in one reader.

use reader::{
    CardReader,
    pcsc::{Service, Sharing},
    tcp::{TcpReader, Timeouts},
};

use super::{Address, Subject, SubjectKeys};

/// One card in one reader: there is no other to take its place.
pub struct Plugged<R> {
    reader: R,
    keys: Option<SubjectKeys>,
}

impl<R: CardReader> Plugged<R> {
    /// The card in this reader.
    #[must_use]
    pub const fn new(reader: R, keys: Option<SubjectKeys>) -> Self {
        Self { reader, keys }
    }
}

impl Plugged<Box<dyn CardReader>> {
    /// Opens the reader at an address that leads out of this process. The card is not powered yet.
    ///
    /// # Errors
    /// When there is no such reader, or it is in use.
    pub fn open(address: &Address, keys: Option<SubjectKeys>) -> anyhow::Result<Self> {
        let reader: Box<dyn CardReader> = match address {
            Address::InProcess(_) => anyhow::bail!("a card in this process is in no reader"),
            // Exclusive: another program's commands between ours would make every verdict worthless.
            Address::Pcsc(name) => Box::new(Service::establish()?.open(name, Sharing::Exclusive)?),
            Address::Tcp(address) => Box::new(TcpReader::new(address.clone(), Timeouts::default())),
        };
        Ok(Self::new(reader, keys))
    }
}

impl<R: CardReader> Subject for Plugged<R> {
    fn reader(&mut self) -> &mut dyn CardReader {
        &mut self.reader
    }

    fn keys(&self) -> Option<&SubjectKeys> {
        self.keys.as_ref()
    }

    fn renew(&mut self) -> anyhow::Result<bool> {
        Ok(false)
    }
}
