//! Reference location component [JCVM 3.0.5 §6.12].

/// Where constant pool indices stand in the Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceLocation {
    /// Offsets of one-byte indices in the first block, ascending.
    pub one_byte: Vec<u32>,
    /// Offsets of two-byte indices in the first block, ascending.
    pub two_byte: Vec<u32>,
    /// Extended format: the same for the blocks after the first. Empty in the compact format.
    pub further_blocks: Vec<ReferenceBlock>,
}

/// Where constant pool indices stand in a block of the Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceBlock {
    /// Offsets of one-byte indices, ascending.
    pub one_byte: Vec<u32>,
    /// Offsets of two-byte indices, ascending.
    pub two_byte: Vec<u32>,
}
