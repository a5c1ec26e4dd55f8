//! INSTALL in all its forms [GPCS 2.3.1 §11.5].

use iso7816::{Aid, Command, ParseErrorKind};

use super::{CommandError, MORE_SEGMENTS, Reader, push_long_lv, push_lv};
use crate::data::Privileges;

/// What INSTALL is for, with the fields that only this form has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallPurpose {
    /// [for load]: a load file will come [GPCS 2.3.1 §11.5.2.3.1].
    Load {
        /// AID that the load file shall have.
        load_file: Aid,
        /// Security domain it shall belong to; the receiving one if absent.
        security_domain: Option<Aid>,
        /// Hash of the load file data block; may be empty.
        hash: Vec<u8>,
    },
    /// [for install], [for install and make selectable] [GPCS 2.3.1 §11.5.2.3.2].
    Install {
        /// AID of the load file; absent in the last command of a combined process.
        load_file: Option<Aid>,
        /// AID of the module.
        module: Option<Aid>,
        /// AID that the instance shall have.
        instance: Option<Aid>,
        /// Privileges of the instance.
        privileges: Privileges,
        /// Whether the instance becomes selectable at once.
        make_selectable: bool,
    },
    /// [for make selectable] [GPCS 2.3.1 §11.5.2.3.3].
    MakeSelectable {
        /// The instance.
        instance: Aid,
        /// Privileges; only card reset counts.
        privileges: Privileges,
    },
    /// [for extradition] [GPCS 2.3.1 §11.5.2.3.4].
    Extradition {
        /// The new security domain.
        security_domain: Aid,
        /// The application or load file that moves.
        application: Aid,
    },
    /// [for personalization] [GPCS 2.3.1 §11.5.2.3.6].
    Personalization {
        /// The application that STORE DATA is for.
        application: Aid,
    },
    /// [for registry update] [GPCS 2.3.1 §11.5.2.3.5].
    RegistryUpdate {
        /// The new security domain, if it changes.
        security_domain: Option<Aid>,
        /// The application; absent for the card itself.
        application: Option<Aid>,
        /// The new privileges, if they change.
        privileges: Option<Privileges>,
    },
}

/// P1 of the forms, without the bit for "more commands" [GPCS 2.3.1 §11.5.2.1].
const LOAD: u8 = 0x02;
const INSTALL: u8 = 0x04;
const MAKE_SELECTABLE: u8 = 0x08;
const INSTALL_AND_MAKE_SELECTABLE: u8 = 0x0C;
const COMBINED: u8 = 0x0E;
const EXTRADITION: u8 = 0x10;
const PERSONALIZATION: u8 = 0x20;
const REGISTRY_UPDATE: u8 = 0x40;
/// P2 of the combined process: its beginning and its end [GPCS 2.3.1 §11.5.2.2].
const COMBINED_BEGIN: u8 = 0x01;
const COMBINED_END: u8 = 0x03;

/// INSTALL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// The form, with its fields.
    pub purpose: InstallPurpose,
    /// Whether it is part of a combined load, install and make selectable process (P1 0E).
    pub combined: bool,
    /// The parameters field, data objects; see [`super::InstallParameters`].
    pub parameters: Vec<u8>,
    /// The token; may be empty.
    pub token: Vec<u8>,
}

impl Install {
    /// INS.
    pub const INS: u8 = 0xE6;

    /// INSTALL without parameters and token.
    #[must_use]
    pub const fn new(purpose: InstallPurpose) -> Self {
        Self { purpose, combined: false, parameters: Vec::new(), token: Vec::new() }
    }

    /// The same with this parameters field.
    #[must_use]
    pub fn with_parameters(mut self, parameters: Vec<u8>) -> Self {
        self.parameters = parameters;
        self
    }

    /// Reads the command. Chained segments are put together before.
    ///
    /// # Errors
    /// `UnknownParameters`; `Parse` for a malformed data field.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let mut reader = Reader::new(&command.data);
        let purpose = parse_purpose(command, &mut reader)?;
        let combined = form(command) == COMBINED;
        let parameters = reader.long_lv()?.to_vec();
        // Some hosts leave an empty token's length byte away.
        let token = if reader.is_empty() { Vec::new() } else { reader.long_lv()?.to_vec() };
        reader.finish()?;
        Ok(Self { purpose, combined, parameters, token })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let (p1, p2) = self.p1p2();
        let mut data = self.signed_fields();
        push_long_lv(&mut data, &self.token);
        Command::new(0x80, Self::INS, p1, p2).with_data(data).with_expected(256)
    }

    /// What a token for [`to_command`](Self::to_command) signs [GPCS 2.3.1 §C.4]; for a command that came see
    /// [`super::token_data_of`].
    #[must_use]
    pub fn token_data(&self) -> Vec<u8> {
        let (p1, p2) = self.p1p2();
        super::token::token_data(p1, p2, &self.signed_fields())
    }

    const fn p1p2(&self) -> (u8, u8) {
        match (&self.purpose, self.combined) {
            (InstallPurpose::Load { .. }, true) => (COMBINED, COMBINED_BEGIN),
            (InstallPurpose::Install { .. }, true) => (COMBINED, COMBINED_END),
            (InstallPurpose::Load { .. }, false) => (LOAD, 0),
            (InstallPurpose::Install { make_selectable: false, .. }, _) => (INSTALL, 0),
            (InstallPurpose::Install { .. }, _) => (INSTALL_AND_MAKE_SELECTABLE, 0),
            (InstallPurpose::MakeSelectable { .. }, _) => (MAKE_SELECTABLE, 0),
            (InstallPurpose::Extradition { .. }, _) => (EXTRADITION, 0),
            (InstallPurpose::Personalization { .. }, _) => (PERSONALIZATION, 0),
            (InstallPurpose::RegistryUpdate { .. }, _) => (REGISTRY_UPDATE, 0),
        }
    }

    /// The data field up to and including the parameters.
    fn signed_fields(&self) -> Vec<u8> {
        let none = Vec::new;
        let three = |privileges: &Privileges| privileges.to_bytes().to_vec();
        let fields = match &self.purpose {
            InstallPurpose::Load { load_file, security_domain, hash } => {
                vec![bytes(Some(load_file)), bytes(security_domain.as_ref()), hash.clone()]
            }
            InstallPurpose::Install { load_file, module, instance, privileges, .. } => vec![
                bytes(load_file.as_ref()),
                bytes(module.as_ref()),
                bytes(instance.as_ref()),
                three(privileges),
            ],
            InstallPurpose::MakeSelectable { instance, privileges } => {
                vec![none(), none(), bytes(Some(instance)), three(privileges)]
            }
            InstallPurpose::Extradition { security_domain, application } => {
                vec![bytes(Some(security_domain)), none(), bytes(Some(application)), none()]
            }
            InstallPurpose::Personalization { application } => {
                vec![none(), none(), bytes(Some(application)), none()]
            }
            InstallPurpose::RegistryUpdate { security_domain, application, privileges } => vec![
                bytes(security_domain.as_ref()),
                none(),
                bytes(application.as_ref()),
                privileges.as_ref().map(three).unwrap_or_default(),
            ],
        };
        let mut data = Vec::new();
        for field in &fields {
            push_lv(&mut data, field);
        }
        push_long_lv(&mut data, &self.parameters);
        data
    }
}

fn bytes(aid: Option<&Aid>) -> Vec<u8> {
    aid.map(|aid| aid.as_bytes().to_vec()).unwrap_or_default()
}

const fn form(command: &Command) -> u8 {
    command.header.p1 & !MORE_SEGMENTS
}

fn parse_purpose(
    command: &Command,
    reader: &mut Reader<'_>,
) -> Result<InstallPurpose, CommandError> {
    let form = form(command);
    match (form, command.header.p2) {
        (LOAD, 0) | (COMBINED, COMBINED_BEGIN) => parse_load(reader),
        (INSTALL, 0) => parse_install(reader, false),
        (INSTALL_AND_MAKE_SELECTABLE, 0) | (COMBINED, COMBINED_END) => parse_install(reader, true),
        (MAKE_SELECTABLE | EXTRADITION | PERSONALIZATION | REGISTRY_UPDATE, 0) => {
            parse_update(reader, form)
        }
        _ => Err(CommandError::UnknownParameters(command.header.p1p2())),
    }
}

fn parse_load(reader: &mut Reader<'_>) -> Result<InstallPurpose, CommandError> {
    let load_file = required(reader)?;
    let security_domain = reader.aid()?;
    let hash = reader.lv()?.to_vec();
    Ok(InstallPurpose::Load { load_file, security_domain, hash })
}

fn parse_install(
    reader: &mut Reader<'_>,
    make_selectable: bool,
) -> Result<InstallPurpose, CommandError> {
    let load_file = reader.aid()?;
    let module = reader.aid()?;
    let instance = reader.aid()?;
    // Some hosts leave the field empty where there is no privilege.
    let privileges = optional_privileges(reader)?.unwrap_or(Privileges::empty());
    Ok(InstallPurpose::Install { load_file, module, instance, privileges, make_selectable })
}

/// The forms whose second field is always empty.
fn parse_update(reader: &mut Reader<'_>, form: u8) -> Result<InstallPurpose, CommandError> {
    let security_domain = reader.aid()?;
    if reader.aid()?.is_some() {
        return Err(ParseErrorKind::UnexpectedByte.at(reader.offset()).into());
    }
    let at = reader.offset();
    let application = reader.aid()?;
    let privileges = optional_privileges(reader)?;
    let missing = || CommandError::from(ParseErrorKind::Truncated.at(at));
    if form == REGISTRY_UPDATE {
        return Ok(InstallPurpose::RegistryUpdate { security_domain, application, privileges });
    }
    let application = application.ok_or_else(missing)?;
    Ok(match form {
        MAKE_SELECTABLE => InstallPurpose::MakeSelectable {
            instance: application,
            privileges: privileges.unwrap_or(Privileges::empty()),
        },
        EXTRADITION => InstallPurpose::Extradition {
            security_domain: security_domain.ok_or_else(missing)?,
            application,
        },
        _ => InstallPurpose::Personalization { application },
    })
}

fn optional_privileges(reader: &mut Reader<'_>) -> Result<Option<Privileges>, CommandError> {
    match reader.lv()? {
        [] => Ok(None),
        [one] => Ok(Some(Privileges::from_one_byte(*one))),
        bytes => Ok(Some(Privileges::parse(bytes)?)),
    }
}

fn required(reader: &mut Reader<'_>) -> Result<Aid, CommandError> {
    let at = reader.offset();
    Ok(reader.aid()?.ok_or(ParseErrorKind::Truncated.at(at))?)
}

/// Length of INSTALL's data field up to and including the parameters: what the token signs.
pub(super) fn signed_length(command: &Command) -> Result<usize, CommandError> {
    let mut reader = Reader::new(&command.data);
    parse_purpose(command, &mut reader)?;
    reader.long_lv()?;
    let length = reader.offset();
    if !reader.is_empty() {
        reader.long_lv()?;
    }
    reader.finish()?;
    Ok(length)
}
