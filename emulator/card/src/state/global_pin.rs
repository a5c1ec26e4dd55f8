//! The global PIN and global services: what applets share with each other by way of the card [GPCS 2.3.1 §8.1, §8.2].

use iso7816::StatusWord;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{load, save};
use crate::nvm::{Owner, WriteLog};

const PIN: &[u8] = b"pin";
const SERVICE: u8 = b's';

/// The value of a PIN.
#[derive(Clone, Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub(crate) struct PinValue(Vec<u8>);

impl PinValue {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for PinValue {
    fn from(value: Vec<u8>) -> Self {
        Self(value)
    }
}

/// The global PIN.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct GlobalPinRecord {
    pub(crate) value: PinValue,
    pub(crate) limit: u8,
    pub(crate) tries: u8,
}

impl GlobalPinRecord {
    /// As it is; without value and limit before anybody set it.
    pub(crate) fn load(log: &WriteLog) -> Self {
        load(log, PIN).unwrap_or_default()
    }

    pub(crate) fn save(&self, log: &mut WriteLog) -> Result<(), StatusWord> {
        save(log, PIN, self)
    }

    /// Compares in a time that does not depend on where the values differ.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        let own = &self.value.0;
        let differences = own.iter().zip(value).fold(0, |all, (own, given)| all | (own ^ given));
        own.len() == value.len() && differences == 0
    }
}

fn service_key(service: u16) -> [u8; 3] {
    let [family, number] = service.to_be_bytes();
    [SERVICE, family, number]
}

/// AID of the application that has a service.
pub(crate) fn service(log: &WriteLog, service: u16) -> Option<&[u8]> {
    log.get(Owner::System, &service_key(service))
}

pub(crate) fn put_service(
    log: &mut WriteLog,
    service: u16,
    application: &[u8],
) -> Result<(), StatusWord> {
    Ok(log.put(Owner::System, &service_key(service), application.to_vec())?)
}

pub(crate) fn delete_service(log: &mut WriteLog, service: u16) -> Result<(), StatusWord> {
    Ok(log.delete(Owner::System, &service_key(service))?)
}

/// Takes away all services of an application, when it is deleted.
pub(crate) fn delete_services_of(log: &mut WriteLog, application: &[u8]) -> Result<(), StatusWord> {
    for key in log.keys_with_prefix(Owner::System, &[SERVICE]) {
        if key.len() == 3 && log.get(Owner::System, &key) == Some(application) {
            log.delete(Owner::System, &key)?;
        }
    }
    Ok(())
}
