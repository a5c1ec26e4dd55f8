//! Packages that come without their Descriptor, as cards mostly get them.

use capfile::assemble::Package;
use jcvm::verifier::{Cell, Reason, Type, VerifyError};

use super::{judged, package, program};

fn verdict(descriptor: &str, code: &str) -> Result<(), VerifyError> {
    judge(&mut program(descriptor, code))
}

/// Without Descriptor, methods to which nothing refers are not there.
fn judge(package: &mut Package) -> Result<(), VerifyError> {
    judged(package.export("T").without_descriptor())
}

fn refused(descriptor: &str, code: &str) -> Reason {
    verdict(descriptor, code).expect_err(code).reason
}

#[test]
fn arguments_may_be_anything_of_their_size() {
    for (descriptor, code) in [
        ("(S)S", "sload_0; sreturn"),
        ("(I)I", "iload_0; ireturn"),
        ("(LT;)S", "aload_0; getfield_s @T.short; sreturn"),
        ("([B)S", "aload_0; sconst_0; baload; sreturn"),
        ("(LT;)S", "aload_0; sconst_1; invokespecial @T.own(S)S; sreturn"),
        ("()LT;", "new @T; dup; invokespecial @T.<init>()V; areturn"),
        ("(LT;)V", "aload_0; iconst_1; invokevirtual @T.near(I)I; pop2; return"),
    ] {
        assert_eq!(verdict(descriptor, code), Ok(()), "{code}");
    }
}

#[test]
fn what_is_known_is_still_checked() {
    assert_eq!(refused("()V", "pop; return"), Reason::StackUnderflow);
    assert_eq!(refused("(S)V", "sload 9; return"), Reason::NoLocal(9));
    let confused = refused("(S)S", "sload_0; aconst_null; sadd; sreturn");
    assert!(matches!(confused, Reason::Mismatch { found: Cell::Reference(Type::Null), .. }));
    // Once it has been used as a short, the operand is one.
    let forged = refused("(S)V", "sload_0; putstatic_a @T.instance; return");
    assert!(matches!(forged, Reason::Mismatch { found: Cell::Short, .. }));
    // Layouts tell references from other fields.
    for code in [
        "aload_0; getfield_a @T.short; pop; return",
        "aload_0; getfield_s @T.bytes; pop; return",
        "getstatic_a @T.count; pop; return",
        "getstatic_s @T.instance; pop; return",
    ] {
        assert_eq!(refused("(LT;)V", code), Reason::FieldType, "{code}");
    }
    let unmade = refused("()V", "new @T; putstatic_a @T.instance; return");
    assert!(matches!(unmade, Reason::Mismatch { found: Cell::Uninitialised(_), .. }));
    let native = refused("(S)V", "aconst_null; invokestatic @note; return");
    assert!(matches!(native, Reason::Mismatch { .. }));
}

#[test]
fn results_are_what_methods_return() {
    let call = "aconst_null; sconst_0; invokestatic @T.half([BS)V";
    assert_eq!(verdict("()V", &format!("{call}; return")), Ok(()));
    assert_eq!(refused("()S", &format!("{call}; sreturn")), Reason::StackUnderflow);
    let call = "aconst_null; sconst_0; invokevirtual @T.twice(S)S";
    assert_eq!(verdict("()S", &format!("{call}; sreturn")), Ok(()));
    assert!(matches!(refused("()LT;", &format!("{call}; areturn")), Reason::Mismatch { .. }));
    // Two returns of different kinds.
    let both = "sload_0; ifeq End; sload_0; sreturn; End: return";
    assert_eq!(refused("(S)S", both), Reason::Return);
}

#[test]
fn abstract_methods_return_what_those_do_that_stand_for_them() {
    let mut package = package(1);
    package.interface("I").interface_method("m", "()S");
    package.class("A").implements("I").default_constructor();
    package.class("A").virtual_method("m", "()S").code("sconst_1; sreturn");
    let code = "aload_0; invokeinterface @I.m; areturn";
    package.class("T").static_method("run", "(LI;)Llang:0;").code(code);
    let refused = judge(&mut package).unwrap_err().reason;
    assert!(matches!(refused, Reason::Mismatch { found: Cell::Short, .. }), "{refused:?}");
}

#[test]
fn what_nobody_implements_returns_what_its_callers_make_of_it() {
    let with_interface = |code: &str| {
        let mut package = package(1);
        let interface = package.interface("I");
        interface.interface_method("nothing", "()V").max_stack(0);
        interface.interface_method("short", "(S)S");
        interface.interface_method("int", "()I");
        package.class("T").static_method("run", "(LI;)S").max_stack(5).code(code);
        judge(&mut package)
    };
    let good = "aload_0; invokeinterface @I.nothing
                aload_0; invokeinterface @I.int; i2s
                aload_0; swap_x 1 1; invokeinterface @I.short; sreturn";
    assert_eq!(with_interface(good), Ok(()));
    // No assumption makes this one right.
    let bad = "aload_0; invokeinterface @I.nothing; pop; aload_0; invokeinterface @I.nothing; i2s; sreturn";
    assert!(with_interface(bad).is_err());
}

#[test]
fn methods_end_where_the_next_one_begins() {
    let mut package = package(1);
    package.class("T").static_method("run", "()V").code("invokestatic @T.next()V; nop");
    package.class("T").static_method("next", "()V").code("return");
    let refused = judge(&mut package).unwrap_err().reason;
    assert!(matches!(refused, Reason::OutsideOfMethod(_)), "{refused:?}");
}
