//! How a subject is reached, as written on the command line and in subject files.

use core::{fmt, str::FromStr};

/// How a subject is reached.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Address {
    /// Virtual cards in this process, of a profile by name or file; of the default profile where none is named.
    InProcess(Option<String>),
    /// The card in a PC/SC reader, named in full or by a part that only one reader's name has.
    Pcsc(String),
    /// A card that listens on TCP, `host:port`.
    Tcp(String),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "in-process" => Ok(Self::InProcess(None)),
            Some(("in-process", profile)) if !profile.is_empty() => {
                Ok(Self::InProcess(Some(profile.to_owned())))
            }
            Some(("pcsc", reader)) if !reader.is_empty() => Ok(Self::Pcsc(reader.to_owned())),
            Some(("tcp", address)) if address.contains(':') => Ok(Self::Tcp(address.to_owned())),
            _ => Err("a subject is in-process, in-process:PROFILE, pcsc:READER or tcp:HOST:PORT"
                .to_owned()),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess(None) => f.write_str("in-process"),
            Self::InProcess(Some(profile)) => write!(f, "in-process:{profile}"),
            Self::Pcsc(reader) => write!(f, "pcsc:{reader}"),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_reads_as_it_is_written() {
        for text in
            ["in-process", "in-process:uicc", "pcsc:Virtual PCD 00 00", "tcp:127.0.0.1:35964"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "pcsc:", "tcp:localhost", "process", "in-process:"] {
            assert!(text.parse::<Address>().is_err());
        }
    }
}
