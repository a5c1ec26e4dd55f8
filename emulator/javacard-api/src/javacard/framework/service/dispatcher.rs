//! `Dispatcher`: services in the order of their registration, phase by phase [JCAPI 3.0.5 javacard.framework.service.Dispatcher].

use jcvm::{Body, ClassId, Lifetime, Reference, Standard, Trap, Vm, Write};

use super::{basic, reason};
use crate::{Call, javacard::framework::apdu, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/service/Dispatcher.<init>(S)V", construct),
    (
        "javacard/framework/service/Dispatcher.addService(Ljavacard/framework/service/Service;B)V",
        add_service,
    ),
    (
        "javacard/framework/service/Dispatcher.dispatch(Ljavacard/framework/APDU;B)Ljava/lang/Exception;",
        dispatch,
    ),
    ("javacard/framework/service/Dispatcher.process(Ljavacard/framework/APDU;)V", process),
    (
        "javacard/framework/service/Dispatcher.removeService(Ljavacard/framework/service/Service;B)V",
        remove_service,
    ),
];

/// Hidden cells: services, their phases, how many there are.
const SERVICES: usize = 0;
const PHASES: usize = 1;
const COUNT: usize = 2;
/// `PROCESS_INPUT_DATA`, `PROCESS_COMMAND`, `PROCESS_OUTPUT_DATA`, in the order in which they come.
const ALL_PHASES: core::ops::RangeInclusive<u8> = 1..=3;
/// `ISO7816.SW_INS_NOT_SUPPORTED`, `SW_UNKNOWN`, `SW_NO_ERROR`.
const INS_NOT_SUPPORTED: i16 = 0x6D00;
const UNKNOWN: i16 = 0x6F00;
const NO_ERROR: i16 = -0x7000;

fn refuse<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::SERVICE_EXCEPTION, reason)
}

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let Ok(size) = usize::try_from(call.arguments.short(1)?) else {
        return refuse(call, reason::ILLEGAL_PARAM);
    };
    let vm = &mut *call.vm;
    let services = Body::References { element: ClassId::OBJECT, cells: vec![0; size].into() };
    let services = vm.allocate(ClassId::REFERENCE_ARRAY, Lifetime::Persistent, services)?;
    let phases = Body::Bytes(vec![0; size].into());
    let phases = vm.allocate(ClassId::BYTE_ARRAY, Lifetime::Persistent, phases)?;
    set(vm, this, SERVICES, services.to_cell())?;
    set(vm, this, PHASES, phases.to_cell())?;
    Ok(0)
}

fn set(vm: &mut Vm<'_>, this: Reference, cell: usize, value: i32) -> Result<(), Trap> {
    vm.set_field(this, classes::DISPATCHER, cell, value, Write::Transactional)
}

fn array(vm: &Vm<'_>, this: Reference, cell: usize) -> Reference {
    Reference::from_cell(vm.field(this, classes::DISPATCHER, cell))
}

/// Services and their phases, in order.
fn table(vm: &Vm<'_>, this: Reference) -> Vec<(i32, u8)> {
    let body = |cell| vm.heap().get(array(vm, this, cell)).map(|object| &object.body);
    let services = body(SERVICES).and_then(Body::cells).unwrap_or_default();
    let phases = body(PHASES).and_then(Body::bytes).unwrap_or_default();
    let count = usize::try_from(vm.field(this, classes::DISPATCHER, COUNT)).unwrap_or(0);
    services.iter().copied().zip(phases.iter().copied()).take(count).collect()
}

/// Writes the table; what is beyond its end becomes null.
fn store(vm: &mut Vm<'_>, this: Reference, table: &[(i32, u8)], size: usize) -> Result<(), Trap> {
    let (services, phases) = (array(vm, this, SERVICES), array(vm, this, PHASES));
    for (index, at) in (0..size).zip(0_i16..) {
        let (service, phase) = table.get(index).copied().unwrap_or_default();
        vm.set_cell_at(services, at, service, Write::Transactional)?;
        vm.write_bytes(phases, at, &[phase], Write::Transactional)?;
    }
    set(vm, this, COUNT, i32::try_from(table.len()).unwrap_or(0))
}

/// The service and the phase of `addService` and `removeService`.
fn entry(call: &mut Call<'_, '_>) -> Result<(i32, u8), Trap> {
    let service = call.arguments.reference(1)?;
    let phase = u8::try_from(call.arguments.byte(2)?).unwrap_or(0);
    if service.is_null() || !ALL_PHASES.contains(&phase) {
        return refuse(call, reason::ILLEGAL_PARAM);
    }
    Ok((service.to_cell(), phase))
}

fn add_service(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, entry) = (call.this()?, entry(call)?);
    let mut table = table(call.vm, this);
    let size = call.vm.array_length(array(call.vm, this, SERVICES))?;
    if table.contains(&entry) {
        return Ok(0);
    }
    if table.len() >= size {
        return refuse(call, reason::DISPATCH_TABLE_FULL);
    }
    table.push(entry);
    store(call.vm, this, &table, size).map(|()| 0)
}

fn remove_service(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, entry) = (call.this()?, entry(call)?);
    let mut table = table(call.vm, this);
    let size = call.vm.array_length(array(call.vm, this, SERVICES))?;
    table.retain(|known| *known != entry);
    store(call.vm, this, &table, size).map(|()| 0)
}

/// Lets the services of each phase from this one on have the command, until one of them says that it is done with the phase.
fn run(call: &mut Call<'_, '_>, from: u8) -> Result<(), Trap> {
    let (this, apdu) = (call.this()?, call.arguments.cell(1)?);
    let table = table(call.vm, this);
    for phase in from..=*ALL_PHASES.end() {
        for (service, _) in table.iter().filter(|(_, its)| *its == phase) {
            let (vm, mut api) = call.split();
            let method = (classes::SERVICE, phase_token(phase));
            let service = Reference::from_cell(*service);
            if vm.call_interface(&mut api, service, method, &[apdu])? & 1 != 0 {
                break;
            }
        }
    }
    Ok(())
}

/// `processDataIn`, `processCommand`, `processDataOut`: tokens from 0 on.
const fn phase_token(phase: u8) -> u8 {
    phase.saturating_sub(1)
}

/// Returns the exception that a service threw, or null.
fn dispatch(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let phase = u8::try_from(call.arguments.byte(2)?).unwrap_or(0);
    if !ALL_PHASES.contains(&phase) {
        return refuse(call, reason::ILLEGAL_PARAM);
    }
    match run(call, phase) {
        Ok(()) => Ok(0),
        Err(Trap::Exception(exception)) => Ok(exception.to_cell()),
        Err(fault) => Err(fault),
    }
}

/// Dispatches, and sends what the services have left in the buffer.
fn process(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if call.arguments.reference(1)?.is_null() {
        return call.throw(Standard::NullPointer);
    }
    match run(call, *ALL_PHASES.start()) {
        Err(Trap::Exception(exception))
            if !call.vm.is_instance(exception, classes::ISO_EXCEPTION) =>
        {
            return call.throw_class(classes::ISO_EXCEPTION, UNKNOWN);
        }
        outcome => outcome?,
    }
    if !basic::processed(call)? {
        return call.throw_class(classes::ISO_EXCEPTION, INS_NOT_SUPPORTED);
    }
    respond(call)?;
    match basic::status(call) {
        NO_ERROR => Ok(0),
        status => call.throw_class(classes::ISO_EXCEPTION, status),
    }
}

/// Sends the response that is in the buffer, unless a service has sent one.
fn respond(call: &mut Call<'_, '_>) -> Result<(), Trap> {
    let length = basic::buffer(call, 4);
    let bytes: Vec<u8> = (0..usize::from(length)).map(|at| basic::buffer(call, 5 + at)).collect();
    let exchange = apdu::exchange(call)?;
    if exchange.set_outgoing_length(i16::from(length)).is_ok() {
        exchange.send(&bytes);
    }
    Ok(())
}
