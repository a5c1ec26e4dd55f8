//! The object heap: which block an object of some size gets, and how much is left.
//!
//! Hosts see the figures in GET STATUS and size what they write by them, so they must be those of the Java applet: a list of free
//! blocks by address, first fit, taken from the end of the block, and a prefix of two bytes before each allocation.

use serde::{Deserialize, Serialize};

/// Bytes before each allocation that hold its length.
const PREFIX: u16 = 2;
/// Smallest free block, in bytes: its length and the address of the next. What would be smaller is given away.
const FREE_BLOCK_MIN: u16 = 4;

/// A stretch of the heap, its prefix included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Block {
    offset: u16,
    length: u16,
}

impl Block {
    const fn end(self) -> u16 {
        self.offset.saturating_add(self.length)
    }
}

/// The heap, with the blocks that are in use.
pub(super) struct Heap {
    size: u16,
    // By offset; they do not overlap.
    used: Vec<Block>,
}

impl Heap {
    /// A heap of `size` bytes of which these blocks are in use.
    pub(super) fn new(size: u16, used: impl IntoIterator<Item = Block>) -> Self {
        let mut used: Vec<Block> = used.into_iter().collect();
        used.sort_unstable();
        Self { size, used }
    }

    /// The free blocks, by offset.
    fn free_blocks(&self) -> Vec<Block> {
        let mut free = Vec::with_capacity(self.used.len() + 1);
        let mut offset = 0;
        for block in self.used.iter().copied().chain([Block { offset: self.size, length: 0 }]) {
            if block.offset > offset {
                free.push(Block { offset, length: block.offset - offset });
            }
            offset = offset.max(block.end());
        }
        free
    }

    /// Bytes that are free, less a prefix for each free block.
    pub(super) fn free(&self) -> u16 {
        let free = self.free_blocks();
        free.iter()
            .fold(0, |sum: u16, block| sum.saturating_add(block.length.saturating_sub(PREFIX)))
    }

    /// The block that an allocation of `bytes` gets.
    pub(super) fn allocate(&self, bytes: u16) -> Option<Block> {
        let wanted = bytes.checked_add(PREFIX)?.max(FREE_BLOCK_MIN);
        let block = self.free_blocks().into_iter().find(|block| block.length >= wanted)?;
        let rest = block.length - wanted;
        if rest >= FREE_BLOCK_MIN {
            Some(Block { offset: block.offset + rest, length: wanted })
        } else {
            Some(block)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_heap_has_its_size_less_one_prefix() {
        assert_eq!(Heap::new(5000, []).free(), 4998);
    }

    #[test]
    fn allocation_costs_its_size_and_a_prefix() {
        let block = Heap::new(5000, []).allocate(100).unwrap();
        assert_eq!(block, Block { offset: 4898, length: 102 });
        assert_eq!(Heap::new(5000, [block]).free(), 4998 - 102);
    }

    #[test]
    fn hole_is_filled_first_and_its_crumbs_are_given_away() {
        let blocks = [Block { offset: 0, length: 50 }, Block { offset: 100, length: 4900 }];
        let heap = Heap::new(5000, blocks);
        assert_eq!(heap.free(), 48);
        assert_eq!(heap.allocate(45), Some(Block { offset: 50, length: 50 }));
        assert_eq!(heap.allocate(44), Some(Block { offset: 54, length: 46 }));
        assert_eq!(heap.allocate(49), None);
    }

    #[test]
    fn every_sequence_of_allocations_stays_disjoint() {
        let mut used: Vec<Block> = Vec::new();
        for step in 0..200_u16 {
            match Heap::new(2000, used.clone()).allocate(step * 7 % 90) {
                Some(block) => used.push(block),
                None => {
                    used.remove(usize::from(step) % used.len());
                }
            }
            let mut sorted = used.clone();
            sorted.sort_unstable();
            assert!(sorted.windows(2).all(|pair| pair[0].end() <= pair[1].offset));
            assert!(sorted.last().is_none_or(|block| block.end() <= 2000));
        }
    }
}
