//! Typed commands of GlobalPlatform, both directions [GPCS 2.3.1 §11].
//!
//! A security domain turns the plain command into one of these before it acts; a host builds one and wraps what
//! `to_command` gives. CLA is 80 on the basic logical channel; whoever uses another channel sets its bits afterwards.

mod chaining;
mod channel_setup;
mod delete;
mod error;
mod get_data;
mod install;
mod install_parameters;
mod key_component;
mod load;
mod put_key;
mod reader;
mod rmac;
mod security_domain_parameters;
mod select;
mod status;
mod store_data;
mod system_parameters;
mod token;

use iso7816::Command;

pub use chaining::{MORE_SEGMENTS, chain};
pub use channel_setup::{ExternalAuthenticate, InitializeUpdate};
pub use delete::{Delete, DeleteTarget};
pub use error::CommandError;
pub use get_data::{GetData, GetDataOfFile, parse_tag_list};
pub use install::{Install, InstallPurpose};
pub use install_parameters::InstallParameters;
pub use key_component::{
    KEY_TYPE_AES, KEY_TYPE_DES, KEY_TYPE_DES_ECB_CBC, KEY_TYPE_ECC_PRIVATE, KEY_TYPE_ECC_PUBLIC,
    KEY_TYPE_ECC_REFERENCE, KEY_TYPE_RSA_EXPONENT, KEY_TYPE_RSA_MODULUS, KeyBlockDialect,
    KeyComponent, is_asymmetric, is_secret,
};
pub(crate) use key_component::{KEY_TYPE_EXTENDED, symmetric_key};
pub use load::{Load, LoadFile};
pub use put_key::{COMPONENTS_MAX, PutKey};
pub(crate) use reader::{Reader, push_long_lv, push_lv};
pub use rmac::{BeginRmacSession, EndRmacSession};
pub use security_domain_parameters::SecurityDomainParameters;
pub use select::Select;
pub use status::{GetStatus, SetStatus, StatusScope};
pub use store_data::{StoreData, StoreDataEncryption, StoreDataFormat};
pub use system_parameters::SystemParameters;
pub use token::token_data_of;

/// One table of the commands: instruction byte, variant, type.
macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident($type:ty);)*) => {
        /// A command of a security domain, parsed.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum CardCommand {
            $($(#[$doc])* $variant($type),)*
        }

        impl CardCommand {
            /// The instruction bytes that [`CardCommand::parse`] knows.
            pub const INSTRUCTIONS: &[u8] = &[$(<$type>::INS),*];

            /// Parses a plain command by its instruction byte.
            ///
            /// # Errors
            /// `UnknownInstruction`; else what the command's own parser says.
            pub fn parse(command: &Command) -> Result<Self, CommandError> {
                match command.header.ins {
                    $(<$type>::INS => <$type>::parse(command).map(Self::$variant),)*
                    ins => Err(CommandError::UnknownInstruction(ins)),
                }
            }

            /// The command as an APDU.
            #[must_use]
            pub fn to_command(&self) -> Command {
                match self { $(Self::$variant(command) => command.to_command(),)* }
            }
        }
    };
}

commands! {
    /// BEGIN R-MAC SESSION.
    BeginRmacSession(BeginRmacSession);
    /// DELETE.
    Delete(Delete);
    /// END R-MAC SESSION.
    EndRmacSession(EndRmacSession);
    /// EXTERNAL AUTHENTICATE.
    ExternalAuthenticate(ExternalAuthenticate);
    /// GET DATA, CA.
    GetData(GetData);
    /// GET DATA, CB.
    GetDataOfFile(GetDataOfFile);
    /// GET STATUS.
    GetStatus(GetStatus);
    /// INITIALIZE UPDATE.
    InitializeUpdate(InitializeUpdate);
    /// INSTALL.
    Install(Install);
    /// LOAD.
    Load(Load);
    /// PUT KEY.
    PutKey(PutKey);
    /// SELECT.
    Select(Select);
    /// SET STATUS.
    SetStatus(SetStatus);
    /// STORE DATA.
    StoreData(StoreData);
}
