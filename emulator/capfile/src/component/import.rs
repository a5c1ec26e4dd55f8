//! Import component [JCVM 3.0.5 §6.7].

use iso7816::Aid;

use super::PackageVersion;

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
