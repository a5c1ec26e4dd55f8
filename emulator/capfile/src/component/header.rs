//! Header component [JCVM 3.0.5 §6.4].

use iso7816::Aid;

use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

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

/// The magic number of a CAP file.
const MAGIC: u32 = 0xDECA_FFED;

impl Header {
    /// Whether the format is the extended one.
    #[must_use]
    pub const fn extended(&self) -> bool {
        self.flags & Self::ACC_EXTENDED != 0
    }

    /// Whether the format is at least 2.`minor`.
    #[must_use]
    pub const fn format_at_least(&self, minor: u8) -> bool {
        self.format.minor >= minor
    }

    /// What others can import: the package itself, or in the extended format each public package.
    #[must_use]
    pub fn public_packages(&self) -> Vec<PublicPackage> {
        if self.extended() {
            return self.packages.clone();
        }
        let name = self.name.clone().unwrap_or_default();
        vec![PublicPackage { version: self.version, aid: self.aid, name }]
    }

    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        if reader.u4()? != MAGIC {
            return Err(reader.error_at(0, CapErrorKind::Magic));
        }
        let format = reader.version()?;
        let flags = reader.u1()?;
        let extended = flags & Self::ACC_EXTENDED != 0;
        if format.major != 2 || !(1..=3).contains(&format.minor) || extended && format.minor < 3 {
            let PackageVersion { major, minor } = format;
            return Err(reader.error_at(4, CapErrorKind::Format { major, minor }));
        }
        let version = reader.version()?;
        let aid = reader.aid()?;
        let mut header = Self { format, flags, version, aid, name: None, packages: Vec::new() };
        if extended {
            header.packages = Self::parse_packages(reader)?;
        } else if format.minor >= 2 {
            header.name = Some(reader.name()?);
        }
        reader.finish()?;
        Ok(header)
    }

    fn parse_packages(reader: &mut Reader<'_>) -> Result<Vec<PublicPackage>, CapError> {
        let count = usize::from(reader.u1()?);
        let mut packages = reader.list(count, |reader| {
            Ok(PublicPackage {
                version: reader.version()?,
                aid: reader.aid()?,
                name: String::new(),
            })
        })?;
        for package in &mut packages {
            package.name = reader.name()?;
        }
        Ok(packages)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u4(MAGIC);
        writer.version(self.format);
        writer.u1(self.flags);
        writer.version(self.version);
        writer.short_bytes(self.aid.as_bytes());
        if self.extended() {
            writer.count1(self.packages.len());
            for package in &self.packages {
                writer.version(package.version);
                writer.short_bytes(package.aid.as_bytes());
            }
            for package in &self.packages {
                writer.short_bytes(package.name.as_bytes());
            }
        } else if self.format_at_least(2) {
            writer.short_bytes(self.name.as_deref().unwrap_or_default().as_bytes());
        }
    }
}
