//! A virtual Java Card for any PC/SC reader: the edges between a card and whoever talks to it.
//!
//! [`VirtualCard`] is all that an edge knows of a card; [`card::Card`] is one. The edges:
//! - [`vpcd`]: a slot of vsmartcard's virtual reader, and thereby any PC/SC program;
//! - [`listen`]: a TCP port, for [`reader::tcp::TcpReader`];
//! - [`in_process`]: a [`reader::CardReader`] in the same process, for tests and the conformance suite.
//!
//! [`trace`] shows what a card does, command by command; [`transcript`] records a session such that it can be replayed bit for bit.
//!
//! [`profile`] has the card profiles that are shipped, reads others, and makes one from a card in a reader; [`trial`] sees what becomes of
//! CAP files on a card; [`ApiNames`] names what they import.

pub mod in_process;
pub mod listen;
mod names;
pub mod profile;
mod session;
pub mod stop;
pub mod trace;
pub mod transcript;
pub mod trial;
pub mod virtual_card;
pub mod vpcd;

pub use in_process::InProcessReader;
pub use names::ApiNames;
pub use stop::Stop;
pub use trace::{Detail, Log, Traced};
pub use virtual_card::{VirtualCard, modules, random};
