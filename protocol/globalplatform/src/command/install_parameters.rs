//! The parameters field of INSTALL [GPCS 2.3.1 §11.5.2.3.7].

use iso7816::{
    ParseError,
    tlv::{self, Writer},
};

use super::SystemParameters;

/// Tag of the application specific parameters.
const TAG_APPLICATION: u32 = 0xC9;
/// Tag of the system specific parameters.
const TAG_SYSTEM: u32 = 0xEF;
/// Tag of the template of TS 102 226.
const TAG_UICC: u32 = 0xEA;
/// Tag of the control reference template of tokens.
const TAG_CONTROL_REFERENCE: u32 = 0xB6;

/// The parameters field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstallParameters {
    /// C9: what the applet gets; mandatory when an instance is made, may be empty. For a security domain see
    /// [`super::SecurityDomainParameters`].
    pub application: Option<Vec<u8>>,
    /// EF: what the card reads.
    pub system: Option<SystemParameters>,
    /// EA: what a UICC reads (the template of TS 102 226), as it came.
    pub uicc: Option<Vec<u8>>,
    /// B6: whose token it is (42, 45, 5F20, 93), as it came.
    pub control_reference: Option<Vec<u8>>,
    /// Objects beside them, tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl InstallParameters {
    /// Parameters with only an applet's own.
    #[must_use]
    pub fn for_application(parameters: &[u8]) -> Self {
        Self { application: Some(parameters.to_vec()), ..Self::default() }
    }

    /// Reads the field. The order of the objects does not count; of a repeated one the last counts.
    ///
    /// # Errors
    /// A malformed object; what [`SystemParameters::parse`] refuses.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut parameters = Self::default();
        for object in tlv::parse(bytes) {
            let object = object?;
            let value = object.value.to_vec();
            match object.tag.0 {
                TAG_APPLICATION => parameters.application = Some(value),
                TAG_SYSTEM => parameters.system = Some(SystemParameters::parse(object.value)?),
                TAG_UICC => parameters.uicc = Some(value),
                TAG_CONTROL_REFERENCE => parameters.control_reference = Some(value),
                tag => parameters.others.push((tag, value)),
            }
        }
        Ok(parameters)
    }

    /// The field: C9, EF, EA, B6, then the others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = write_optional(Writer::new(), TAG_APPLICATION, self.application.as_ref());
        if let Some(system) = &self.system {
            writer = writer.object(TAG_SYSTEM, &system.to_bytes());
        }
        writer = write_optional(writer, TAG_UICC, self.uicc.as_ref());
        writer = write_optional(writer, TAG_CONTROL_REFERENCE, self.control_reference.as_ref());
        write_all(writer, &self.others).finish()
    }
}

pub(super) fn write_optional(writer: Writer, tag: u32, value: Option<&Vec<u8>>) -> Writer {
    value.into_iter().fold(writer, |writer, value| writer.object(tag, value))
}

pub(super) fn write_all(writer: Writer, objects: &[(u32, Vec<u8>)]) -> Writer {
    objects.iter().fold(writer, |writer, (tag, value)| writer.object(*tag, value))
}
