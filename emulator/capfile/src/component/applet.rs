//! Applet component [JCVM 3.0.5 §6.6].

use iso7816::Aid;

use super::MethodLocation;
use crate::{
    error::CapError,
    reader::{Reader, Writer},
};

/// All applets of the package.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AppletComponent {
    /// In the order of the file.
    pub applets: Vec<Applet>,
}

/// An applet: what INSTALL can make instances of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applet {
    /// AID of the applet class.
    pub aid: Aid,
    /// Its `install([BSB)V`.
    pub install: MethodLocation,
}

impl AppletComponent {
    pub(crate) fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let count = usize::from(reader.u1()?);
        let applets = reader.list(count, |reader| {
            Ok(Applet { aid: reader.aid()?, install: reader.location(extended)? })
        })?;
        reader.finish()?;
        Ok(Self { applets })
    }

    pub(crate) fn write(&self, writer: &mut Writer, extended: bool) {
        writer.count1(self.applets.len());
        for applet in &self.applets {
            writer.short_bytes(applet.aid.as_bytes());
            writer.location(extended, applet.install);
        }
    }
}
