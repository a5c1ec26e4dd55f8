//! Data objects of GlobalPlatform cards: what GET DATA, GET STATUS and SELECT answer, life cycles, privileges.

mod capability;
mod card_data;
mod confirmation;
mod cplc;
mod curve;
pub mod dgi;
mod fci;
mod key_attributes;
mod key_information;
mod life_cycle;
mod privileges;
mod registry;
mod registry_parameters;

pub use capability::{CardCapability, ChannelCapability};
pub use card_data::{CARD_DATA_TAG, CardRecognitionData};
pub use confirmation::{Confirmation, NO_CONFIRMATION, ReceiptData};
pub use cplc::{CPLC_LENGTH, CPLC_TAG, Cplc};
pub use curve::Curve;
pub use fci::FileControlInformation;
pub use key_attributes::{KeyAccess, KeyAttributes, KeyUsage};
pub use key_information::{KeyInformation, KeyPart, key_information, parse_key_information};
pub use life_cycle::{
    APPLICATION_LOCKED, ApplicationState, CARD_TRANSITIONS, CardState, LOAD_FILE_LOADED,
    SECURITY_DOMAIN_TRANSITIONS,
};
pub use privileges::Privileges;
pub use registry::RegistryEntry;
pub use registry_parameters::{GlobalService, ImplicitSelection, Restrictions};
