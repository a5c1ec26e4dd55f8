//! Reference location component [JCVM 3.0.5 §6.12].

/// Where constant pool indices stand in the Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceLocation {
    /// Offsets of one-byte indices, ascending.
    pub one_byte: Vec<u32>,
    /// Offsets of two-byte indices, ascending.
    pub two_byte: Vec<u32>,
}
