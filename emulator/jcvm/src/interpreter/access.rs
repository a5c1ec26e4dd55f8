//! The firewall, for instructions [JCRE 3.0.5 §6.2.8].

use faults::Fault as Planted;

use super::{missing, registers::Registers};
use crate::{
    code::Code,
    heap::{Heap, Object, ObjectFlags},
    ident::{ClassId, ContextId},
    reference::Reference,
    trap::Standard,
    vm::firewall::{may_access, may_call},
};

/// Who accesses: a context, and whether it may use transient objects that are cleared on deselection.
#[derive(Clone, Copy)]
pub(super) struct Accessor {
    pub(super) context: ContextId,
    pub(super) deselect: bool,
}

impl Accessor {
    /// The accessor, or with a fault one that no firewall stops.
    #[inline(always)]
    pub(super) fn unless(self, fault: Planted) -> Self {
        if faults::active(fault) { Self { context: ContextId::JCRE, deselect: true } } else { self }
    }
}

impl Registers<'_> {
    #[inline(always)]
    pub(super) const fn accessor(&self) -> Accessor {
        Accessor { context: self.context, deselect: self.deselect }
    }
}

/// The object behind a reference, when its content may be used.
#[inline(always)]
pub(super) fn content(
    heap: &Heap,
    reference: Reference,
    accessor: Accessor,
) -> Result<&Object, Standard> {
    let Some(object) = heap.get(reference) else { return Err(missing(reference)) };
    if object.context.0 == accessor.context.0
        && !object.flags.contains(ObjectFlags::CLEAR_ON_DESELECT)
    {
        return Ok(object);
    }
    check_content(object, accessor)?;
    Ok(object)
}

/// What is not simply an object of the own context.
fn check_content(object: &Object, accessor: Accessor) -> Result<(), Standard> {
    let cleared = object.flags.contains(ObjectFlags::CLEAR_ON_DESELECT);
    if !may_access(object, accessor.context) || cleared && !accessor.deselect {
        return Err(Standard::Security);
    }
    Ok(())
}

/// The object behind a reference, when its virtual methods may be called.
pub(super) fn receiver(
    heap: &Heap,
    reference: Reference,
    context: ContextId,
) -> Result<&Object, Standard> {
    let object = heap.get(reference).ok_or(missing(reference))?;
    if may_call(object, context) { Ok(object) } else { Err(Standard::Security) }
}

/// Whether a reference may be stored in a field or an array: not one of a temporary entry point or global array
/// [JCRE 3.0.5 §6.2.1, §6.2.2].
#[inline]
pub(super) fn may_store(heap: &Heap, value: i32) -> Result<(), Standard> {
    let reference = Reference::from_cell(value);
    match heap.get(reference) {
        Some(object)
            if object.flags.intersects(ObjectFlags::UNSTORABLE)
                && !faults::active(Planted::GlobalArrayKept) =>
        {
            Err(Standard::Security)
        }
        Some(_) => Ok(()),
        None if reference.is_null() => Ok(()),
        // A number that was passed off as a reference.
        None => Err(Standard::Security),
    }
}

/// Whether the class of an object may be asked for, in view of the class that is asked about.
pub(super) fn may_cast(
    code: &Code,
    object: &Object,
    context: ContextId,
    class: ClassId,
) -> Result<(), Standard> {
    if may_call(object, context) {
        return Ok(());
    }
    // A shareable object of another context, asked about a shareable interface: its own or not [JCRE 3.0.5 §6.2.8.10].
    let shared = code.is_shareable(class) && code.is_subclass(object.class, ClassId::SHAREABLE);
    if shared { Ok(()) } else { Err(Standard::Security) }
}
