//! The parameters field of INSTALL [GPCS 2.3.1 §11.5.2.3.7].

use iso7816::{
    ParseError, ParseErrorKind,
    tlv::{self, Writer},
};

/// Tag of the application specific parameters, of the system ones, and of TS 102 226's template.
const TAG_APPLICATION: u32 = 0xC9;
const TAG_SYSTEM: u32 = 0xEF;
const TAG_CODE: u32 = 0xC6;
const TAG_VOLATILE: u32 = 0xC7;
const TAG_NON_VOLATILE: u32 = 0xC8;

/// The parameters field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstallParameters {
    /// C9: what the applet gets; mandatory when an instance is made, may be empty.
    pub application: Option<Vec<u8>>,
    /// EF: what the card reads.
    pub system: Option<SystemParameters>,
    /// Objects beside them (EA, B6), tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

/// The system specific parameters, tag EF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemParameters {
    /// C6: non-volatile memory for code, in bytes.
    pub code: Option<u32>,
    /// C7: volatile memory, in bytes.
    pub volatile: Option<u32>,
    /// C8: non-volatile memory for data, in bytes.
    pub non_volatile: Option<u32>,
    /// Objects beside them (CA, CB, CF, D9 …), tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl InstallParameters {
    /// Parameters with only an applet's own.
    #[must_use]
    pub fn for_application(parameters: &[u8]) -> Self {
        Self { application: Some(parameters.to_vec()), ..Self::default() }
    }

    /// Reads the field.
    ///
    /// # Errors
    /// A malformed object, or a memory size of more than four bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut parameters = Self::default();
        for object in tlv::parse(bytes) {
            let object = object?;
            match object.tag.0 {
                TAG_APPLICATION => parameters.application = Some(object.value.to_vec()),
                TAG_SYSTEM => parameters.system = Some(SystemParameters::parse(object.value)?),
                tag => parameters.others.push((tag, object.value.to_vec())),
            }
        }
        Ok(parameters)
    }

    /// The field: C9, EF, then the others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        if let Some(application) = &self.application {
            writer = writer.object(TAG_APPLICATION, application);
        }
        if let Some(system) = &self.system {
            writer = writer.constructed(TAG_SYSTEM, |inner| system.write(inner));
        }
        write_others(writer, &self.others).finish()
    }
}

impl SystemParameters {
    fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut system = Self::default();
        for object in tlv::parse(bytes) {
            let object = object?;
            match object.tag.0 {
                TAG_CODE => system.code = Some(size(object.value)?),
                TAG_VOLATILE => system.volatile = Some(size(object.value)?),
                TAG_NON_VOLATILE => system.non_volatile = Some(size(object.value)?),
                tag => system.others.push((tag, object.value.to_vec())),
            }
        }
        Ok(system)
    }

    fn write(&self, mut writer: Writer) -> Writer {
        let sizes = [
            (TAG_CODE, self.code),
            (TAG_NON_VOLATILE, self.non_volatile),
            (TAG_VOLATILE, self.volatile),
        ];
        for (tag, size) in sizes {
            if let Some(size) = size {
                writer = writer.object(tag, &size_bytes(size));
            }
        }
        write_others(writer, &self.others)
    }
}

fn write_others(writer: Writer, others: &[(u32, Vec<u8>)]) -> Writer {
    others.iter().fold(writer, |writer, (tag, value)| writer.object(*tag, value))
}

fn size(value: &[u8]) -> Result<u32, ParseError> {
    if value.is_empty() || value.len() > 4 {
        return Err(ParseErrorKind::LengthMismatch.at(0));
    }
    Ok(value.iter().fold(0, |size, byte| size << 8 | u32::from(*byte)))
}

/// Two bytes up to 32,767, else four [GPCS 2.3.1 §11.5.2.3.7].
fn size_bytes(size: u32) -> Vec<u8> {
    match u16::try_from(size) {
        Ok(short) if short <= 0x7FFF => short.to_be_bytes().to_vec(),
        _ => size.to_be_bytes().to_vec(),
    }
}
