//! Directory component [JCVM 3.0.5 §6.5].

use iso7816::Aid;

/// Sizes of all components, and counts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Directory {
    /// Sizes by tag: index 0 is tag 1. In bytes, without tag and size.
    pub component_sizes: Vec<u32>,
    /// Size of the static image, in bytes.
    pub static_image_size: u16,
    /// Number of arrays with initial values.
    pub array_init_count: u16,
    /// Sum of their sizes, in bytes.
    pub array_init_size: u16,
    /// Number of imported packages.
    pub import_count: u8,
    /// Number of applets.
    pub applet_count: u8,
    /// Extended format: number of blocks of the Method component.
    pub method_block_count: Option<u8>,
    /// Custom components.
    pub custom: Vec<CustomComponent>,
}

/// A custom component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomComponent {
    /// Tag, 128 or above.
    pub tag: u8,
    /// Size, in bytes.
    pub size: u32,
    /// Name.
    pub aid: Aid,
}
