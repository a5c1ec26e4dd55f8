//! How deep the operand stack of a method gets.

use std::collections::BTreeMap;

use super::emit::Emitted;
use crate::instruction::{Instruction, Opcode, Operands};

/// The deepest operand stack, in cells, as far as the code can be decoded. Each instruction is met once: code whose depth differs from
/// path to path is malformed, and its author sets the depth.
pub(crate) fn max_stack(emitted: &Emitted) -> u8 {
    let mut deepest = 0;
    let mut seen = BTreeMap::new();
    let mut pending = vec![(0, 0)];
    pending.extend(emitted.catches.iter().map(|catch| (catch.handler, 1)));
    while let Some((offset, depth)) = pending.pop() {
        if seen.insert(offset, depth).is_some() {
            continue;
        }
        let Ok(instruction) = Instruction::decode(&emitted.bytes, offset) else { continue };
        let (taken, given) = cells(&instruction, emitted);
        let after = (depth - taken).max(0) + given;
        deepest = deepest.max(depth).max(after);
        for target in instruction.targets() {
            if let Ok(target) = usize::try_from(target) {
                pending.push((target, after));
            }
        }
        if instruction.falls_through() {
            // What `jsr` pushes is gone when `ret` has led back.
            let returned = i32::from(instruction.opcode == Opcode::Jsr);
            pending.push((instruction.end(), after - returned));
        }
    }
    u8::try_from(deepest).unwrap_or(u8::MAX)
}

/// Cells that an instruction takes and gives.
fn cells(instruction: &Instruction, emitted: &Emitted) -> (i32, i32) {
    match (instruction.opcode, &instruction.operands) {
        (Opcode::Pop, _) => (1, 0),
        (Opcode::Pop2, _) => (2, 0),
        (Opcode::Dup, _) => (1, 2),
        (Opcode::Dup2, _) => (2, 4),
        (Opcode::DupX, Operands::Counts(count, _)) => (0, i32::from(*count)),
        (Opcode::SwapX, _) => (0, 0),
        (Opcode::Jsr, _) => (0, 1),
        (opcode, _) if opcode.pops() == "*" => {
            let known = emitted.calls.get(&instruction.offset).copied().unwrap_or_default();
            (i32::from(known.0), i32::from(known.1))
        }
        (opcode, _) => (count(opcode.pops()), count(opcode.pushes())),
    }
}

fn count(cells: &str) -> i32 {
    cells.chars().map(|cell| if cell == 'i' { 2 } else { 1 }).sum()
}
