//! Control flow: which instructions of a method can be reached.

use std::collections::BTreeMap;

use super::super::link::SIZE_PER_BYTE_MAX;
use capfile::{
    component::{Handler, MethodBlock},
    instruction::Instruction,
};

/// The reachable instructions of a method, by offset; `None` where there is none.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) steps: BTreeMap<usize, Option<Instruction>>,
    /// Handlers that cover one of them, in the order of the file.
    pub(crate) handlers: Vec<Handler>,
    /// Whether instructions overlap so much that not all have been followed.
    pub(crate) is_excessive: bool,
    /// Targets of the instructions.
    targets: usize,
}

impl Flow {
    /// Follows the control flow from the first instruction.
    pub(crate) fn explore(block: &MethodBlock, start: usize) -> Self {
        let mut flow =
            Self { steps: BTreeMap::new(), handlers: Vec::new(), is_excessive: false, targets: 0 };
        flow.follow(block, start);
        let mut taken = vec![false; block.handlers.len()];
        // A handler may reach code that another handler covers.
        loop {
            let mut found = false;
            for (handler, taken) in block.handlers.iter().zip(&mut taken) {
                if !*taken && flow.covers_some(handler, start) {
                    *taken = true;
                    found = true;
                    flow.follow(block, usize::from(handler.handler));
                }
            }
            if !found {
                break;
            }
        }
        let all = block.handlers.iter().zip(taken);
        flow.handlers = all.filter(|(_, taken)| *taken).map(|(handler, _)| *handler).collect();
        flow
    }

    fn covers_some(&self, handler: &Handler, start: usize) -> bool {
        let first = usize::from(handler.start);
        let end = first + usize::from(handler.length);
        first >= start && self.steps.range(first..end.max(first)).next().is_some()
    }

    fn follow(&mut self, block: &MethodBlock, start: usize) {
        let mut pending = vec![start];
        let limit = SIZE_PER_BYTE_MAX * block.info.len();
        while let Some(offset) = pending.pop() {
            if self.targets > limit {
                self.is_excessive = true;
                break;
            }
            if self.steps.contains_key(&offset) {
                continue;
            }
            let inside = offset >= block.first_method;
            let decoded = Instruction::decode(&block.info, offset).ok().filter(|_| inside);
            if let Some(instruction) = &decoded {
                let branches = instruction.targets();
                self.targets += branches.len();
                pending.extend(branches.iter().filter_map(|target| usize::try_from(*target).ok()));
                if instruction.falls_through() {
                    pending.push(offset + instruction.length);
                }
            }
            self.steps.insert(offset, decoded);
        }
    }
}
