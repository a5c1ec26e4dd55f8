//! References as they stand in cells.

/// A reference: null, or the handle of an object.
///
/// A cell that holds one is either 0 or has a mark that no boolean, byte or short can have, so that even unverified code makes no
/// reference out of arithmetic on shorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Reference(i32);

/// The mark of a reference.
const MARK: u32 = 0x4000_0000;

impl Reference {
    /// The null reference.
    pub const NULL: Self = Self(0);

    /// The object with this handle.
    #[must_use]
    pub const fn to_handle(handle: u32) -> Self {
        Self((handle | MARK).cast_signed())
    }

    /// What a cell holds.
    #[must_use]
    pub const fn from_cell(cell: i32) -> Self {
        Self(cell)
    }

    /// As a cell.
    #[must_use]
    pub const fn to_cell(self) -> i32 {
        self.0
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The handle; a huge number, which no object has, for null and for what is no reference.
    #[must_use]
    pub const fn handle(self) -> u32 {
        self.0.cast_unsigned() ^ MARK
    }
}
