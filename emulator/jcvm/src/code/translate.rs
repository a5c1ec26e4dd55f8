//! From bytecodes to linked instructions, one method at a time [JCVM 3.0.5 §7.5].
//!
//! The reachable instructions of a method are found by following its control flow, so that neither the Descriptor component nor the
//! order of methods in the file is trusted. What control flow cannot reach is not translated; a place without an instruction becomes
//! [`Op::IllFormed`], which ends the program when it is reached.

mod flow;
mod select;

use std::collections::BTreeMap;

use capfile::{component::Handler, instruction::Instruction};

pub(crate) use self::flow::Flow;
use super::{
    Code, HandlerRange, LinkError, LoadedPackage,
    link::Resolver,
    op::{Op, Switch},
};

/// What overlaps too much.
pub(super) const OVERLAP: LinkError = LinkError::Malformed("methods overlap");

/// Translates the method with this index and appends it to the package; the size of what there is now: instructions, targets of
/// switches, handlers.
pub(super) fn translate(
    code: &Code,
    package: &mut LoadedPackage,
    index: usize,
) -> Result<usize, LinkError> {
    let malformed = LinkError::Malformed("a method outside of the Method component");
    let cap = package.cap.clone();
    let method = package.methods.get(index).ok_or_else(|| malformed.clone())?;
    let block = cap.method.block(method.location.block).ok_or_else(|| malformed.clone())?;
    let header = block.header(method.location.offset).ok_or(malformed)?;
    let first = next_index(&package.ops)?;
    let mut emitted = Emitted::default();
    let mut handlers = Vec::new();
    if !header.is_abstract {
        let flow = Flow::explore(block, header.code);
        if flow.is_excessive {
            return Err(OVERLAP);
        }
        emitted = emit(code, package, &flow, first)?;
        let resolver = Resolver { code, package };
        for handler in &flow.handlers {
            handlers.push(emitted.handler(&resolver, handler)?);
        }
    }
    // The end of every method, and where branches out of it lead.
    emitted.ops.push(Op::IllFormed);
    emitted.offsets.push(emitted.offsets.last().copied().unwrap_or(0));
    let size = emitted.ops.len() + handlers.len() + emitted.targets;
    append(package, index, emitted, &handlers)?;
    Ok(size)
}

fn append(
    package: &mut LoadedPackage,
    index: usize,
    emitted: Emitted,
    handlers: &[HandlerRange],
) -> Result<(), LinkError> {
    let entry = next_index(&package.ops)?;
    package.ops.extend(emitted.ops);
    package.offsets.extend(emitted.offsets);
    package.switches.extend(emitted.switches);
    let first_handler = next_index(&package.handlers)?;
    package.handlers.extend_from_slice(handlers);
    let (end, last_handler) = (next_index(&package.ops)?, next_index(&package.handlers)?);
    if let Some(method) = package.methods.get_mut(index) {
        method.entry = entry;
        method.end = end;
        method.handlers = (first_handler, last_handler);
    }
    Ok(())
}

fn next_index<T>(items: &[T]) -> Result<u32, LinkError> {
    u32::try_from(items.len()).map_err(|_| LinkError::Malformed("too much code"))
}

/// A method that is being translated.
#[derive(Default)]
pub(crate) struct Emitted {
    pub(crate) ops: Vec<Op>,
    offsets: Vec<u16>,
    pub(crate) switches: Vec<Switch>,
    /// Index of the first instruction of each offset.
    places: BTreeMap<usize, u32>,
    /// Where branches out of the method lead.
    nowhere: u32,
    /// Switches of the package before this method.
    first_switch: usize,
    /// Targets of the switches.
    targets: usize,
}

impl Emitted {
    /// Index of the instruction at an offset.
    pub(crate) fn place(&self, offset: i64) -> u32 {
        let place = usize::try_from(offset).ok().and_then(|offset| self.places.get(&offset));
        place.copied().unwrap_or(self.nowhere)
    }

    /// Keeps a switch; the number by which the instruction finds it.
    pub(crate) fn switch(&mut self, switch: Switch) -> u32 {
        self.targets += switch.targets();
        self.switches.push(switch);
        u32::try_from(self.first_switch + self.switches.len() - 1).unwrap_or(u32::MAX)
    }

    fn handler(
        &self,
        resolver: &Resolver<'_>,
        handler: &Handler,
    ) -> Result<HandlerRange, LinkError> {
        let start = usize::from(handler.start);
        let from = |offset: usize| {
            self.places.range(offset..).next().map_or(self.nowhere, |(_, place)| *place)
        };
        let catches = match handler.catch_type {
            0 => None,
            index => Some(resolver.class_constant(index)?),
        };
        Ok(HandlerRange {
            start: from(start),
            end: from(start + usize::from(handler.length)),
            target: self.place(i64::from(handler.handler)),
            catches,
        })
    }
}

/// Lays out the instructions in the order of their offsets, then translates each.
fn emit(
    code: &Code,
    package: &LoadedPackage,
    flow: &Flow,
    first: u32,
) -> Result<Emitted, LinkError> {
    let mut emitted = Emitted { first_switch: package.switches.len(), ..Emitted::default() };
    let mut index = first;
    let mut steps = flow.steps.iter().peekable();
    while let Some((offset, step)) = steps.next() {
        emitted.places.insert(*offset, index);
        let detour = step.as_ref().is_some_and(|instruction| {
            needs_detour(instruction, steps.peek().map(|(offset, _)| **offset))
        });
        index += 1 + u32::from(detour);
    }
    emitted.nowhere = index;
    let resolver = Resolver { code, package };
    let mut steps = flow.steps.iter().peekable();
    while let Some((offset, step)) = steps.next() {
        let short = u16::try_from(*offset).unwrap_or(u16::MAX);
        let Some(instruction) = step else {
            emitted.ops.push(Op::IllFormed);
            emitted.offsets.push(short);
            continue;
        };
        let op = select::op(&resolver, &mut emitted, instruction)?;
        emitted.ops.push(op);
        emitted.offsets.push(short);
        if needs_detour(instruction, steps.peek().map(|(offset, _)| **offset)) {
            let next = i64::try_from(*offset + instruction.length).unwrap_or(i64::MAX);
            emitted.ops.push(Op::Goto(emitted.place(next)));
            emitted.offsets.push(short);
        }
    }
    Ok(emitted)
}

/// Whether the instruction that follows in the program does not follow in the layout: only where instructions overlap.
fn needs_detour(instruction: &Instruction, next: Option<usize>) -> bool {
    instruction.falls_through() && next != Some(instruction.offset + instruction.length)
}
