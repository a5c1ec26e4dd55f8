//! Code that no verifier has seen, and files that are made to take time or memory: whatever they do, they end.

use core::fmt::Write as _;
use std::sync::Arc;

use capfile::{
    assemble::Package,
    component::tag,
    instruction::{Opcode, OperandForm},
};
use jcvm::{Fault, Limits, LinkError, Trap};
use proptest::prelude::*;

use crate::{
    bytecodes,
    world::{World, package, program},
};

const OUT_OF_FUEL: Result<i32, Trap> = Err(Trap::Fault(Fault::OutOfFuel));

fn small() -> World {
    World::with_limits(&Limits { fuel: 20_000, ..Limits::default() })
}

#[test]
fn programs_that_go_on_for_ever_are_ended() {
    for code in [
        "Ever: goto Ever",
        "Ever: aconst_null; athrow\n End:\n .catch Ever End Ever any",
        "nop; Ever: pop; Start: sconst_1; sconst_0; sdiv; pop; return\n End:\n .catch Start End Ever any",
        "Ever: jsr Ever",
        "Ever: jsr Sub; goto Ever\n Sub: astore_0; ret 0",
        "Ever: sconst_0; stableswitch Ever 0 Ever",
        "Ever: iconst_0; ilookupswitch Ever 0=Ever",
        "Start: sconst_1; invokestatic @fail; return\n End:\n Again: pop; goto Start\n .catch Start End Again any",
        "Start: sconst_1; invokestatic @note; goto Start",
        "Start: sspush 32767; newarray int; pop; goto Start\n End:\n Again: pop; goto Start\n .catch Start End Again any",
        "Start: invokestatic @begin; sconst_1; newarray byte; pop; invokestatic @abort; goto Start",
        "Start: sspush 30000; newarray byte; sconst_0; sconst_0; invokestatic @fill; goto Start",
    ] {
        for verify in [true, false] {
            let mut world = small();
            let mut package = program("()V", code);
            package.class("T").static_method("sane", "()S").code("sconst_3; sreturn");
            let assembled = package.build().unwrap();
            let loaded = world.machine.load(Arc::new(assembled.cap().unwrap()), verify);
            if verify && loaded.is_err() {
                // The verifier has its own opinion of subroutines.
                continue;
            }
            let id = loaded.unwrap();
            let applet = jcvm::AppletId(0);
            let location = assembled.method("T.run").unwrap();
            let outcome =
                world.machine.vm().call_static(&mut world.notes, id, location, applet, &[]);
            let expected = [OUT_OF_FUEL, Err(Trap::Fault(Fault::IllFormed("operand stack")))];
            assert!(expected.contains(&outcome), "{code}: {outcome:?}");
            world.machine.begin(None);
            let location = assembled.method("T.sane").unwrap();
            let outcome =
                world.machine.vm().call_static(&mut world.notes, id, location, applet, &[]);
            assert_eq!(outcome, Ok(3), "after {code}");
        }
    }
}

#[test]
fn natives_and_memory_cost_fuel() {
    let mut world = small();
    world.load(&mut program("()V", "Ever: sconst_1; invokestatic @note; goto Ever"));
    assert_eq!(world.call("T.run", &[]), OUT_OF_FUEL);
    assert!(world.notes.shorts.len() <= 20_000 / 16);
}

/// Switches that lie over each other, each of thousands of targets.
#[test]
fn what_overlaps_does_not_link() {
    let mut code = String::from("goto 2\n");
    for _ in 0..3000 {
        // stableswitch: what is default leads to the next; low 0, high 0x2000.
        code.push_str(".byte 0x73 0 7 0 0 0x20 0\n");
    }
    let mut package = package(1);
    package.class("T").static_method("run", "()V").code(&code).max_stack(2);
    let refused = small().refuse(&mut package);
    assert_eq!(refused, LinkError::Malformed("methods overlap"));
}

#[test]
fn hierarchies_are_bounded() {
    let chain = |length: usize| {
        let mut package = package(1);
        package.class("C0").default_constructor();
        for number in 1..length {
            let class = package.class(&format!("C{number}"));
            class.extends(&format!("C{}", number - 1)).default_constructor();
        }
        let last = length - 1;
        package.class("T").static_method("run", "()S").code(&format!(
            "new @C{last}; dup; invokespecial @C{last}.<init>()V; instanceof @C0; sreturn"
        ));
        package
    };
    let mut world = World::new();
    world.load(&mut chain(64));
    assert_eq!(world.call("T.run", &[]), Ok(1));
    let refused = World::new().refuse(&mut chain(65));
    assert!(matches!(refused, LinkError::Malformed(_)), "{refused}");
}

#[test]
fn static_arrays_are_as_long_as_arrays_can_be() {
    let with = |length: usize| {
        let mut package = package(1);
        package.class("T").static_array("table", "[B", &vec![1; length]);
        package
            .class("T")
            .static_method("run", "()S")
            .code("getstatic_a @T.table; arraylength; sreturn");
        package
    };
    let mut world = World::new();
    world.load(&mut with(32767));
    assert_eq!(world.call("T.run", &[]), Ok(32767));
    let refused = World::new().refuse(&mut with(32768));
    assert!(matches!(refused, LinkError::Malformed(_)), "{refused}");
}

#[test]
fn a_package_without_room_leaves_nothing() {
    let mut package = package(1);
    package.class("T").static_array("one", "[B", &[1; 100]).static_array("two", "[B", &[2; 100]);
    package.class("T").static_method("run", "()V").code("return");
    let mut world = World::new();
    world.machine.heap_mut().set_persistent_free(200);
    let refused = world.refuse(&mut package);
    assert_eq!(refused, LinkError::NoMemory);
    assert_eq!(world.machine.heap().objects().count(), 0);
    assert_eq!(world.machine.heap().persistent_free(), 200);
}

/// A package with members of every kind, and `T.run` with this code.
fn members(code: &str) -> Package {
    let mut package = package(1);
    package.interface("N").interface_method("negate", "(I)I");
    let class = package.class("T");
    class.implements("N");
    class.field("a", "Llang:0;").field("b", "B").field("s", "S").field("i", "I");
    class.static_array("table", "[B", &[1, 2, 3]).static_field("sa", "Llang:0;");
    class.static_field("sb", "B").static_field("ss", "S").static_field("si", "I");
    class.default_constructor();
    class.virtual_method("negate", "(I)I").code("iload_1; ineg; ireturn");
    class.virtual_method("take", "(SLlang:0;)Llang:0;").code("aload_2; areturn");
    class.package_method("own", "()S").code("getfield_s_this @T.s; sreturn");
    class.static_method("give", "()LT;").code("new @T; dup; invokespecial @T.<init>()V; areturn");
    class.static_method("sane", "()S").code("sconst_3; sreturn");
    class.static_method("run", "(SI)S").code(code).max_stack(12).locals(6);
    package
}

/// Operands that link, whatever the instruction makes of them.
fn operands(opcode: Opcode, number: usize, labels: usize) -> String {
    let pick = |choices: &[&str]| choices[number % choices.len()].to_owned();
    let label = |offset: usize| format!("L{}", (number / 3 + offset) % labels);
    let mnemonic = opcode.mnemonic();
    let letter = |word: usize| mnemonic.split('_').nth(word).unwrap_or("s").to_owned();
    match opcode.form() {
        OperandForm::None => String::new(),
        OperandForm::Byte => format!("{}", number % 128),
        OperandForm::Short | OperandForm::Int => format!("{}", number % 32768),
        OperandForm::Local => format!("{}", number % 10),
        OperandForm::Nibbles => format!("{} {}", number % 6, number / 6 % 10),
        OperandForm::Constant8 => format!("@T.{}", letter(1)),
        OperandForm::Constant16 if mnemonic.contains("field") => format!("@T.{}", letter(1)),
        OperandForm::Constant16 if mnemonic.contains("static_") => format!("@T.s{}", letter(1)),
        OperandForm::Constant16 => match opcode {
            Opcode::Invokevirtual => pick(&[
                "@T.negate",
                "@T.take",
                "@T.own",
                "@lang:0.0(Llang:0;)Z",
                "@framework:21.1()S",
            ]),
            Opcode::Invokespecial => pick(&["@T.<init>()V", "@lang:0.0()V", "@framework:21.0()V"]),
            Opcode::Invokestatic => pick(&[
                "@T.give",
                "@T.run",
                "@begin",
                "@commit",
                "@abort",
                "@transientBytes",
                "@note",
                "@view",
                "@transientObjects",
                "@entry",
                "@fill",
                "@fail",
                "@callBack",
                "@global",
                "@lang:0.0()V",
                "@previous",
            ]),
            _ => pick(&["@T", "@lang:0", "@framework:21", "@lang:1"]),
        },
        OperandForm::Branch8 | OperandForm::Branch16 => label(0),
        OperandForm::LocalByte | OperandForm::LocalShort => format!("{} 3", number % 10),
        OperandForm::Interface => pick(&["@N.negate", "3 @N 0", "0 @N 0", "1 @N 7", "200 @N 0"]),
        OperandForm::ArrayType => pick(&["boolean", "byte", "short", "int", "77"]),
        OperandForm::TypeCheck => {
            pick(&["@T", "@N", "@lang:0", "byte[]", "int[]", "@T[]", "@lang:0[]", "77 0"])
        }
        OperandForm::TableSwitchShort | OperandForm::TableSwitchInt => {
            format!("{} 0 {} {}", label(0), label(1), label(2))
        }
        OperandForm::LookupSwitchShort | OperandForm::LookupSwitchInt => {
            format!("{} 0={} 7={}", label(0), label(1), label(2))
        }
    }
}

/// Whatever has happened, the machine goes on, and its records can be read.
fn check_sane(world: &mut World) -> Result<(), TestCaseError> {
    if world.machine.heap().in_transaction() {
        let _ = world.machine.heap_mut().abort_transaction();
    }
    world.machine.begin(None);
    prop_assert_eq!(world.call("T.sane", &[]), Ok(3));
    world.machine.collect(core::iter::empty());
    let mut other = World::new();
    for change in world.machine.heap_mut().take_changes() {
        if let Some(record) = change.record {
            prop_assert!(other.machine.heap_mut().restore(change.handle, &record).is_ok());
        }
    }
    prop_assert_eq!(world.call("T.sane", &[]), Ok(3));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Instructions in any order, with operands that link.
    #[test]
    fn any_instructions_end(
        steps in prop::collection::vec((0..Opcode::ALL.len(), any::<u16>()), 1..30),
        catches in prop::collection::vec((0..30_usize, 0..30_usize, 0..30_usize), 0..3),
        arguments in (any::<i16>(), any::<i32>()),
    ) {
        let mut code = String::new();
        for (index, (opcode, number)) in steps.iter().enumerate() {
            let opcode = Opcode::ALL[*opcode];
            let operands = operands(opcode, usize::from(*number), steps.len());
            writeln!(code, "L{index}: {} {operands}", opcode.mnemonic()).unwrap();
        }
        code.push_str("End: sconst_0; sreturn\n");
        let place = |number: usize| format!("L{}", number % steps.len());
        for (start, end, target) in catches {
            let (start, end) = (start % steps.len(), end % steps.len());
            if start < end {
                writeln!(code, ".catch L{start} L{end} {} any", place(target)).unwrap();
            }
        }
        let mut package = members(&code);
        // Only a branch of a byte that does not reach keeps it from being assembled.
        prop_assume!(package.build().is_ok());
        prop_assume!(package.build().is_ok_and(|assembled| assembled.cap().is_ok()));
        let mut world = small();
        world.load_with(&mut package, false);
        let arguments = [i32::from(arguments.0), arguments.1, 0];
        let _ = world.call("T.run", &arguments);
        check_sane(&mut world)?;
    }

    /// Damage to code that does something.
    #[test]
    fn damaged_code_ends(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let (mut assembled, rows) = bytecodes::assembled();
        let length = assembled.component(tag::METHOD).map_or(0, <[u8]>::len);
        for (place, byte) in damage {
            assembled.patch(tag::METHOD, place.index(length), &[byte]);
        }
        let Ok(cap) = assembled.cap_unverified() else { return Ok(()) };
        let mut world = small();
        let Ok(id) = world.machine.load(Arc::new(cap), false) else { return Ok(()) };
        for (row, arguments) in rows {
            world.machine.begin(None);
            let location = assembled.method(&row).unwrap();
            let applet = jcvm::AppletId(0);
            let mut vm = world.machine.vm();
            let _ = vm.call_static(&mut world.notes, id, location, applet, &arguments);
        }
    }

    /// Bytes in place of the code.
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 1..60), arguments in any::<(i16, i32)>()) {
        let package = members(&"nop; ".repeat(bytes.len()));
        let mut assembled = package.build().unwrap();
        let location = assembled.method("T.run").unwrap();
        let header = assembled.cap_unverified().unwrap();
        let header = header.method.block(0).and_then(|block| block.header(location.offset)).unwrap();
        assembled.patch(tag::METHOD, header.code, &bytes);
        let Ok(cap) = assembled.cap_unverified() else { return Ok(()) };
        let mut world = small();
        if let Ok(id) = world.machine.load(Arc::new(cap), false) {
            let arguments = [i32::from(arguments.0), arguments.1, 0];
            let applet = jcvm::AppletId(0);
            let _ = world.machine.vm().call_static(&mut world.notes, id, location, applet, &arguments);
            world.machine.begin(None);
            let sane = assembled.method("T.sane").unwrap();
            let outcome = world.machine.vm().call_static(&mut world.notes, id, sane, applet, &[]);
            // The bytes may have changed what follows them.
            prop_assert!(outcome.is_ok() || outcome.is_err());
        }
    }
}
