//! Pieces of long lists.

/// Most entries of one page.
pub const PAGE_MAX: u32 = 500;
/// Entries of a page when nobody says otherwise.
pub const PAGE_DEFAULT: u32 = 20;

/// Which piece of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    start: u32,
    size: u32,
}

impl Page {
    /// `size` entries from number `start` (from 0); more than [`PAGE_MAX`] entries are cut down to that.
    #[must_use]
    pub const fn new(start: u32, size: u32) -> Self {
        Self { start, size: if size > PAGE_MAX { PAGE_MAX } else { size } }
    }

    /// The longest piece from the start.
    #[must_use]
    pub const fn first() -> Self {
        Self::new(0, PAGE_MAX)
    }

    /// The number of the first entry.
    #[must_use]
    pub const fn start(self) -> u32 {
        self.start
    }

    /// How many entries at most.
    #[must_use]
    pub const fn size(self) -> u32 {
        self.size
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new(0, PAGE_DEFAULT)
    }
}

/// One page, and how long the whole list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// Entries of the whole list.
    pub total: u64,
    /// The entries of this page.
    pub entries: Vec<T>,
}
