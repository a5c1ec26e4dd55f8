//! Import component [JCVM 3.0.5 §6.7].

use iso7816::Aid;

use super::PackageVersion;
use crate::{
    error::CapError,
    reader::{Reader, Writer},
};

/// What the package imports; the index is the package token.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Import {
    /// In the order of the file.
    pub packages: Vec<ImportedPackage>,
}

/// An imported package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedPackage {
    /// The version that the importer was converted against: same major, at least this minor.
    pub version: PackageVersion,
    /// AID of the package.
    pub aid: Aid,
}

impl Import {
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let count = usize::from(reader.u1()?);
        let packages = reader.list(count, |reader| {
            Ok(ImportedPackage { version: reader.version()?, aid: reader.aid()? })
        })?;
        reader.finish()?;
        Ok(Self { packages })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count1(self.packages.len());
        for package in &self.packages {
            writer.version(package.version);
            writer.short_bytes(package.aid.as_bytes());
        }
    }
}
