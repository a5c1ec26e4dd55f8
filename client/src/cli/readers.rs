//! Choosing a reader.

use reader::{
    CardReader, ReaderError,
    pcsc::{Service, Sharing},
    tcp::{TcpReader, Timeouts},
};

use super::arguments::ReaderArguments;
use crate::ClientError;

/// The reader for an operation: the one that is named, or the only one with a card.
pub(super) fn choose(arguments: &ReaderArguments) -> Result<Box<dyn CardReader>, ClientError> {
    if let Some(address) = &arguments.tcp {
        return Ok(Box::new(TcpReader::new(address, Timeouts::default())));
    }
    let service = Service::establish()?;
    if let Some(name) = &arguments.reader {
        return Ok(Box::new(service.open(name, Sharing::Exclusive)?));
    }
    let names = service.readers()?;
    let mut occupied = Vec::new();
    for name in &names {
        if has_card(&service, name)? {
            occupied.push(name.clone());
        }
    }
    match occupied.as_slice() {
        [only] => Ok(Box::new(service.open(only, Sharing::Exclusive)?)),
        [] => match names.as_slice() {
            [] => Err(ClientError::Reader(ReaderError::NoReader("any".to_owned()))),
            _ => Err(ClientError::Reader(ReaderError::NoCard(names.join("', '")))),
        },
        several => Err(ClientError::Usage(format!(
            "cards in several readers; choose one with --reader: {}",
            several.join(", ")
        ))),
    }
}

fn has_card(service: &Service, name: &str) -> Result<bool, ClientError> {
    let mut reader = service.open(name, Sharing::Shared)?;
    match reader.connect() {
        Err(ReaderError::NoCard(_)) => Ok(false),
        // Whatever is wrong with the card is said when it is chosen.
        Ok(_) | Err(_) => Ok(true),
    }
}

/// The readers for a list: those that are named, or all.
pub(super) fn all(arguments: &ReaderArguments) -> Result<Vec<Box<dyn CardReader>>, ClientError> {
    if let Some(address) = &arguments.tcp {
        return Ok(vec![Box::new(TcpReader::new(address, Timeouts::default()))]);
    }
    let service = Service::establish()?;
    let names = match &arguments.reader {
        Some(name) => vec![name.clone()],
        None => service.readers()?,
    };
    let open = |name: &String| -> Result<Box<dyn CardReader>, ClientError> {
        Ok(Box::new(service.open(name, Sharing::Shared)?))
    };
    names.iter().map(open).collect()
}
