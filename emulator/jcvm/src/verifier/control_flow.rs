//! Control flow: the extent of a method, its handlers, returns and throws [JCVM 3.0.5 §7.5, §6.10.1].

use capfile::{
    component::{Handler, MethodBlock},
    instruction::{Instruction, Opcode},
};

use super::{
    error::Reason,
    signatures::{Returns, Signatures},
    step::Step,
    type_system::{Type, Value},
};
use crate::{code::translate::Flow, ident::ClassId, trap::Standard};

/// `java.lang.Throwable`.
pub(super) const THROWABLE: ClassId = ClassId::new(Standard::JAVA_LANG, 1);

/// The instructions of a method that can be reached.
pub(super) struct Body {
    /// Ascending by offset; each ends where the next begins, or before it.
    pub(super) instructions: Vec<Instruction>,
    /// Whether another path than that from the instruction before leads to the instruction.
    pub(super) joins: Vec<bool>,
    pub(super) handlers: Vec<Catch>,
}

/// An exception handler.
pub(super) struct Catch {
    pub(super) handler: Handler,
    /// Index of the first instruction.
    pub(super) target: usize,
    /// What it catches.
    pub(super) class: ClassId,
}

/// A reason, and the offset of the instruction that it is about.
pub(super) type At<T> = Result<T, (usize, Reason)>;

impl Body {
    /// Follows the control flow from `start`; the method has to end at `limit`.
    pub(super) fn explore(
        signatures: &Signatures<'_>,
        block: &MethodBlock,
        start: usize,
        limit: usize,
    ) -> At<Self> {
        let flow = Flow::explore(block, start);
        let mut body = Self { instructions: Vec::new(), joins: Vec::new(), handlers: Vec::new() };
        let inside = |offset| (start..limit).contains(&offset);
        let mut covered = start;
        for (offset, step) in &flow.steps {
            // What leads out of the method is told where it does.
            let Some(instruction) = step.clone().filter(|_| inside(*offset)) else { continue };
            if *offset < covered {
                let before = body.instructions.last().map_or(start, |before| before.offset);
                return Err((*offset, Reason::Overlap(before)));
            }
            covered = instruction.end();
            body.instructions.push(instruction);
        }
        body.check_targets(block, start, limit)?;
        body.joins = vec![false; body.instructions.len()];
        body.join_targets();
        for handler in &flow.handlers {
            let catch = body.catch(signatures, *handler, start, limit)?;
            if let Some(join) = body.joins.get_mut(catch.target) {
                *join = true;
            }
            body.handlers.push(catch);
        }
        Ok(body)
    }

    /// The index of the instruction at an offset.
    pub(super) fn index_of(&self, offset: usize) -> Option<usize> {
        self.instructions.binary_search_by_key(&offset, |instruction| instruction.offset).ok()
    }

    /// Whether all that follows an instruction is there.
    fn check_targets(&self, block: &MethodBlock, start: usize, limit: usize) -> At<()> {
        if self.index_of(start).is_none() {
            return Err((start, missing(block, start)));
        }
        for instruction in &self.instructions {
            if instruction.end() > limit {
                let end = i64::try_from(instruction.end()).unwrap_or(i64::MAX);
                return Err((instruction.offset, Reason::OutsideOfMethod(end)));
            }
            let next = instruction.falls_through().then_some(instruction.end());
            let next = next.and_then(|next| i64::try_from(next).ok());
            for target in instruction.targets().into_iter().chain(next) {
                let offset = usize::try_from(target).ok();
                let inside = offset.filter(|offset| (start..limit).contains(offset));
                let outside = (instruction.offset, Reason::OutsideOfMethod(target));
                let offset = inside.ok_or(outside)?;
                if self.index_of(offset).is_none() {
                    return Err((offset, missing(block, offset)));
                }
            }
        }
        Ok(())
    }

    fn join_targets(&mut self) {
        let jumps = self.instructions.iter().flat_map(|instruction| {
            let after = (instruction.opcode == Opcode::Jsr).then_some(instruction.end());
            let targets = instruction.targets().into_iter();
            targets.filter_map(|target| usize::try_from(target).ok()).chain(after)
        });
        let indices: Vec<usize> = jumps.filter_map(|offset| self.index_of(offset)).collect();
        for index in indices {
            if let Some(join) = self.joins.get_mut(index) {
                *join = true;
            }
        }
    }

    /// A handler: it covers whole instructions, and catches what can be thrown.
    fn catch(
        &self,
        signatures: &Signatures<'_>,
        handler: Handler,
        start: usize,
        limit: usize,
    ) -> At<Catch> {
        let (first, end) = (usize::from(handler.start), handler.end());
        let inside = first >= start && end <= limit;
        if !inside || self.is_within_instruction(first) || self.is_within_instruction(end) {
            return Err((first, Reason::HandlerRange { start: first, end }));
        }
        let place = usize::from(handler.handler);
        let target = self.index_of(place);
        let target = target.ok_or((place, Reason::OutsideOfMethod(i64::from(handler.handler))))?;
        let class = match handler.catch_type {
            0 => THROWABLE,
            index => signatures.class(index).map_err(|reason| (place, reason))?,
        };
        if !signatures.hierarchy.is_subclass(class, THROWABLE) {
            return Err((place, Reason::Catch));
        }
        Ok(Catch { handler, target, class })
    }

    /// Whether an offset is after the first byte of an instruction.
    fn is_within_instruction(&self, offset: usize) -> bool {
        let after = self.instructions.partition_point(|known| known.offset < offset);
        let before = after.checked_sub(1).and_then(|index| self.instructions.get(index));
        before.is_some_and(|before| before.end() > offset)
    }
}

/// Why there is no instruction.
fn missing(block: &MethodBlock, offset: usize) -> Reason {
    match Instruction::decode(&block.info, offset) {
        Err(error) => Reason::Undecodable(error),
        Ok(_) => Reason::OutsideOfMethod(i64::try_from(offset).unwrap_or(i64::MAX)),
    }
}

impl Step<'_, '_> {
    pub(super) fn return_from(&mut self) -> Result<(), Reason> {
        if self.facts.is_constructor && !self.frame.this_ready {
            return Err(Reason::ThisUninitialised);
        }
        match (self.instruction.opcode, self.facts.returns) {
            (Opcode::Return, Returns::Nothing) => Ok(()),
            (Opcode::Areturn, Returns::Value(value @ Value::Reference(_)))
            | (Opcode::Sreturn, Returns::Value(value @ (Value::Byte | Value::Short)))
            | (Opcode::Ireturn, Returns::Value(value @ Value::Int)) => {
                self.frame.pop_value(value, &self.signatures.hierarchy)
            }
            _ => Err(Reason::Return),
        }
    }

    pub(super) fn throw(&mut self) -> Result<(), Reason> {
        self.frame.pop_type(Type::Class(THROWABLE), &self.signatures.hierarchy)
    }
}
