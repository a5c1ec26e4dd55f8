//! Branches, subroutines, handlers, returns.

use capfile::instruction::DecodeError;
use jcvm::verifier::{Cell, Reason, Type};

use super::{accepts, judged, mismatches, program, reason, refuses};

#[test]
fn branches_lead_to_instructions_of_the_method() {
    assert!(matches!(refuses("()V", "goto -1"), Reason::OutsideOfMethod(_)));
    assert!(matches!(refuses("()V", "goto 2"), Reason::OutsideOfMethod(_)));
    assert!(matches!(refuses("()V", "sconst_0; ifeq 100; return"), Reason::OutsideOfMethod(_)));
    // Into the operand of the other one, which reads as another instruction.
    let inside = refuses("()V", "sconst_0; ifeq 3; sspush 0x0000; return");
    assert!(matches!(inside, Reason::Overlap(_)), "{inside:?}");
}

#[test]
fn switches_lead_to_instructions_of_the_method() {
    accepts("(S)V", "sload_0; stableswitch End 1 End End; End: return");
    let far = "sload_0; stableswitch End 1 End 1000; End: return";
    assert!(matches!(refuses("(S)V", far), Reason::OutsideOfMethod(_)));
    let far = "sload_0; slookupswitch -100 5=End; End: return";
    assert!(matches!(refuses("(S)V", far), Reason::OutsideOfMethod(_)));
    mismatches("(S)V", "sload_0; s2i; stableswitch End 1 End; End: return", Cell::IntSecond);
    mismatches("(SS)V", "sload_0; sload_1; ilookupswitch End 1=End; End: return", Cell::Short);
}

#[test]
fn the_code_does_not_run_out() {
    assert!(matches!(refuses("()V", "nop"), Reason::OutsideOfMethod(_)));
    assert!(matches!(
        refuses("()V", "sconst_0; ifeq End; return; End: nop"),
        Reason::OutsideOfMethod(_)
    ));
    // The last instruction lacks its operand.
    let short = refuses("()V", ".byte 0x11 0");
    assert!(matches!(short, Reason::Undecodable(DecodeError::Truncated)), "{short:?}");
}

#[test]
fn bytes_that_are_no_instruction() {
    let undefined = Reason::Undecodable(DecodeError::Undefined(0xB9));
    assert_eq!(refuses("()V", ".byte 0xB9; return"), undefined);
    // What is not reached is not looked at.
    accepts("()V", "return; .byte 0xB9");
}

#[test]
fn returns_are_those_of_the_signature() {
    for (descriptor, code) in [
        ("()V", "sconst_0; sreturn"),
        ("()S", "return"),
        ("()S", "iconst_0; ireturn"),
        ("()I", "sconst_0; sreturn"),
        ("()LT;", "sconst_0; sreturn"),
        ("()S", "aconst_null; areturn"),
    ] {
        assert_eq!(refuses(descriptor, code), Reason::Return, "{descriptor} {code}");
    }
    accepts("()LT;", "aconst_null; areturn");
    accepts("()B", "sconst_0; sreturn");
    accepts("()Z", "sconst_0; sreturn");
    mismatches(
        "([S)[B",
        "aload_0; areturn",
        Cell::Reference(Type::Array(jcvm::verifier::Element::Short)),
    );
}

#[test]
fn throwables_are_thrown_and_caught() {
    accepts("(Llang:7;)V", "aload_0; athrow");
    accepts("()V", "aconst_null; athrow");
    mismatches("(LT;)V", "aload_0; athrow", Cell::Reference(own_class()));
    let catching = |class: &str| {
        let code = "Start: nop; End: return; Handler: astore_1; return";
        program("()V", &format!("{code}; .catch Start End Handler @{class}"))
    };
    assert_eq!(judged(&mut catching("lang:7")), Ok(()));
    assert_eq!(reason(&mut catching("T")), Reason::Catch);
    assert_eq!(reason(&mut catching("lang:0")), Reason::Catch);
    // What is caught is of the class that is named.
    let wrong = "Start: nop; End: return; Handler: putstatic_a @T.instance; return; .catch Start End Handler @lang:7";
    assert!(matches!(refuses("()V", wrong), Reason::Mismatch { .. }));
}

#[test]
fn handlers_find_the_locals_of_all_they_cover() {
    let code = |after| {
        format!(
            "Start: sconst_0; sstore_1; aconst_null; astore_1; End: return
             Handler: pop; {after}
             .catch Start End Handler any"
        )
    };
    accepts("()V", &code("return"));
    mismatches("()V", &code("sload_1; pop; return"), Cell::Unusable);
    accepts("(S)V", &code("sload_0; pop; return"));
}

#[test]
fn handlers_cover_whole_instructions() {
    let within =
        "Start: sspush 300; pop; End: return; Handler: pop; return; .catch Start End Handler any";
    accepts("()V", within);
    // Start and end within the operand of `sspush`.
    for damaged in [(1, 0), (0, -2)] {
        let package = program("()V", within);
        let assembled = package.build().unwrap();
        let mut cap = assembled.cap().unwrap();
        let handler = &mut cap.method.blocks[0].handlers[0];
        handler.start += damaged.0;
        handler.length = handler.length.saturating_add_signed(damaged.1 - damaged.0.cast_signed());
        let mut world = crate::world::World::new();
        let id = world.machine.load(std::sync::Arc::new(cap), false).unwrap();
        let code = world.machine.code();
        let refused = jcvm::verifier::verify(code, code.package(id).unwrap()).unwrap_err();
        assert!(matches!(refused.reason, Reason::HandlerRange { .. }), "{refused}");
    }
}

#[test]
fn what_would_take_too_long_is_refused() {
    // Every store is one more frame for each handler.
    let stores = "aconst_null; astore 200; sconst_0; sstore 200\n".repeat(5000);
    let handlers = ".catch Start End Handler any\n".repeat(250);
    let code = format!("Start: {stores} End: return; Handler: pop; return; {handlers}");
    let mut package = super::package(1);
    package.class("T").static_method("run", "()V").locals(250).code(&code);
    assert_eq!(reason(&mut package), Reason::TooComplex);
}

#[test]
fn subroutines_are_verified_for_each_caller() {
    // The second local is a reference for one caller and a short for the other; the subroutine does not touch it.
    accepts(
        "(S)S",
        "        sconst_0; sstore_1; jsr Sub; sload_1; pop
                 aconst_null; astore_1; jsr Sub; aload_1; pop; sload_0; sreturn
         Sub:    astore_2; sinc 0 1; ret 2",
    );
    // One within another.
    accepts(
        "(S)S",
        "        jsr Outer; jsr Inner; sload_0; sreturn
         Outer:  astore_2; jsr Inner; ret 2
         Inner:  astore_3; sinc 0 1; ret 3",
    );
    // What it does touch is another thing afterwards.
    mismatches(
        "(S)S",
        "        jsr Sub; sload_0; sreturn
         Sub:    astore_1; aconst_null; astore_0; ret 1",
        Cell::Reference(Type::Null),
    );
}

#[test]
fn finally_of_old_compilers() {
    accepts(
        "(S)S",
        "        Start: sload_0; sconst_2; sdiv; sstore_1; jsr Finally; End: sload_1; sreturn
         Any:    astore_2; jsr Finally; aload_2; athrow
         Finally: astore_3; sinc 0 1; ret 3
         .catch Start End Any any",
    );
}

#[test]
fn return_addresses_cannot_be_made() {
    mismatches("(S)V", "ret 0", Cell::Short);
    mismatches("(LT;)V", "ret 0", Cell::Reference(own_class()));
    mismatches("()V", "jsr Sub; return; Sub: astore_1; aload_1; pop; ret 1", address());
    mismatches("()V", "jsr Sub; return; Sub: sstore_1; return", address());
    // One that was used already.
    let twice = "jsr Sub; ret 1; Sub: astore_1; ret 1";
    assert_eq!(refuses("()V", twice), Reason::ReturnAddress);
    let recursive = "jsr Sub; return; Sub: astore_1; jsr Sub; ret 1";
    assert_eq!(refuses("()V", recursive), Reason::SubroutineDepth);
}

/// The address after a `jsr` that begins the method.
fn address() -> Cell {
    let assembled = program("()V", "jsr Sub; After: return; Sub: astore_1; ret 1").build().unwrap();
    Cell::Address(assembled.label("T.run", "After").unwrap())
}

fn own_class() -> Type {
    Type::Class(jcvm::ClassId::new(jcvm::PackageId(jcvm::PackageId::FIRST_LOADED), 0))
}
