//! What a machine may use.

/// Cells of the operand and variable stack, a power of two.
pub const STACK_CELLS: usize = 2048;
/// Most frames.
pub const FRAMES_MAX: usize = 200;
/// How deeply natives may call programs that call natives.
pub const NESTING_MAX: usize = 8;
/// Most objects of a machine.
pub const OBJECTS_MAX: usize = 1 << 20;
/// Longest array, in elements [JCVM 3.0.5 §2.2.4.2].
pub const ARRAY_LENGTH_MAX: usize = 0x7FFF;
/// Most cells of an instance: as many as its record counts.
pub const INSTANCE_CELLS_MAX: usize = 0x7FFF;
/// Longest chain of superclasses.
pub const HIERARCHY_MAX: usize = 128;
/// Most superclasses and interfaces, over all classes of a package.
pub const SUPERTYPES_MAX: usize = 1 << 18;
/// Fuel of a native call.
pub const NATIVE_FUEL: u64 = 16;
/// Bytes that a native moves, or the heap clears, for one unit of fuel.
pub const BYTES_PER_FUEL: usize = 64;

/// Limits that a card's profile sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Transient memory cleared on reset, in bytes.
    pub transient_reset: usize,
    /// Transient memory cleared on deselection, in bytes.
    pub transient_deselect: usize,
    /// What a transaction may overwrite, in bytes.
    pub commit_buffer: usize,
    /// Instructions of one command.
    pub fuel: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transient_reset: 16 * 1024,
            transient_deselect: 16 * 1024,
            commit_buffer: 4096,
            fuel: 1 << 30,
        }
    }
}
