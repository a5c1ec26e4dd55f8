//! Transient and global arrays, views, memory figures.

use jcvm::{Native, Reference};

use crate::bed::{Bed, applet, cases, run};

#[test]
fn transient_arrays_are_cleared_by_their_event() {
    let read = |array: &str| format!("getstatic_a @A.{array}; checkcast byte[]; sconst_0; baload");
    let write = |array: &str| {
        format!("getstatic_a @A.{array}; checkcast byte[]; sconst_0; bspush 5; bastore")
    };
    let process = cases(&[
        (
            1,
            "bspush 4; sconst_1; invokestatic @JCSystem.makeTransientByteArray; putstatic_a @A.r
             bspush 4; sconst_2; invokestatic @JCSystem.makeTransientByteArray; putstatic_a @A.d
             getstatic_a @A.r; invokestatic @JCSystem.isTransient; bspush 10; smul
             getstatic_a @A.d; invokestatic @JCSystem.isTransient; sadd",
        ),
        (2, &format!("{}; {}; sconst_0", write("r"), write("d"))),
        (3, &format!("{}; bspush 10; smul; {}; sadd", read("r"), read("d"))),
    ]);
    let mut package = applet(1, &process);
    package.class("A").static_field("r", "Llang:0;").static_field("d", "Llang:0;");
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 1), Ok(12));
    assert_eq!(bed.ask(applet, 2), Ok(0));
    assert_eq!(bed.ask(applet, 3), Ok(55));
    let origin = bed.origin;
    let (mut api, machine) = bed.api();
    api.deselect(machine, applet, origin, false).unwrap();
    assert_eq!(bed.ask(applet, 3), Ok(50));
    bed.reset();
    assert_eq!(bed.ask(applet, 3), Ok(0));
}

#[test]
fn every_kind_of_transient_array_can_be_made() {
    for method in ["Boolean", "Byte", "Short", "Object"] {
        let make = format!(
            "bspush 7; sconst_1; invokestatic @JCSystem.makeTransient{method}Array; arraylength"
        );
        assert_eq!(run(&make), Ok(7), "{method}");
        assert_eq!(run(&make.replace("bspush 7", "sconst_m1")), Err(0x6F00), "{method}");
    }
}

#[test]
fn refusals_name_their_reason() {
    let reason = |code: &str| {
        run(&format!(
            "Start: {code}; pop; sconst_0; goto Rest
             Handler: invokevirtual @SystemException.getReason
             Rest: nop
             .catch Start Handler Handler @SystemException"
        ))
    };
    let make = |length: i16, event: u8| {
        format!("sspush {length}; bspush {event}; invokestatic @JCSystem.makeTransientByteArray")
    };
    assert_eq!(reason(&make(4, 3)), Ok(1), "no such event");
    assert_eq!(reason(&make(32_000, 1)), Ok(2), "no space");
    assert_eq!(reason("bspush 9; sconst_4; invokestatic @JCSystem.makeGlobalArray"), Ok(1));
    assert_eq!(reason("bspush 9; invokestatic @JCSystem.getAvailableMemory/16"), Ok(1));
}

#[test]
fn memory_figures_fall_when_memory_is_taken() {
    let transient = "sconst_1; invokestatic @JCSystem.getAvailableMemory/16";
    let code = format!(
        "{transient}; sspush 300; sconst_1; invokestatic @JCSystem.makeTransientByteArray; pop
         {transient}; ssub"
    );
    assert_eq!(run(&code), Ok(300));
    assert_eq!(run("sconst_0; invokestatic @JCSystem.getAvailableMemory/16"), Ok(i16::MAX));
    let high = "sconst_2; newarray short; astore_2
                aload_2; sconst_0; sconst_0; invokestatic @JCSystem.getAvailableMemory/22
                aload_2; sconst_0; saload";
    let left = run(high).unwrap();
    assert!((14..16).contains(&left), "{left} times 64 KiB of a mebibyte");
}

#[test]
fn a_global_array_goes_with_the_command() {
    let process = cases(&[(
        1,
        "sconst_2; sspush 1000; invokestatic @JCSystem.makeGlobalArray; checkcast byte[]; arraylength",
    )]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, &process));
    assert_eq!(bed.ask(applet, 1), Ok(1000));
    let objects = bed.machine.heap().objects().count();
    for _ in 0..100 {
        assert_eq!(bed.ask(applet, 1), Ok(1000));
    }
    assert_eq!(bed.machine.heap().objects().count(), objects);
    let hoard = "sconst_0; sstore_2
                 Again: sconst_2; sspush 30000; invokestatic @JCSystem.makeGlobalArray; pop
                 sinc 2 1; sload_2; bspush 100; if_scmplt Again; sconst_0";
    assert_eq!(run(hoard), Err(0x6F00), "a command may not hoard them");
}

#[test]
fn a_global_array_cannot_be_kept() {
    let code =
        "sconst_2; bspush 9; invokestatic @JCSystem.makeGlobalArray; putstatic_a @A.x; sconst_0";
    let mut package = applet(1, &crate::bed::answering(code));
    package.class("A").static_field("x", "Llang:0;");
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 0), Err(0x6F00));
}

/// Code with a byte array of 10 in local 2 and a view on its bytes 2 to 5 in local 3.
fn on_view(attributes: u8, code: &str) -> Result<i16, u16> {
    run(&format!(
        "bspush 10; newarray byte; astore_2
         aload_2; sconst_2; bspush 7; bastore
         aload_2; sconst_2; sconst_4; bspush {attributes}; aconst_null
         invokestatic @JCSystem.makeByteArrayView; astore_3
         {code}"
    ))
}

#[test]
fn a_view_shows_a_part() {
    assert_eq!(on_view(3, "aload_3; arraylength"), Ok(4));
    assert_eq!(on_view(3, "aload_3; sconst_0; baload"), Ok(7));
    assert_eq!(
        on_view(3, "aload_3; sconst_1; bspush 9; bastore; aload_2; sconst_3; baload"),
        Ok(9)
    );
    assert_eq!(on_view(3, "aload_3; sconst_4; baload"), Err(0x6F00));
    let copied = "aload_3; sconst_0; aload_2; sconst_0; sconst_1; invokestatic @Util.arrayCopy; pop
                  aload_2; sconst_0; baload";
    assert_eq!(on_view(3, copied), Ok(7));
    assert_eq!(on_view(3, "aload_3; invokestatic @JCSystem.isArrayView"), Ok(1));
    assert_eq!(on_view(1, "aload_3; invokestatic @JCSystem.getAttributes"), Ok(1));
    assert_eq!(on_view(3, "aload_2; invokestatic @JCSystem.isArrayView"), Ok(0));
}

#[test]
fn a_view_gives_no_more_than_its_attributes() {
    assert_eq!(on_view(1, "aload_3; sconst_0; sconst_1; bastore; sconst_0"), Err(0x6F00));
    assert_eq!(on_view(2, "aload_3; sconst_0; baload"), Err(0x6F00));
    assert_eq!(on_view(0, "sconst_0"), Err(0x6F00));
    let wider = "aload_3; sconst_0; sconst_1; bspush 3; aconst_null
                 invokestatic @JCSystem.makeByteArrayView; pop; sconst_0";
    assert_eq!(on_view(1, wider), Err(0x6F00));
    let written = "aload_3; sconst_0; bspush 1; invokestatic @Util.setShort";
    assert_eq!(on_view(1, written), Err(0x6F00), "natives ask, too");
    assert_eq!(on_view(2, "aload_3; sconst_0; invokestatic @Util.getShort"), Err(0x6F00));
}

#[test]
fn resources_are_read_through_views() {
    let code = "invokestatic @Resources.getResources; bspush 5; invokevirtual @Resources.getSize
                invokestatic @Resources.getResources; bspush 5; sconst_1; sconst_2
                invokevirtual @Resources.getView/3; sconst_0; baload; sadd";
    let mut package = applet(1, &crate::bed::answering(code));
    package.resource(5, &[10, 20, 30]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 0), Ok(23));
}

#[test]
fn sensitive_arrays_are_marked_and_cleared() {
    let code =
        "sconst_3; sconst_0; sconst_5; invokestatic @SensitiveArrays.makeIntegritySensitiveArray
                checkcast short[]; astore_2
                aload_2; sconst_1; sspush 300; sastore
                aload_2; invokestatic @SensitiveArrays.assertIntegrity
                aload_2; invokestatic @SensitiveArrays.isIntegritySensitive; bspush 100; smul
                aload_2; invokestatic @SensitiveArrays.clearArray; bspush 10; smul; sadd
                aload_2; sconst_1; saload; sadd";
    assert_eq!(run(code), Ok(150));
    let plain = "sconst_1; newarray byte; invokestatic @SensitiveArrays.isIntegritySensitive";
    assert_eq!(run(plain), Ok(0));
}

#[test]
fn deletion_is_asked_for_and_takes_what_nothing_reaches() {
    let process = cases(&[
        (1, "sspush 100; newarray byte; putstatic_a @A.x; sconst_0"),
        (
            2,
            "aconst_null; putstatic_a @A.x; invokestatic @JCSystem.requestObjectDeletion; sconst_0",
        ),
    ]);
    let mut package = applet(1, &process);
    package.class("A").static_field("x", "Llang:0;");
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    let before = bed.machine.heap().objects().count();
    assert_eq!(bed.ask(applet, 1), Ok(0));
    assert!(!bed.state.take_deletion_request());
    assert_eq!(bed.ask(applet, 2), Ok(0));
    assert!(bed.state.take_deletion_request());
    assert!(!bed.state.take_deletion_request(), "once");
    let reclaimed = bed.machine.collect(core::iter::empty::<Reference>());
    assert_eq!(reclaimed.0.len(), 1);
    let (mut api, _) = bed.api();
    api.reclaimed(&reclaimed);
    assert_eq!(bed.machine.heap().objects().count(), before);
    assert_eq!(bed.ask(applet, 2), Ok(0), "the runtime environment's own objects are still there");
}
