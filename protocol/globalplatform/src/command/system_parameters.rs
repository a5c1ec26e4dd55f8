//! The system specific parameters of INSTALL, tag EF [GPCS 2.3.1 §11.5.2.3.7].

use iso7816::{
    ParseError, ParseErrorKind,
    tlv::{self, Writer},
};

use super::install_parameters::{write_all, write_optional};
use crate::data::{GlobalService, ImplicitSelection, Restrictions};

const TAG_CODE: u32 = 0xC6;
const TAG_VOLATILE: u32 = 0xC7;
const TAG_NON_VOLATILE: u32 = 0xC8;
const TAG_RESERVED_VOLATILE: u32 = 0xD7;
const TAG_RESERVED_NON_VOLATILE: u32 = 0xD8;
const TAG_TOOLKIT: u32 = 0xCA;
const TAG_GLOBAL_SERVICES: u32 = 0xCB;
const TAG_LOAD_FILE_FORMAT: u32 = 0xCD;
const TAG_LOAD_FILE_PARAMETERS: u32 = 0xDD;
const TAG_IMPLICIT_SELECTION: u32 = 0xCF;
const TAG_RESTRICTIONS: u32 = 0xD9;
const TAG_CONTACTLESS: u32 = 0xA0;

/// What the card itself reads of INSTALL's parameters. Memory sizes are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemParameters {
    /// C6: non-volatile memory that a load file's code needs.
    pub code: Option<u32>,
    /// C7: most volatile memory; needed at least, when it comes with [for load].
    pub volatile: Option<u32>,
    /// C8: most non-volatile memory for data; needed at least, when it comes with [for load].
    pub non_volatile: Option<u32>,
    /// D7: volatile memory set aside for the application.
    pub reserved_volatile: Option<u32>,
    /// D8: non-volatile memory set aside for the application.
    pub reserved_non_volatile: Option<u32>,
    /// CD: format of the load file data block.
    pub load_file_format: Option<u8>,
    /// DD: parameters of the load file data block, as they came.
    pub load_file_parameters: Option<Vec<u8>>,
    /// CA: SIM file access and toolkit parameters (TS 102 226), as they came.
    pub toolkit: Option<Vec<u8>>,
    /// CB: services that the application offers to others.
    pub global_services: Vec<GlobalService>,
    /// CF: where the application is selected by itself.
    pub implicit_selection: Vec<ImplicitSelection>,
    /// D9: what registry update forbids from now on.
    pub restrictions: Option<Restrictions>,
    /// A0: contactless protocol parameters (Amendment C), as they came.
    pub contactless: Option<Vec<u8>>,
    /// Objects beside them, tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl SystemParameters {
    /// Reads the value of EF. The order of the objects does not count; those that may come several times add up, of any other
    /// the last counts.
    ///
    /// # Errors
    /// A malformed object; `LengthMismatch` for a memory size of none or more than four bytes, a service of an odd number of
    /// bytes, a format or restriction of other than one byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut system = Self::default();
        for object in tlv::parse(bytes) {
            let object = object?;
            system.take(object.tag.0, object.value)?;
        }
        Ok(system)
    }

    fn take(&mut self, tag: u32, value: &[u8]) -> Result<(), ParseError> {
        match tag {
            TAG_CODE => self.code = Some(size(value)?),
            TAG_VOLATILE => self.volatile = Some(size(value)?),
            TAG_NON_VOLATILE => self.non_volatile = Some(size(value)?),
            TAG_RESERVED_VOLATILE => self.reserved_volatile = Some(size(value)?),
            TAG_RESERVED_NON_VOLATILE => self.reserved_non_volatile = Some(size(value)?),
            TAG_LOAD_FILE_FORMAT => self.load_file_format = Some(one_byte(value)?),
            TAG_LOAD_FILE_PARAMETERS => self.load_file_parameters = Some(value.to_vec()),
            TAG_TOOLKIT => self.toolkit = Some(value.to_vec()),
            TAG_GLOBAL_SERVICES => self.global_services.extend(GlobalService::parse_all(value)?),
            TAG_IMPLICIT_SELECTION => {
                self.implicit_selection.extend(value.iter().copied().map(ImplicitSelection));
            }
            TAG_RESTRICTIONS => {
                self.restrictions = Some(Restrictions::from_bits_retain(one_byte(value)?));
            }
            TAG_CONTACTLESS => self.contactless = Some(value.to_vec()),
            tag => self.others.push((tag, value.to_vec())),
        }
        Ok(())
    }

    /// The value of EF, in the order of this struct but non-volatile memory before volatile, as hosts have it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = self.write_sizes(Writer::new());
        let format = self.load_file_format.map(|format| vec![format]);
        writer = write_optional(writer, TAG_LOAD_FILE_FORMAT, format.as_ref());
        let load_file_parameters = self.load_file_parameters.as_ref();
        writer = write_optional(writer, TAG_LOAD_FILE_PARAMETERS, load_file_parameters);
        writer = write_optional(writer, TAG_TOOLKIT, self.toolkit.as_ref());
        if !self.global_services.is_empty() {
            let services: Vec<u8> =
                self.global_services.iter().flat_map(|service| service.to_bytes()).collect();
            writer = writer.object(TAG_GLOBAL_SERVICES, &services);
        }
        for selection in &self.implicit_selection {
            writer = writer.object(TAG_IMPLICIT_SELECTION, &[selection.0]);
        }
        let restrictions = self.restrictions.map(|restrictions| vec![restrictions.bits()]);
        writer = write_optional(writer, TAG_RESTRICTIONS, restrictions.as_ref());
        writer = write_optional(writer, TAG_CONTACTLESS, self.contactless.as_ref());
        write_all(writer, &self.others).finish()
    }

    fn write_sizes(&self, writer: Writer) -> Writer {
        let sizes = [
            (TAG_CODE, self.code),
            (TAG_NON_VOLATILE, self.non_volatile),
            (TAG_VOLATILE, self.volatile),
            (TAG_RESERVED_NON_VOLATILE, self.reserved_non_volatile),
            (TAG_RESERVED_VOLATILE, self.reserved_volatile),
        ];
        sizes.into_iter().fold(writer, |writer, (tag, size)| {
            write_optional(writer, tag, size.map(size_bytes).as_ref())
        })
    }
}

fn size(value: &[u8]) -> Result<u32, ParseError> {
    if value.is_empty() || value.len() > 4 {
        return Err(ParseErrorKind::LengthMismatch.at(0));
    }
    Ok(value.iter().fold(0, |size, byte| size << 8 | u32::from(*byte)))
}

fn one_byte(value: &[u8]) -> Result<u8, ParseError> {
    match *value {
        [byte] => Ok(byte),
        _ => Err(ParseErrorKind::LengthMismatch.at(0)),
    }
}

/// Two bytes up to 32,767, else four [GPCS 2.3.1 §11.5.2.3.7].
fn size_bytes(size: u32) -> Vec<u8> {
    match u16::try_from(size) {
        Ok(short) if short <= 0x7FFF => short.to_be_bytes().to_vec(),
        _ => size.to_be_bytes().to_vec(),
    }
}
