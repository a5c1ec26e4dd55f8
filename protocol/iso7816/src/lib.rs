//! The interindustry vocabulary of smart cards, after ISO/IEC 7816-3, -4 and -5.
//!
//! Bytes become a typed value once, at the border ([`Command::parse`], [`Response::parse`], [`Atr::parse`],
//! [`tlv::parse`]); everything behind it handles values. Nothing here does I/O, keeps state or panics on input.

pub mod aid;
pub mod atr;
pub mod command;
pub mod error;
pub mod response;
pub mod status;
pub mod tlv;

pub use aid::Aid;
pub use atr::Atr;
pub use command::{Command, Header};
pub use error::{ParseError, ParseErrorKind};
pub use response::Response;
pub use status::StatusWord;
