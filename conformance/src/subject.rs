//! What the suite runs on: a card in this process, in any PC/SC reader, or behind a TCP socket.

use core::{fmt, str::FromStr};

use anyhow::Context as _;
use cardinal_emulator::InProcessReader;
use reader::{
    CardReader,
    pcsc::{Service, Sharing},
    tcp::{TcpReader, Timeouts},
};

/// A subject, as named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A fresh virtual card in this process.
    InProcess,
    /// The card in a PC/SC reader, named in full or by a part that only one reader's name has.
    Pcsc(String),
    /// A card that listens on TCP, `host:port`.
    Tcp(String),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "in-process" => Ok(Self::InProcess),
            Some(("pcsc", reader)) if !reader.is_empty() => Ok(Self::Pcsc(reader.to_owned())),
            Some(("tcp", address)) if address.contains(':') => Ok(Self::Tcp(address.to_owned())),
            _ => Err("a subject is in-process, pcsc:READER or tcp:HOST:PORT".to_owned()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess => f.write_str("in-process"),
            Self::Pcsc(reader) => write!(f, "pcsc:{reader}"),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

impl Subject {
    /// Opens the subject and powers its card.
    ///
    /// # Errors
    /// When there is no such reader, no card in it, or nobody listens at the address.
    pub fn open(&self) -> anyhow::Result<Box<dyn CardReader>> {
        let mut reader: Box<dyn CardReader> = match self {
            Self::InProcess => Box::new(InProcessReader::blank()?),
            // Exclusive: another program's commands between ours would make every verdict worthless.
            Self::Pcsc(name) => Box::new(Service::establish()?.open(name, Sharing::Exclusive)?),
            Self::Tcp(address) => Box::new(TcpReader::new(address.clone(), Timeouts::default())),
        };
        reader.connect().context("connecting to the card")?;
        Ok(reader)
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn a_subject_reads_as_it_is_written() {
        for text in ["in-process", "pcsc:Virtual PCD 00 00", "tcp:127.0.0.1:35964"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "pcsc:", "tcp:localhost", "process"] {
            assert!(text.parse::<Subject>().is_err());
        }
    }
}
