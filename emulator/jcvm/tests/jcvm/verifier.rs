//! The bytecode verifier, family by family: what it accepts, and what it refuses for which reason.

// The helpers between the tests are tests as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod control_flow;
mod frames;
mod members;
mod mutations;
mod objects;
mod undescribed;

use std::sync::Arc;

use capfile::assemble::{Class, Package};
use jcvm::{
    PackageId,
    verifier::{Cell, Reason, VerifyError, verify},
};

use crate::world::{World, package};

/// What the verifier says to a package whose imports are loaded already.
fn judged_in(world: &mut World, package: &mut Package) -> Result<PackageId, VerifyError> {
    let assembled = package.build().expect("the package assembles");
    let cap = assembled.cap_unverified().expect("the package can be parsed");
    let id = world.machine.load(Arc::new(cap), false).expect("the package links");
    let code = world.machine.code();
    verify(code, code.package(id).expect("the package is there")).map(|()| id)
}

/// What the verifier says to a package.
fn judged(package: &mut Package) -> Result<(), VerifyError> {
    judged_in(&mut World::new(), package).map(|_| ())
}

/// The reason for which a package is refused.
fn reason(package: &mut Package) -> Reason {
    judged(package).expect_err("the package is refused").reason
}

/// A package with a class `T` that has fields, methods to call, and this static method `T.run`.
fn program(descriptor: &str, code: &str) -> Package {
    let mut package = package(1);
    furnish(package.class("T")).static_method("run", descriptor).locals(6).max_stack(8).code(code);
    package
}

fn furnish(class: &mut Class) -> &mut Class {
    class.field("reference", "LT;").field("bytes", "[B").field("octet", "B").field("short", "S");
    class.field("int", "I").static_field("instance", "LT;").static_field("table", "[S");
    class.static_field("count", "S").static_field("flag", "Z").static_field("total", "I");
    class.default_constructor();
    class.private_method("own", "(S)S").code("sload_1; sreturn");
    class.virtual_method("twice", "(S)S").code("sload_1; dup; sadd; sreturn");
    class.package_method("near", "(I)I").code("iload_1; ireturn");
    class.static_method("half", "([BS)V").code("return");
    class
}

/// Accepted.
#[track_caller]
fn accepts(descriptor: &str, code: &str) {
    assert_eq!(judged(&mut program(descriptor, code)), Ok(()), "{code}");
}

/// Refused, for this reason.
#[track_caller]
fn refuses(descriptor: &str, code: &str) -> Reason {
    reason(&mut program(descriptor, code))
}

/// Refused because a cell is not what the instruction wants.
#[track_caller]
fn mismatches(descriptor: &str, code: &str, found: Cell) {
    match refuses(descriptor, code) {
        Reason::Mismatch { found: really, .. } => assert_eq!(really, found, "{code}"),
        other => panic!("{other:?}: {code}"),
    }
}
