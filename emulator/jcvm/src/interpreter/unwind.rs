//! Exceptions: from where they are thrown to where they are caught [JCVM 3.0.5 §3.4].

use faults::Fault as Planted;

use super::{
    Flow, missing,
    registers::{Cells, Registers, set},
};
use crate::{
    code::Code,
    heap::ObjectFlags,
    ident::ClassId,
    machine::State,
    reference::Reference,
    trap::{Fault, Standard, Trap},
};

impl<'c> Registers<'c> {
    /// Goes to the handler of an exception, or leaves the run.
    #[cold]
    #[allow(clippy::needless_pass_by_value)] // the loop hands it over
    pub(super) fn handle(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        flow: Flow,
    ) -> Result<(), Trap> {
        let trap = match flow {
            Flow::Throw(exception) => {
                let (class, reason) = exception.class();
                state.throw(code, class, reason)
            }
            Flow::Trap(trap) => trap,
            Flow::Returned(_) | Flow::Native { .. } | Flow::NativeStatic { .. } => {
                Trap::Fault(Fault::IllFormed("no exception"))
            }
        };
        let Trap::Exception(exception) = trap else {
            state.frames.truncate(self.base);
            return Err(trap);
        };
        let class = state.heap.get(exception).map_or(ClassId::OBJECT, |object| object.class);
        loop {
            // A handler may be a way backwards, and the search for it may be long.
            self.burn(search_fuel(code, self))?;
            // The program counter is that of the instruction after the one that threw.
            if let Some(target) = handler(code, self, class) {
                self.burn(u64::from(self.pc.saturating_sub(target)))?;
                self.pc = target;
                self.sp = self.floor;
                set(cells, self.sp, exception.to_cell());
                self.sp += 1;
                return Ok(());
            }
            if !self.pop_frame(code, state) {
                state.frames.truncate(self.base);
                return Err(trap);
            }
        }
    }
}

/// What the search for a handler in the current method costs.
fn search_fuel(code: &Code, registers: &Registers<'_>) -> u64 {
    code.method(registers.method)
        .map_or(1, |(_, method)| 1 + u64::from(method.handlers.1 - method.handlers.0))
}

fn handler(code: &Code, registers: &Registers<'_>, class: ClassId) -> Option<u32> {
    let (package, method) = code.method(registers.method)?;
    let at = registers.pc.wrapping_sub(1);
    let range = method.handlers.0 as usize..method.handlers.1 as usize;
    let mut found = package.handlers.get(range)?.iter().filter(|handler| {
        (handler.start..handler.end).contains(&at)
            && handler.catches.is_none_or(|catches| code.is_subclass(class, catches))
    });
    let last = faults::active(Planted::HandlerOrderReversed);
    if last { found.next_back() } else { found.next() }.map(|handler| handler.target)
}

/// What `athrow` throws.
pub(super) fn thrown(code: &Code, state: &State, registers: &Registers<'_>, cell: i32) -> Flow {
    let reference = Reference::from_cell(cell);
    let Some(object) = state.heap.get(reference) else { return missing(reference).into() };
    let throwable = ClassId::new(Standard::JAVA_LANG, 1);
    let allowed = object.context == registers.context
        || object.flags.intersects(ObjectFlags::ENTRY_POINT)
        || registers.context == crate::ident::ContextId::JCRE;
    if !allowed || !code.is_subclass(object.class, throwable) {
        return Standard::Security.into();
    }
    Trap::Exception(reference).into()
}
