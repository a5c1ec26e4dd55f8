//! Where methods are, and how far their code extends.
//!
//! The Method component tells only where each method begins, and that through other components. The Descriptor knows the length of
//! the code; without it the code is followed from its first instruction and from the handlers that cover it, up to the next method.

use std::collections::BTreeSet;

use crate::{
    component::{
        CapFile, Constant, Handler, MethodBlock, MethodDescriptor, MethodHeader, MethodLocation,
        StaticMethodRef, tag,
    },
    error::{CapError, CapErrorKind},
    instruction::Instruction,
};

/// A method: its header, the extent of its code and its exception handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Where the method is.
    pub location: MethodLocation,
    /// Its header.
    pub header: MethodHeader,
    /// Offset in the block's `info` of the first instruction.
    pub start: usize,
    /// Offset after the last instruction; equal to `start` when the method is abstract.
    pub end: usize,
    /// The handlers of the method, in the order of the file.
    pub handlers: Vec<Handler>,
}

impl Code {
    /// Whether an instruction at this offset would be in the method.
    #[must_use]
    pub fn contains(&self, offset: usize) -> bool {
        (self.start..self.end).contains(&offset)
    }
}

/// The code of the method at this place. Where many are needed, [`all_code`] finds them in one pass.
///
/// # Errors
/// `NoMethod` where no method can begin; `Code`, `Branch`, `Handler` and `MethodExtent` for code that does not keep within bounds.
pub fn method_code(file: &CapFile, location: MethodLocation) -> Result<Code, CapError> {
    let block = block_of(file, location)?;
    if let Some(descriptor) = &file.descriptor {
        let method = descriptor.method_at(location).ok_or(no_method(location))?;
        return described_code(block, method);
    }
    let locations = method_locations(file);
    let next = locations.iter().find(|next| next.block == location.block && **next > location);
    followed_code(block, location, next.copied())
}

/// The code of all methods that the file tells of, ascending by location.
///
/// # Errors
/// As of [`method_code`].
pub fn all_code(file: &CapFile) -> Result<Vec<Code>, CapError> {
    let mut methods = Vec::new();
    if let Some(descriptor) = &file.descriptor {
        // A handler belongs to one method: who claims more would have more copied than there is.
        let mut handlers: usize = file.method.blocks.iter().map(|block| block.handlers.len()).sum();
        for (_, method) in descriptor.methods() {
            handlers = handlers
                .checked_sub(usize::from(method.handler_count))
                .ok_or(CapErrorKind::Handler.at(tag::METHOD, 0))?;
            methods.push(described_code(block_of(file, method.location)?, method)?);
        }
        methods.sort_by_key(|code| code.location);
        return Ok(methods);
    }
    let locations = method_locations(file);
    for (index, location) in locations.iter().enumerate() {
        let next = locations.get(index + 1).filter(|next| next.block == location.block);
        methods.push(followed_code(block_of(file, *location)?, *location, next.copied())?);
    }
    Ok(methods)
}

/// The locations of all methods that the file tells of, ascending: those of the Descriptor, or without it those that classes, applets,
/// the constant pool and the exports refer to.
#[must_use]
pub fn method_locations(file: &CapFile) -> Vec<MethodLocation> {
    let mut locations: Vec<_> = match &file.descriptor {
        Some(descriptor) => descriptor.methods().map(|(_, method)| method.location).collect(),
        None => referenced_locations(file),
    };
    locations.sort_unstable();
    locations.dedup();
    locations
}

/// The methods that other components than the Descriptor refer to, in no particular order and more than once.
#[must_use]
pub fn referenced_locations(file: &CapFile) -> Vec<MethodLocation> {
    let classes = file.class.classes.iter();
    let tables = classes.flat_map(|class| class.public_table.iter().chain(&class.package_table));
    let constants = file.constant_pool.entries.iter().filter_map(|constant| match constant {
        Constant::StaticMethod(StaticMethodRef::Internal(location)) => Some(*location),
        _ => None,
    });
    let applets = file.applet.iter().flat_map(|applet| &applet.applets);
    let exports = file.export.iter().flat_map(|export| &export.classes);
    tables
        .filter_map(|entry| *entry)
        .chain(constants)
        .chain(applets.map(|applet| applet.install))
        .chain(exports.flat_map(|class| class.static_methods.iter().copied()))
        .collect()
}

fn no_method(location: MethodLocation) -> CapError {
    let MethodLocation { block, offset } = location;
    CapErrorKind::NoMethod { block, offset }.at(tag::METHOD, usize::from(offset))
}

fn block_of(file: &CapFile, location: MethodLocation) -> Result<&MethodBlock, CapError> {
    let error = CapErrorKind::NoBlock(location.block).at(tag::METHOD, 0);
    file.method.block(location.block).ok_or(error)
}

fn header_at(block: &MethodBlock, location: MethodLocation) -> Result<MethodHeader, CapError> {
    block.header(location.offset).ok_or(no_method(location))
}

fn described_code(block: &MethodBlock, method: &MethodDescriptor) -> Result<Code, CapError> {
    let location = method.location;
    let header = header_at(block, location)?;
    let start = header.code;
    let end = start.saturating_add(usize::from(method.bytecode_count));
    if end > block.info.len() {
        return Err(CapErrorKind::MethodExtent.at(tag::METHOD, start));
    }
    let first = usize::from(method.first_handler);
    let handlers = match usize::from(method.handler_count) {
        0 => &[],
        count => block
            .handlers
            .get(first..first.saturating_add(count))
            .ok_or(CapErrorKind::Handler.at(tag::METHOD, start))?,
    };
    Ok(Code { location, header, start, end, handlers: handlers.to_vec() })
}

/// The code of a method without Descriptor, which ends before `next`.
fn followed_code(
    block: &MethodBlock,
    location: MethodLocation,
    next: Option<MethodLocation>,
) -> Result<Code, CapError> {
    let header = header_at(block, location)?;
    let start = header.code;
    let limit = next.map_or(block.info.len(), |next| usize::from(next.offset));
    let mut flow =
        Flow { info: block.info.get(..limit).unwrap_or(&block.info), start, ..Flow::default() };
    flow.end = start;
    if !header.is_abstract {
        flow.follow_all(&block.handlers)?;
    }
    let covered = |handler: &&Handler| flow.reaches(handler);
    let handlers = block.handlers.iter().filter(covered).copied().collect();
    Ok(Code { location, header, start, end: flow.end, handlers })
}

/// The instructions of a method that can be reached.
#[derive(Default)]
struct Flow<'a> {
    info: &'a [u8],
    start: usize,
    end: usize,
    seen: BTreeSet<usize>,
    pending: Vec<usize>,
}

impl Flow<'_> {
    fn reaches(&self, handler: &Handler) -> bool {
        self.seen.range(usize::from(handler.start)..handler.end()).next().is_some()
    }

    /// Follows the code from its beginning, then from each handler that covers what was reached, until nothing is new.
    fn follow_all(&mut self, handlers: &[Handler]) -> Result<(), CapError> {
        self.pending.push(self.start);
        let mut unused: Vec<_> = handlers.iter().collect();
        while let Some(offset) = self.pending.pop() {
            self.follow(offset)?;
            if self.pending.is_empty() {
                let (reached, rest): (Vec<_>, _) =
                    unused.into_iter().partition(|handler| self.reaches(handler));
                unused = rest;
                self.pending.extend(reached.iter().map(|handler| usize::from(handler.handler)));
            }
        }
        Ok(())
    }

    /// Follows the code from an offset up to where it does not fall through, and notes where branches lead.
    fn follow(&mut self, mut offset: usize) -> Result<(), CapError> {
        if !(self.start..self.info.len()).contains(&offset) {
            return Err(CapErrorKind::Branch.at(tag::METHOD, offset));
        }
        while self.seen.insert(offset) {
            let instruction = Instruction::decode(self.info, offset)
                .map_err(|error| CapErrorKind::Code(error).at(tag::METHOD, offset))?;
            self.end = self.end.max(instruction.end());
            for target in instruction.targets() {
                let target = usize::try_from(target);
                let outside = CapErrorKind::Branch.at(tag::METHOD, offset);
                self.pending.push(target.map_err(|_| outside)?);
            }
            if !instruction.falls_through() {
                break;
            }
            offset = instruction.end();
        }
        Ok(())
    }
}
