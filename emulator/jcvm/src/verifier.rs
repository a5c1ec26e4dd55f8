//! The bytecode verifier [JCVM 3.0.5 §7.5].
//!
//! It runs when a package is loaded, over each method that anything in the package can call, and refuses what could do something else
//! than its types say. What it accepts runs without checks of the operand stack and of the types of cells.
//!
//! A method is followed along all its paths with a frame of types; where paths meet, what they have in common goes on
//! (`analysis`). The families of instructions are those of the interpreter. Signatures come from the Descriptor component and from the
//! tables of the API (`signatures`). A card often gets no Descriptor: then counts of cells, the references among instance fields, and
//! what return instructions tell are all there is, and values of which nothing is known may be used as anything of their size.
//! References and shorts can then be confused where no instruction tells them apart; the heap and the firewall look at each reference
//! that is used in any case.
//!
//! What it does not check: access to protected and private members, which the card has no way to abuse; and what is not reached.
//! Interfaces are treated like `Object`, so that a call through one may find an object that does not implement it at run time.

mod analysis;
mod arithmetic;
mod arrays;
mod budget;
mod control_flow;
mod declared_fields;
mod error;
mod fields;
mod frame;
mod guesses;
mod hierarchy;
mod invoke;
mod locals;
mod notation;
mod overrides;
mod signatures;
mod stack;
mod step;
mod tables;
mod tokens;
mod type_system;
mod types;

use capfile::{component::MethodLocation, instruction::Instruction};

use self::{
    analysis::Analysis,
    control_flow::{At, Body},
    frame::Frame,
    guesses::Guesses,
    hierarchy::Hierarchy,
    signatures::{Declared, Kind, Loaded, Signatures},
    step::Facts,
    type_system::Value,
};
pub use self::{
    error::{Reason, VerifyError},
    type_system::{Cell, Element, Type},
};
use crate::code::{Code, LoadedPackage, Method};

/// Verifies all methods of a package.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(code: &Code, package: &LoadedPackage) -> Result<(), VerifyError> {
    let whole = |(method, reason): (MethodLocation, Reason)| VerifyError {
        method,
        offset: usize::from(method.offset),
        opcode: None,
        reason,
    };
    let signatures = Signatures::new(Hierarchy { code, package }).map_err(whole)?;
    signatures.check_tables().map_err(whole)?;
    let concrete = package.methods.iter().filter(|method| !method.is_abstract);
    concrete.into_iter().try_for_each(|method| {
        verify_method(&signatures, method).map_err(|(offset, reason)| {
            let block = package.cap.method.block(method.location.block);
            let found = block.and_then(|block| Instruction::decode(&block.info, offset).ok());
            let opcode = found.map(|found| found.opcode);
            VerifyError { method: method.location, offset, opcode, reason }
        })
    })
}

fn verify_method(signatures: &Signatures<'_>, method: &Method) -> At<()> {
    let package = signatures.hierarchy.package;
    let header_at = usize::from(method.location.offset);
    let block = package.cap.method.block(method.location.block);
    let found = block.and_then(|block| Some((block, block.header(method.location.offset)?)));
    let outside = Reason::OutsideOfMethod(i64::from(method.location.offset));
    let (block, header) = found.ok_or((header_at, outside))?;
    let loaded = Loaded { package, location: method.location, nargs: method.nargs };
    let declared = signatures.declared(loaded);
    let limit = match &declared {
        Some(declared) => header.code + usize::from(declared.length),
        None => next_method(package, method).unwrap_or(block.info.len()),
    };
    let body = Body::explore(signatures, block, header.code, limit.min(block.info.len()))?;
    let kind = declared.as_ref().map(|declared| declared.kind);
    let signature = signatures.loaded(loaded, false);
    let facts = Facts {
        block,
        class: declared.as_ref().map(|declared| declared.class),
        is_constructor: kind == Some(Kind::Constructor),
        is_static: kind == Some(Kind::Static),
        returns: signature.returns,
    };
    let first = first_frame(signatures, method, declared.as_deref(), &signature.arguments);
    let entry = body.index_of(header.code).unwrap_or_default();
    let mut guesses = Guesses::default();
    let mut outcome;
    loop {
        let begin = (entry, first.clone());
        outcome = Analysis::run(signatures, &facts, &body, &mut guesses, begin);
        if outcome.is_ok() || !guesses.next() {
            return outcome;
        }
    }
}

/// Where the next method of the block begins.
fn next_method(package: &LoadedPackage, method: &Method) -> Option<usize> {
    let after = package.methods.partition_point(|known| known.location <= method.location);
    let next = package.methods.get(after)?;
    (next.location.block == method.location.block).then_some(usize::from(next.location.offset))
}

/// The frame with which a method begins.
fn first_frame(
    signatures: &Signatures<'_>,
    method: &Method,
    declared: Option<&Declared>,
    arguments: &[Value],
) -> Frame {
    let mut locals = Vec::with_capacity(usize::from(method.locals));
    let mut this_ready = true;
    match declared {
        Some(Declared { kind: Kind::Constructor, .. }) => {
            locals.push(Cell::UninitialisedThis);
            this_ready = false;
        }
        Some(Declared { kind: Kind::Instance, class, .. }) => {
            locals.push(Cell::Reference(Type::Class(*class)));
        }
        _ => {}
    }
    for argument in arguments {
        locals.push(argument.cell());
        if *argument == Value::Int {
            locals.push(Cell::IntSecond);
        }
    }
    if declared.is_none()
        && let Some(class) = signatures.class_of_virtual(method.location)
        && let Some(this) = locals.first_mut()
    {
        *this = Cell::Reference(Type::Class(class));
    }
    locals.resize(usize::from(method.locals), Cell::Unusable);
    Frame { locals, stack: Vec::new(), max_stack: method.max_stack, this_ready }
}
