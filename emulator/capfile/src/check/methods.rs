//! Extents of methods, exception handlers, reference locations [JCVM 3.0.5 §6.10, §6.12].

use super::{Checker, Outcome};
use crate::{
    code::{self, Code},
    component::{Constant, Handler, MethodBlock, tag},
    error::CapErrorKind,
    instruction::Instruction,
};

/// Offset of the first handler in a block, size of a handler, and offset in it of what it catches.
const HANDLERS: usize = 1;
const HANDLER_SIZE: usize = 8;
const CATCH_TYPE: usize = 6;

impl Checker<'_> {
    /// Handlers are sorted, lie in the code, and catch classes.
    pub(super) fn handlers(&self) -> Outcome {
        for block in &self.file.method.blocks {
            let mut previous = 0;
            for (index, handler) in block.handlers.iter().enumerate() {
                let at = HANDLERS + HANDLER_SIZE * index;
                if handler.handler < previous || !in_code(block, handler) {
                    return Err(CapErrorKind::Handler.at(tag::METHOD, at));
                }
                previous = handler.handler;
                self.catch_type(handler.catch_type, at + CATCH_TYPE)?;
            }
        }
        Ok(())
    }

    fn catch_type(&self, index: u16, at: usize) -> Outcome {
        if index == 0 {
            return Ok(());
        }
        match self.file.constant_pool.get(index) {
            Some(Constant::Class(_)) => Ok(()),
            Some(_) => Err(CapErrorKind::ConstantKind(index).at(tag::METHOD, at)),
            None => Err(CapErrorKind::NoConstant(index).at(tag::METHOD, at)),
        }
    }

    /// Where the Descriptor tells the extents: methods follow each other, handlers stay in their method, and the reference locations
    /// are those of the code.
    pub(super) fn methods(&self) -> Outcome {
        let file = self.file;
        let listed = 1 + file.reference_location.further_blocks.len();
        if listed != file.method.blocks.len().max(1) {
            return Err(CapErrorKind::Count(listed).at(tag::REFERENCE_LOCATION, 0));
        }
        if self.methods.is_none() {
            return self.locations_in_bounds();
        }
        let methods = code::all_code(file)?;
        for (index, block) in file.method.blocks.iter().enumerate() {
            let of_block = |code: &&Code| usize::from(code.location.block) == index;
            let methods: Vec<&Code> = methods.iter().filter(of_block).collect();
            extents(block, &methods)?;
            self.reference_locations(index, block, &methods)?;
        }
        Ok(())
    }

    fn locations_in_bounds(&self) -> Outcome {
        for (index, block) in self.file.method.blocks.iter().enumerate() {
            let (one_byte, two_byte) = self.locations(index)?;
            let end = u32::try_from(block.info.len()).unwrap_or(u32::MAX);
            let outside = one_byte
                .iter()
                .find(|location| **location >= end)
                .or_else(|| two_byte.iter().find(|location| **location >= end.saturating_sub(1)));
            if let Some(location) = outside {
                return Err(wrong_location(*location));
            }
        }
        Ok(())
    }

    fn locations(&self, block: usize) -> Result<(&[u32], &[u32]), crate::CapError> {
        let found = self.file.reference_location.of_block(block);
        found.ok_or(CapErrorKind::Count(block).at(tag::REFERENCE_LOCATION, 0))
    }

    fn reference_locations(&self, index: usize, block: &MethodBlock, methods: &[&Code]) -> Outcome {
        let (one_byte, two_byte) = self.locations(index)?;
        let mut expected_one = Vec::new();
        let mut expected_two: Vec<u32> = block
            .handlers
            .iter()
            .enumerate()
            .filter(|(_, handler)| handler.catch_type != 0)
            .map(|(index, _)| location(HANDLERS + HANDLER_SIZE * index + CATCH_TYPE))
            .collect();
        for code in methods {
            let decoded = operands(block, code, &mut expected_one, &mut expected_two);
            if !decoded {
                // The verifier refuses such code; whatever is listed inside of it is as good as anything.
                let inside =
                    |at: &&u32| usize::try_from(**at).is_ok_and(|offset| code.contains(offset));
                expected_one.extend(one_byte.iter().filter(inside));
                expected_two.extend(two_byte.iter().filter(inside));
            }
        }
        compare(one_byte, &expected_one)?;
        compare(two_byte, &expected_two)
    }
}

fn in_code(block: &MethodBlock, handler: &Handler) -> bool {
    let code = block.first_method..block.info.len();
    code.contains(&usize::from(handler.start))
        && handler.end() <= block.info.len()
        && code.contains(&usize::from(handler.handler))
}

fn extents(block: &MethodBlock, methods: &[&Code]) -> Outcome {
    let handlers: usize = methods.iter().map(|code| code.handlers.len()).sum();
    if handlers != block.handlers.len() {
        return Err(CapErrorKind::Handler.at(tag::METHOD, 0));
    }
    let mut end = block.first_method;
    for code in methods {
        if usize::from(code.location.offset) != end {
            return Err(CapErrorKind::MethodExtent.at(tag::METHOD, end));
        }
        if code.header.is_abstract != (code.start == code.end) {
            return Err(CapErrorKind::AbstractCode.at(tag::METHOD, code.start));
        }
        for handler in &code.handlers {
            let inside = usize::from(handler.start) >= code.start
                && handler.end() <= code.end
                && code.contains(usize::from(handler.handler));
            if !inside {
                return Err(CapErrorKind::Handler.at(tag::METHOD, usize::from(handler.handler)));
            }
        }
        end = code.end;
    }
    if end == block.info.len() {
        return Ok(());
    }
    Err(CapErrorKind::MethodExtent.at(tag::METHOD, end))
}

/// The locations of the constant operands of a method; `false` and no change where its code cannot be decoded to its end.
fn operands(block: &MethodBlock, code: &Code, one: &mut Vec<u32>, two: &mut Vec<u32>) -> bool {
    let (one_before, two_before) = (one.len(), two.len());
    let info = block.info.get(..code.end).unwrap_or(&block.info);
    let mut offset = code.start;
    while offset < code.end {
        let Ok(instruction) = Instruction::decode(info, offset) else {
            one.truncate(one_before);
            two.truncate(two_before);
            return false;
        };
        if let Some(constant) = instruction.constant() {
            let list = if constant.wide { &mut *two } else { &mut *one };
            list.push(location(constant.offset));
        }
        offset = instruction.end();
    }
    true
}

fn location(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn wrong_location(location: u32) -> crate::CapError {
    let offset = usize::try_from(location).unwrap_or(usize::MAX);
    CapErrorKind::ReferenceLocation(location).at(tag::REFERENCE_LOCATION, offset)
}

/// Whether what is listed is what is expected.
fn compare(listed: &[u32], expected: &[u32]) -> Outcome {
    let different = listed.iter().zip(expected).find(|(listed, expected)| listed != expected);
    let missing = || expected.get(listed.len()).or_else(|| listed.get(expected.len()));
    match different.map(|(listed, expected)| listed.min(expected)).or_else(missing) {
        Some(location) => Err(wrong_location(*location)),
        None => Ok(()),
    }
}
