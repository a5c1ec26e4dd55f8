//! `dup_x` and `swap_x` [JCVM 3.0.5 §7.5.20, §7.5.114].

use super::registers::{Cells, get, set};

/// Copies the top `count` cells below the top `depth` ones (below themselves for 0); the new stack pointer.
pub(super) fn dup_x(cells: &mut Cells, sp: usize, count: u8, depth: u8) -> usize {
    let (count, depth) = (usize::from(count), usize::from(depth));
    let depth = if depth == 0 { count } else { depth };
    // From the top down, each of the `depth` cells moves up by `count`.
    for index in 1..=depth {
        let cell = get(cells, sp.wrapping_sub(index));
        set(cells, sp.wrapping_sub(index).wrapping_add(count), cell);
    }
    for index in 0..count {
        let cell = get(cells, sp.wrapping_add(index));
        set(cells, sp.wrapping_sub(depth).wrapping_add(index), cell);
    }
    sp.wrapping_add(count)
}

/// Exchanges the top `upper` cells with the `lower` ones below them.
pub(super) fn swap_x(cells: &mut Cells, sp: usize, upper: u8, lower: u8) {
    let (upper, lower) = (usize::from(upper), usize::from(lower));
    let first = sp.wrapping_sub(upper + lower);
    let mut moved = [0; 4];
    for (index, cell) in moved.iter_mut().take(upper + lower).enumerate() {
        *cell = get(cells, first.wrapping_add((index + lower) % (upper + lower)));
    }
    for (index, cell) in moved.iter().take(upper + lower).enumerate() {
        set(cells, first.wrapping_add(index), *cell);
    }
}
