//! Header component [JCVM 3.0.5 §6.4].

use iso7816::Aid;

/// Version of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageVersion {
    /// Major number: another one is another package.
    pub major: u8,
    /// Minor number: a higher one only adds.
    pub minor: u8,
}

/// Who the package is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version of the CAP format: 2.1, 2.2 or 2.3.
    pub format: PackageVersion,
    /// `ACC_INT` 1, `ACC_EXPORT` 2, `ACC_APPLET` 4, `ACC_EXTENDED` 8.
    pub flags: u8,
    /// Version of the package.
    pub version: PackageVersion,
    /// AID of the package.
    pub aid: Aid,
    /// Name, from format 2.2 on; always none in the extended format.
    pub name: Option<String>,
    /// Extended format: the public packages, whose order is that of the Export and Descriptor components. Empty in the compact format,
    /// where the file is one package; `version` and `aid` are then the package's, here those of the CAP file (the load file).
    pub packages: Vec<PublicPackage>,
}

/// A public package of a CAP file of the extended format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPackage {
    /// Version of the package.
    pub version: PackageVersion,
    /// AID of the package.
    pub aid: Aid,
    /// Its name; empty when the file does not tell.
    pub name: String,
}

impl Header {
    /// The package uses `int`.
    pub const ACC_INT: u8 = 1;
    /// The package has an Export component.
    pub const ACC_EXPORT: u8 = 2;
    /// The package has applets.
    pub const ACC_APPLET: u8 = 4;
    /// Extended format: components longer than 64 KiB.
    pub const ACC_EXTENDED: u8 = 8;
}
