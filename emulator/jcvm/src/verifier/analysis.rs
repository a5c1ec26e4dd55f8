//! The data-flow analysis of one method: a frame for each place where paths meet, until nothing changes any more.
//!
//! A subroutine is analysed apart for each chain of `jsr` that leads into it, so that a local variable which it does not touch is after
//! `ret` what it was before `jsr`, whatever it is for other callers [JVMS 2 §4.9.6].

use std::collections::{BTreeSet, HashMap};

use capfile::instruction::{Instruction, Opcode, Operands};

use super::{
    budget::Budget,
    control_flow::{At, Body},
    error::Reason,
    frame::Frame,
    guesses::Guesses,
    signatures::Signatures,
    step::{After, Facts, Step},
    type_system::{Cell, Type},
};

/// Most subroutines within each other.
const SUBROUTINE_DEPTH_MAX: usize = 8;
/// Most chains of `jsr` in a method.
const CHAINS_MAX: usize = 256;
/// Most cells of all frames that are kept for a method.
const CELLS_MAX: usize = 1 << 21;

/// A place where frames are kept: a chain of `jsr` by its index, an instruction by its index.
type Place = (usize, usize);

/// The analysis of a method.
pub(super) struct Analysis<'s, 'a> {
    signatures: &'s Signatures<'a>,
    facts: &'s Facts<'a>,
    body: &'s Body,
    guesses: &'s mut Guesses,
    /// Return offsets of the subroutines that were called, outermost first.
    chains: Vec<Vec<u16>>,
    frames: HashMap<Place, Frame>,
    pending: BTreeSet<Place>,
    cells: usize,
}

impl<'s, 'a> Analysis<'s, 'a> {
    /// Analyses a method that begins with this frame.
    pub(super) fn run(
        signatures: &'s Signatures<'a>,
        facts: &'s Facts<'a>,
        body: &'s Body,
        guesses: &'s mut Guesses,
        (entry, first): (usize, Frame),
    ) -> At<()> {
        let mut analysis = Self {
            signatures,
            facts,
            body,
            guesses,
            chains: vec![Vec::new()],
            frames: HashMap::new(),
            pending: BTreeSet::new(),
            cells: CELLS_MAX,
        };
        let start = body.instructions.get(entry).map_or(0, |first| first.offset);
        analysis.reach((0, entry), &first).map_err(|reason| (start, reason))?;
        while let Some(place) = analysis.pending.pop_first() {
            analysis.follow(place)?;
        }
        Ok(())
    }

    /// Follows the code from a place to where it branches or meets other paths.
    fn follow(&mut self, (chain, mut index): Place) -> At<()> {
        let Some(mut frame) = self.frames.get(&(chain, index)).cloned() else { return Ok(()) };
        let body = self.body;
        let mut told = None;
        while let Some(instruction) = body.instructions.get(index) {
            let failed = |reason| (instruction.offset, reason);
            self.signatures.budget.spend(Budget::INSTRUCTION).map_err(failed)?;
            self.reach_handlers(chain, instruction, &frame, told).map_err(failed)?;
            told = keeps_locals(instruction.opcode).then_some(instruction.offset);
            let goes_on = self.pass(chain, instruction, &mut frame).map_err(failed)?;
            if !goes_on {
                break;
            }
            index += 1;
            if body.joins.get(index).copied().unwrap_or(false) {
                return self.reach((chain, index), &frame).map_err(failed);
            }
        }
        Ok(())
    }

    /// Applies an instruction and goes where it branches to; whether the next instruction follows.
    fn pass(
        &mut self,
        chain: usize,
        instruction: &Instruction,
        frame: &mut Frame,
    ) -> Result<bool, Reason> {
        let (signatures, facts) = (self.signatures, self.facts);
        let guesses = &mut *self.guesses;
        let after = Step { signatures, facts, guesses, frame, instruction }.apply()?;
        match instruction.opcode {
            Opcode::Jsr => self.call_subroutine(chain, instruction, frame).map(|()| false),
            Opcode::Ret => self.leave_subroutine(chain, instruction, frame).map(|()| false),
            _ => {
                for target in instruction.targets() {
                    self.reach((chain, self.index(target)?), frame)?;
                }
                Ok(after == After::Reached && instruction.falls_through())
            }
        }
    }

    fn index(&self, target: i64) -> Result<usize, Reason> {
        let offset = usize::try_from(target).ok();
        let index = offset.and_then(|offset| self.body.index_of(offset));
        index.ok_or(Reason::OutsideOfMethod(target))
    }

    /// A path with this frame leads to a place.
    fn reach(&mut self, place: Place, frame: &Frame) -> Result<(), Reason> {
        if let Some(known) = self.frames.get_mut(&place) {
            if known.merge(frame, self.signatures)? {
                self.pending.insert(place);
            }
            return Ok(());
        }
        let cells = frame.locals.len() + frame.stack.len();
        self.cells = self.cells.checked_sub(cells).ok_or(Reason::TooComplex)?;
        self.frames.insert(place, frame.clone());
        self.pending.insert(place);
        Ok(())
    }

    /// Whatever an instruction does, it may throw before that. Handlers that cover the instruction before as well, after which all locals
    /// are what they were (`told`), know of them already.
    fn reach_handlers(
        &mut self,
        chain: usize,
        instruction: &Instruction,
        frame: &Frame,
        told: Option<usize>,
    ) -> Result<(), Reason> {
        for catch in &self.body.handlers {
            let covers = |offset| catch.handler.covers(offset);
            if !covers(instruction.offset) || told.is_some_and(covers) {
                continue;
            }
            let mut caught = Frame { locals: frame.locals.clone(), stack: Vec::new(), ..*frame };
            caught.push(Cell::Reference(Type::Class(catch.class)))?;
            self.reach((chain, catch.target), &caught)?;
        }
        Ok(())
    }

    fn call_subroutine(
        &mut self,
        chain: usize,
        instruction: &Instruction,
        frame: &mut Frame,
    ) -> Result<(), Reason> {
        let back = u16::try_from(instruction.end()).map_err(|_| Reason::ReturnAddress)?;
        let mut callers = self.chains.get(chain).cloned().unwrap_or_default();
        if callers.contains(&back) || callers.len() >= SUBROUTINE_DEPTH_MAX {
            return Err(Reason::SubroutineDepth);
        }
        callers.push(back);
        frame.push(Cell::Address(back))?;
        let chain = self.chain(callers)?;
        for target in instruction.targets() {
            self.reach((chain, self.index(target)?), frame)?;
        }
        Ok(())
    }

    /// Returns to the one caller of this chain whose address it is; subroutines between are left without return.
    fn leave_subroutine(
        &mut self,
        chain: usize,
        instruction: &Instruction,
        frame: &Frame,
    ) -> Result<(), Reason> {
        let Operands::Local(local) = instruction.operands else { return Err(Reason::Operands) };
        let Cell::Address(back) = frame.local(local)? else {
            let (wanted, found) = (Cell::Address(0), frame.local(local)?);
            return Err(Reason::Mismatch { wanted, found });
        };
        let callers = self.chains.get(chain).cloned().unwrap_or_default();
        let depth = callers.iter().position(|caller| *caller == back);
        let depth = depth.ok_or(Reason::ReturnAddress)?;
        let outer = self.chain(callers.get(..depth).unwrap_or_default().to_vec())?;
        self.reach((outer, self.index(i64::from(back))?), frame)
    }

    /// The index of a chain of `jsr`.
    fn chain(&mut self, callers: Vec<u16>) -> Result<usize, Reason> {
        if let Some(known) = self.chains.iter().position(|known| *known == callers) {
            return Ok(known);
        }
        if self.chains.len() >= CHAINS_MAX {
            return Err(Reason::TooComplex);
        }
        self.chains.push(callers);
        Ok(self.chains.len() - 1)
    }
}

/// Whether the types of all local variables are the same after an instruction.
const fn keeps_locals(opcode: Opcode) -> bool {
    use Opcode as O;
    !matches!(
        opcode,
        O::Astore
            | O::Astore0
            | O::Astore1
            | O::Astore2
            | O::Astore3
            | O::Sstore
            | O::Sstore0
            | O::Sstore1
            | O::Sstore2
            | O::Sstore3
            | O::Istore
            | O::Istore0
            | O::Istore1
            | O::Istore2
            | O::Istore3
            | O::New
            | O::Invokespecial
    )
}
