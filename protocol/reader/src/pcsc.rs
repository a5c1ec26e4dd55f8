//! The PC/SC edge: any reader that the system's PC/SC service knows.
//!
//! [`Service`] is the way in: it lists readers, opens one ([`PcscReader`]) and watches all of them ([`Monitor`]). With pcsc-lite
//! the environment variable `PCSCLITE_CSOCK_NAME` selects the daemon.

mod monitor;

use std::ffi::{CStr, CString};

use iso7816::{Atr, Command};

use crate::{CardReader, ReaderError};

pub use monitor::{Event, Monitor};

/// Room for the longest response, in bytes: 65,536 of data, the status word, and what pcsc-lite adds.
const RESPONSE_BUFFER_LENGTH: usize = ::pcsc::MAX_BUFFER_SIZE_EXTENDED;

/// Whether other programs may use the card at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sharing {
    /// Others may connect to the same card, and reset it.
    #[default]
    Shared,
    /// The card is ours until [`CardReader::disconnect`].
    Exclusive,
}

/// A connection to the PC/SC service. Clones share it.
#[derive(Clone)]
pub struct Service {
    context: ::pcsc::Context,
}

impl Service {
    /// Connects to the service.
    ///
    /// # Errors
    /// [`ReaderError::NoService`] when it does not run.
    pub fn establish() -> Result<Self, ReaderError> {
        let context = ::pcsc::Context::establish(::pcsc::Scope::System)
            .map_err(|error| translate(error, ""))?;
        Ok(Self { context })
    }

    /// Names of all readers, in the service's order. No reader at all is an empty list.
    ///
    /// # Errors
    /// When the service fails.
    pub fn readers(&self) -> Result<Vec<String>, ReaderError> {
        let names = self.reader_names()?;
        Ok(names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
    }

    /// The reader of exactly this name, or else the only one whose name contains it (in any case).
    ///
    /// The card is not touched before [`CardReader::connect`].
    ///
    /// # Errors
    /// [`ReaderError::NoReader`], [`ReaderError::AmbiguousReader`], or when the service fails.
    pub fn open(&self, name: &str, sharing: Sharing) -> Result<PcscReader, ReaderError> {
        let names = self.readers()?;
        let name = select_reader(name, &names)?.to_owned();
        let system_name =
            CString::new(name.as_str()).map_err(|_| ReaderError::NoReader(name.clone()))?;
        Ok(PcscReader {
            context: self.context.clone(),
            name,
            system_name,
            sharing,
            card: None,
            buffer: vec![0; RESPONSE_BUFFER_LENGTH],
        })
    }

    /// Watches all readers, also those that are plugged in later.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor::new(self.clone())
    }

    fn reader_names(&self) -> Result<Vec<CString>, ReaderError> {
        match self.context.list_readers_owned() {
            Ok(names) => Ok(names),
            Err(::pcsc::Error::NoReadersAvailable) => Ok(Vec::new()),
            Err(error) => Err(translate(error, "")),
        }
    }
}

/// Exact name first, so that "Reader 1" is not hidden by "Reader 10"; then a unique part of a name.
fn select_reader<'names>(name: &str, names: &'names [String]) -> Result<&'names str, ReaderError> {
    if let Some(exact) = names.iter().find(|known| *known == name) {
        return Ok(exact);
    }
    let part = name.to_lowercase();
    let candidates: Vec<&String> =
        names.iter().filter(|known| known.to_lowercase().contains(&part)).collect();
    match candidates.as_slice() {
        [] => Err(ReaderError::NoReader(name.to_owned())),
        [only] => Ok(only),
        several => Err(ReaderError::AmbiguousReader {
            name: name.to_owned(),
            candidates: several.iter().map(|name| (*name).clone()).collect(),
        }),
    }
}

/// A PC/SC reader and, once connected, the card in it. Dropping it resets a card that is held for ourselves, and leaves a shared one as
/// it is, for another program may be logged in to it.
pub struct PcscReader {
    context: ::pcsc::Context,
    name: String,
    system_name: CString,
    sharing: Sharing,
    card: Option<Connected>,
    buffer: Vec<u8>,
}

struct Connected {
    card: ::pcsc::Card,
    atr: Atr,
    protocol: Option<::pcsc::Protocol>,
}

impl Connected {
    fn new(card: ::pcsc::Card, reader: &str) -> Result<Self, ReaderError> {
        let status = card.status2_owned().map_err(|error| translate(error, reader))?;
        let atr = Atr::parse(status.atr()).map_err(ReaderError::Malformed)?;
        Ok(Self { card, atr, protocol: status.protocol2() })
    }
}

impl PcscReader {
    fn share_mode(&self) -> ::pcsc::ShareMode {
        match self.sharing {
            Sharing::Shared => ::pcsc::ShareMode::Shared,
            Sharing::Exclusive => ::pcsc::ShareMode::Exclusive,
        }
    }

    /// What a failed exchange leaves behind: after a reset or a removal, the next `connect` starts afresh.
    fn fail(&mut self, error: ::pcsc::Error) -> ReaderError {
        let error = translate(error, &self.name);
        if matches!(error, ReaderError::CardRemoved | ReaderError::CardReset) {
            self.card = None;
        }
        error
    }
}

impl Drop for PcscReader {
    fn drop(&mut self) {
        if self.sharing == Sharing::Shared
            && let Some(connected) = self.card.take()
        {
            // A card that is gone needs no leave.
            let _ = connected.card.disconnect(::pcsc::Disposition::LeaveCard);
        }
    }
}

impl CardReader for PcscReader {
    fn name(&self) -> &str {
        &self.name
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        if let Some(connected) = &self.card {
            return Ok(connected.atr.clone());
        }
        let card = self
            .context
            .connect(&self.system_name, self.share_mode(), ::pcsc::Protocols::ANY)
            .map_err(|error| match translate(error, &self.name) {
                ReaderError::CardRemoved => ReaderError::NoCard(self.name.clone()),
                other => other,
            })?;
        let connected = self.card.insert(Connected::new(card, &self.name)?);
        Ok(connected.atr.clone())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let Some(connected) = &self.card else {
            return Err(ReaderError::NoCard(self.name.clone()));
        };
        let command = match connected.protocol {
            Some(::pcsc::Protocol::T0) => without_le(command),
            _ => command,
        };
        match connected.card.transmit(command, &mut self.buffer) {
            Ok(response) => Ok(response.to_vec()),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        let Some(mut connected) = self.card.take() else {
            return self.connect();
        };
        connected
            .card
            .reconnect(self.share_mode(), ::pcsc::Protocols::ANY, ::pcsc::Disposition::ResetCard)
            .map_err(|error| self.fail(error))?;
        let connected = self.card.insert(Connected::new(connected.card, &self.name)?);
        Ok(connected.atr.clone())
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        let Some(connected) = self.card.take() else { return Ok(()) };
        connected
            .card
            .disconnect(::pcsc::Disposition::UnpowerCard)
            .map_err(|(_, error)| self.fail(error))
    }
}

/// Over T=0 a case 4 command goes out without Le; the card then announces its data with 61xx [ISO 7816-3 §12.2.1].
fn without_le(command: &[u8]) -> &[u8] {
    match (Command::parse(command), command) {
        (Ok(parsed), [before @ .., _le])
            if !parsed.data.is_empty()
                && parsed.expected.is_some()
                && command.get(4).is_some_and(|lc| *lc != 0) =>
        {
            before
        }
        _ => command,
    }
}

/// One place where the service's errors become ours.
fn translate(error: ::pcsc::Error, reader: &str) -> ReaderError {
    use ::pcsc::Error;
    match error {
        Error::NoService | Error::ServiceStopped => ReaderError::NoService,
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            ReaderError::NoReader(reader.to_owned())
        }
        Error::NoSmartcard => ReaderError::NoCard(reader.to_owned()),
        Error::RemovedCard => ReaderError::CardRemoved,
        Error::ResetCard => ReaderError::CardReset,
        Error::SharingViolation => ReaderError::ReaderInUse(reader.to_owned()),
        Error::UnresponsiveCard | Error::UnpoweredCard => ReaderError::MuteCard(reader.to_owned()),
        other => ReaderError::Transport(other.to_string()),
    }
}

/// A reader's name as text; names that are not UTF-8 are shown with replacement characters.
fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["Virtual PCD 00 00", "Virtual PCD 00 01", "Keypad 1", "Keypad 10"].map(String::from).into()
    }

    #[test]
    fn an_exact_name_wins_over_a_longer_one() {
        assert_eq!(select_reader("Keypad 1", &names()).unwrap(), "Keypad 1");
    }

    #[test]
    fn a_unique_part_in_any_case_selects() {
        assert_eq!(select_reader("pcd 00 01", &names()).unwrap(), "Virtual PCD 00 01");
    }

    #[test]
    fn a_part_of_several_names_lists_them() {
        let error = select_reader("virtual", &names()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'virtual' fits several readers; name one of: Virtual PCD 00 00, Virtual PCD 00 01"
        );
    }

    #[test]
    fn an_unknown_name_is_repeated_in_the_error() {
        let error = select_reader("nothing", &names()).unwrap_err();
        assert!(matches!(error, ReaderError::NoReader(name) if name == "nothing"));
    }

    #[test]
    fn le_is_dropped_from_short_case_4_only() {
        assert_eq!(without_le(&[0, 0xA4, 4, 0, 1, 0xAA, 0]), [0, 0xA4, 4, 0, 1, 0xAA]);
        for kept in [
            vec![0, 0xA4, 4, 0],
            vec![0, 0xA4, 4, 0, 0],
            vec![0, 0xA4, 4, 0, 1, 0xAA],
            vec![0, 0xA4, 4, 0, 0, 0, 1, 0xAA, 0, 0],
            vec![0, 0xA4],
        ] {
            assert_eq!(without_le(&kept), kept);
        }
    }

    #[test]
    fn the_services_errors_become_advice() {
        let text = |error| translate(error, "R").to_string();
        assert_eq!(text(::pcsc::Error::NoService), "the PC/SC service is not running; start pcscd");
        assert_eq!(text(::pcsc::Error::NoSmartcard), "no card in reader 'R'");
        assert_eq!(
            text(::pcsc::Error::SharingViolation),
            "reader 'R' is in use by another program"
        );
    }
}
