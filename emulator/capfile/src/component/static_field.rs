//! Static field component [JCVM 3.0.5 §6.11].

/// The static image and how it begins.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticField {
    /// Size of the image, in bytes.
    pub image_size: u16,
    /// Number of references, two bytes each, at the beginning of the image.
    pub reference_count: u16,
    /// Arrays that the first references point to.
    pub arrays: Vec<ArrayInit>,
    /// Bytes of the image after the references that begin as zero.
    pub default_value_count: u16,
    /// The bytes after those.
    pub non_default_values: Vec<u8>,
}

/// An array with initial values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayInit {
    /// Element type: 2 boolean, 3 byte, 4 short, 5 int.
    pub element_type: u8,
    /// Elements, big-endian.
    pub values: Vec<u8>,
}
