//! Objects and their classes: new, checkcast, instanceof [JCVM 3.0.5 §7.5].

use super::{Flow, access::may_cast, registers::Registers};
use crate::{
    code::Code,
    heap::{Body, Lifetime, Object, OutOfMemory},
    ident::ClassId,
    limits::BYTES_PER_FUEL,
    machine::State,
    reference::Reference,
    trap::Standard,
};

/// Makes an object for the current applet.
pub(super) fn allocate(
    state: &mut State,
    registers: &mut Registers<'_>,
    class: ClassId,
    body: Body,
) -> Result<i32, Flow> {
    registers.burn(u64::try_from(body.size() / BYTES_PER_FUEL).unwrap_or(u64::MAX))?;
    let owner = (registers.context, registers.applet);
    let made = state.heap.allocate(class, owner, Lifetime::Persistent, body);
    made.map(Reference::to_cell).map_err(|error| {
        Flow::Throw(Standard::System(match error {
            OutOfMemory::Transient => 2,
            OutOfMemory::Persistent => 5,
        }))
    })
}

/// Makes an instance, all of whose fields are zero or null.
pub(super) fn new(
    code: &Code,
    state: &mut State,
    registers: &mut Registers<'_>,
    class: ClassId,
) -> Result<i32, Flow> {
    let cells = code.instance_cells(class);
    allocate(state, registers, class, Body::Fields(vec![0; cells].into()))
}

/// What a cast asks for.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// An instance of a class or interface, or an array of a primitive type.
    Class(ClassId),
    /// An array of references to a class or interface.
    ArrayOf(ClassId),
}

/// Whether a reference is an instance of what is asked for; `None` for null.
pub(super) fn is_instance(
    code: &Code,
    state: &State,
    registers: &Registers<'_>,
    reference: i32,
    wanted: Wanted,
) -> Result<Option<bool>, Flow> {
    let reference = Reference::from_cell(reference);
    if reference.is_null() {
        return Ok(None);
    }
    let object = state.heap.get(reference).ok_or(Standard::Security)?;
    let class = match wanted {
        Wanted::Class(class) | Wanted::ArrayOf(class) => class,
    };
    may_cast(code, object, registers.context, class)?;
    Ok(Some(fits(code, state, object, wanted)))
}

fn fits(code: &Code, state: &State, object: &Object, wanted: Wanted) -> bool {
    match (wanted, &object.body) {
        (Wanted::ArrayOf(class), Body::References { element, .. }) => {
            code.is_subclass(*element, class)
        }
        (Wanted::ArrayOf(class), Body::View { target, .. }) => {
            matches!(
                state.heap.get(*target).map(|object| &object.body),
                Some(Body::References { element, .. }) if code.is_subclass(*element, class)
            )
        }
        (Wanted::ArrayOf(_), _) => false,
        (Wanted::Class(class), _) => code.is_subclass(object.class, class),
    }
}
