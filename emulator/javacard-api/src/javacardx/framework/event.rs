//! `javacardx.framework.event`: who listens to what [JCAPI 3.1 javacardx.framework.event].
//!
//! This card has no sources of its own: a registry belongs to a source that an applet implements, is an object of that applet, and keeps
//! its listeners for as long as the applet keeps the registry.

use jcvm::{ClassId, Lifetime, Reference, Standard, Trap, Vm, Write};

use super::checks::instance;
use crate::{Call, registry::Natives, tables::classes};

pub(super) const NATIVES: Natives = &[
    (
        "javacardx/framework/event/EventRegistry.getEventRegistry(Ljavacardx/framework/event/EventSource;)Ljavacardx/framework/event/EventRegistry;",
        get_event_registry,
    ),
    (
        "javacardx/framework/event/EventRegistry.register(Ljavacardx/framework/event/EventListener;)V",
        register,
    ),
    (
        "javacardx/framework/event/EventRegistry.unregister(Ljavacardx/framework/event/EventListener;)V",
        unregister,
    ),
];

/// Hidden cells: the source, and the array of listeners.
const SOURCE: usize = 0;
const LISTENERS: usize = 1;
/// Most listeners of a registry.
const LISTENERS_MAX: usize = 256;
/// `SystemException.NO_RESOURCE`.
const NO_RESOURCE: i16 = 5;

fn get_event_registry(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let source = instance(call, 0, classes::EVENT_SOURCE)?;
    let class = classes::SOURCE_REGISTRY;
    let known = call.vm.heap().objects().find(|(reference, object)| {
        object.class == class && call.vm.field(*reference, class, SOURCE) == source.to_cell()
    });
    if let Some((registry, _)) = known {
        return Ok(registry.to_cell());
    }
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    call.vm.set_field(made, class, SOURCE, source.to_cell(), Write::Transactional)?;
    Ok(made.to_cell())
}

fn listeners(vm: &Vm<'_>, registry: Reference) -> Vec<i32> {
    let array = Reference::from_cell(vm.field(registry, classes::SOURCE_REGISTRY, LISTENERS));
    let cells = vm.heap().get(array).and_then(|object| object.body.cells());
    cells.unwrap_or_default().iter().copied().filter(|cell| *cell != 0).collect()
}

/// Replaces the array of listeners by another one.
fn store(call: &mut Call<'_, '_>, listeners: &[i32]) -> Result<i32, Trap> {
    let length = match i16::try_from(listeners.len()) {
        Ok(length) if listeners.len() <= LISTENERS_MAX => length,
        _ => return call.throw(Standard::System(NO_RESOURCE)),
    };
    let this = call.this()?;
    let array = call.vm.new_array(ClassId::REFERENCE_ARRAY, length, Lifetime::Persistent)?;
    for (index, cell) in (0..length).zip(listeners) {
        call.vm.set_cell_at(array, index, *cell, Write::Transactional)?;
    }
    let class = classes::SOURCE_REGISTRY;
    call.vm.set_field(this, class, LISTENERS, array.to_cell(), Write::Transactional)?;
    Ok(0)
}

/// Registers a listener, once.
fn register(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let listener = instance(call, 1, classes::EVENT_LISTENER)?.to_cell();
    let mut all = listeners(call.vm, call.this()?);
    if all.contains(&listener) {
        return Ok(0);
    }
    all.push(listener);
    store(call, &all)
}

fn unregister(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let listener = instance(call, 1, classes::EVENT_LISTENER)?.to_cell();
    let mut all = listeners(call.vm, call.this()?);
    if !all.contains(&listener) {
        return Ok(0);
    }
    all.retain(|known| *known != listener);
    store(call, &all)
}
