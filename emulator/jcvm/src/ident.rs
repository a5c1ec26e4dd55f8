//! Identifiers of packages, classes, methods, applets and contexts.

/// A package: native ones below [`PackageId::FIRST_LOADED`], loaded ones from there on, by their place in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u8);

impl PackageId {
    /// The first identifier of a loaded package.
    pub const FIRST_LOADED: u8 = 0x80;
    /// Most loaded packages.
    pub const LOADED_MAX: usize = 0x7E;
    /// The package of array classes.
    pub const ARRAYS: Self = Self(0xFF);

    /// Whether the package is native.
    #[must_use]
    pub const fn is_native(self) -> bool {
        self.0 < Self::FIRST_LOADED
    }

    /// The place of a loaded package.
    #[must_use]
    pub const fn slot(self) -> Option<usize> {
        if self.0 >= Self::FIRST_LOADED && self.0 != Self::ARRAYS.0 {
            Some((self.0 - Self::FIRST_LOADED) as usize)
        } else {
            None
        }
    }

    /// The context of a loaded package.
    #[must_use]
    pub const fn context(self) -> ContextId {
        if self.is_native() { ContextId::JCRE } else { ContextId(self.0 - Self::FIRST_LOADED + 1) }
    }
}

/// A class or interface: its package and its index there (native: the token).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(u32);

impl ClassId {
    /// `boolean[]`.
    pub const BOOLEAN_ARRAY: Self = Self::new(PackageId::ARRAYS, 10);
    /// `byte[]`.
    pub const BYTE_ARRAY: Self = Self::new(PackageId::ARRAYS, 11);
    /// `short[]`.
    pub const SHORT_ARRAY: Self = Self::new(PackageId::ARRAYS, 12);
    /// `int[]`.
    pub const INT_ARRAY: Self = Self::new(PackageId::ARRAYS, 13);
    /// An array of references; of what is in its body.
    pub const REFERENCE_ARRAY: Self = Self::new(PackageId::ARRAYS, 14);
    /// The static image of a package, which is kept as an object.
    pub const STATIC_IMAGE: Self = Self::new(PackageId::ARRAYS, 0);
    /// `java.lang.Object`: the first class of the first native package.
    pub const OBJECT: Self = Self::new(PackageId(0), 0);
    /// `javacard.framework.Shareable`.
    pub const SHAREABLE: Self = Self::new(PackageId(1), 2);

    /// The class at this place.
    #[must_use]
    #[allow(clippy::cast_lossless)] // const
    pub const fn new(package: PackageId, index: u16) -> Self {
        Self((package.0 as u32) << 16 | index as u32)
    }

    /// From [`ClassId::to_bits`].
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// As a number, the same in every image.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The package.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the bits that are wanted
    pub const fn package(self) -> PackageId {
        PackageId((self.0 >> 16) as u8)
    }

    /// The index in the package.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the bits that are wanted
    pub const fn index(self) -> u16 {
        self.0 as u16
    }

    /// Whether it is an array class.
    #[must_use]
    pub const fn is_array(self) -> bool {
        self.package().0 == PackageId::ARRAYS.0
    }
}

/// A method: of a loaded package by its index there, or a native one by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodId(u32);

impl MethodId {
    const NATIVE: u32 = 0x8000_0000;

    /// A method of a loaded package.
    #[must_use]
    #[allow(clippy::cast_lossless)] // const
    pub const fn loaded(package: PackageId, index: u16) -> Self {
        Self((package.0 as u32) << 16 | index as u32)
    }

    /// A native method: its number, and how many cells it takes.
    #[must_use]
    #[allow(clippy::cast_lossless)] // const
    pub const fn native(number: u16) -> Self {
        Self(Self::NATIVE | number as u32)
    }

    /// The number of a native method.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the bits that are wanted
    pub const fn as_native(self) -> Option<u16> {
        if self.0 & Self::NATIVE != 0 { Some(self.0 as u16) } else { None }
    }

    /// Package and index of a loaded method.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the bits that are wanted
    pub const fn parts(self) -> (PackageId, u16) {
        (PackageId((self.0 >> 16) as u8), self.0 as u16)
    }
}

/// A firewall context: that of the runtime environment, or one for each loaded package [JCRE 3.0.5 §6.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u8);

impl ContextId {
    /// The runtime environment: it may access everything.
    pub const JCRE: Self = Self(0);
}

/// An applet instance, by its place in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppletId(pub u8);

impl AppletId {
    /// No applet: the runtime environment, or a package before it has instances.
    pub const NONE: Self = Self(0xFF);
}
