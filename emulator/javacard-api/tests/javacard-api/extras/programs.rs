//! Structures as programs use them: kept, collected, undone, subclassed, and behind the firewall.

use capfile::assemble::Package;
use hex_literal::hex;
use jcvm::Reference;

use crate::bed::{Bed, aid, applet, cases, declare_applet, package};

const TLV_AID: &[u8] = &hex!("A000000062020803");
/// A constructed structure with two primitive ones, one of them in a constructed one.
const BYTES: [u8; 10] = hex!("7F49 07 810101 A202 8200");

const MAKE: &str = "getstatic_a @A.bytes; sconst_0; bspush 10; invokestatic @tlv:0.1([BSS)Ltlv:0;";

/// An applet that keeps a structure.
fn keeper() -> Package {
    let append = "getstatic_a @A.kept; checkcast @tlv:2
                  new @tlv:4; dup; sconst_0; invokespecial @tlv:4.0(S)V; astore_3
                  aload_3; getstatic_a @A.bytes; sconst_3; sconst_3; invokevirtual @tlv:4.5([BSS)S; pop
                  aload_3; invokevirtual @tlv:2.8(Ltlv:0;)S";
    let mine = "new @Sub; dup; sconst_2; invokespecial @Sub.<init>; astore_3
                aload_3; getstatic_a @A.bytes; sconst_3; sconst_3; invokevirtual @tlv:4.5([BSS)S; pop";
    let process = cases(&[
        (1, &format!("{MAKE}; putstatic_a @A.kept; sconst_0")),
        (2, "getstatic_a @A.kept; invokevirtual @tlv:0.4()S"),
        (
            3,
            "getstatic_a @A.kept; aload_1; invokevirtual @APDU.getBuffer; sconst_2
             invokevirtual @tlv:0.1([BS)S; pop
             aload_1; invokevirtual @APDU.setOutgoing; pop
             aload_1; bspush 13; invokevirtual @APDU.setOutgoingLength
             aload_1; sconst_2; bspush 13; invokevirtual @APDU.sendBytes; return",
        ),
        (
            4,
            &format!(
                "invokestatic @JCSystem.beginTransaction; {append}; sstore 4
                 invokestatic @JCSystem.abortTransaction; sload 4"
            ),
        ),
        (5, append),
        (6, &format!("{MAKE}; pop; sconst_0")),
        // A subclass answers as it likes; its structure in another one is what the native knows.
        (7, &format!("{mine}; aload_3; invokevirtual @tlv:0.4()S")),
        (
            8,
            &format!(
                "{mine}; getstatic_a @A.kept; checkcast @tlv:2; aload_3; invokevirtual @tlv:2.8(Ltlv:0;)S"
            ),
        ),
    ]);
    let mut package = package(1);
    package.import("tlv", TLV_AID, 1, 0);
    let mine = package.class("Sub");
    mine.extends("tlv:4").inherited_tokens(10);
    mine.constructor("(S)V").code("aload_0; sload_1; invokespecial @tlv:4.0(S)V; return");
    mine.virtual_method("size", "()S").token(4).code("bspush 77; sreturn");
    declare_applet(&mut package, 1, &process);
    package.class("A").static_array("bytes", "[B", &BYTES).static_field("kept", "Ltlv:0;");
    package
}

#[test]
fn a_structure_that_is_kept_survives_the_collector_whole() {
    let mut bed = Bed::new();
    let keeper = bed.start(1, &mut keeper());
    assert_eq!(bed.ask(keeper, 1), Ok(0));
    let before = bed.machine.heap().objects().count();
    assert_eq!(bed.ask(keeper, 6), Ok(0));
    let lost = bed.machine.heap().objects().count() - before;
    let reclaimed = bed.machine.collect(core::iter::empty::<Reference>());
    assert!(lost > 4 && reclaimed.0.len() == lost, "{lost} {}", reclaimed.0.len());
    bed.reset();
    bed.platform.active.insert(0, keeper);
    assert_eq!(bed.ask(keeper, 2), Ok(10));
    assert_eq!(bed.send(keeper, &[0x80, 3, 0, 0]).0[..10], BYTES);
}

#[test]
fn what_a_transaction_appended_is_gone_with_it() {
    let mut bed = Bed::new();
    let keeper = bed.start(1, &mut keeper());
    bed.ask(keeper, 1).unwrap();
    assert_eq!(bed.ask(keeper, 4), Ok(13));
    assert_eq!(bed.ask(keeper, 2), Ok(10));
    assert_eq!(bed.ask(keeper, 5), Ok(13));
    assert_eq!(bed.ask(keeper, 2), Ok(13));
}

#[test]
fn the_power_may_fail_at_any_store() {
    for after in 1..60 {
        let mut bed = Bed::new();
        let keeper = bed.start(1, &mut keeper());
        bed.ask(keeper, 1).unwrap();
        bed.machine.heap_mut().set_power_failure(Some(after));
        let appended = bed.ask(keeper, 5);
        bed.machine.heap_mut().set_power_failure(None);
        bed.reset();
        bed.platform.active.insert(0, keeper);
        let size = bed.ask(keeper, 2).unwrap();
        if appended == Ok(13) {
            assert_eq!(size, 13);
            return;
        }
        assert!(size == 10 || size == 13, "{size} after store {after}");
    }
    panic!("it never came to an end");
}

#[test]
fn a_subclass_is_a_structure_too() {
    let mut bed = Bed::new();
    let keeper = bed.start(1, &mut keeper());
    bed.ask(keeper, 1).unwrap();
    assert_eq!(bed.ask(keeper, 7), Ok(77));
    assert_eq!(bed.ask(keeper, 8), Ok(13));
}

/// An applet that gives others a structure, a tag and an array of its own.
fn giver() -> Package {
    let mut package = applet(1, "return");
    package.import("tlv", TLV_AID, 1, 0);
    package.interface("Giver").shareable().implements_with("Shareable", &[]);
    package.interface("Giver").interface_method("tlv", "()Ltlv:0;");
    package.interface("Giver").interface_method("tag", "()Ltlv:5;");
    package.interface("Giver").interface_method("array", "()[B");
    package.export("Giver");
    let class = package.class("A");
    class.implements("Giver").static_array("bytes", "[B", &BYTES);
    class
        .virtual_method("getShareableInterfaceObject", "(LAID;B)LShareable;")
        .token(5)
        .code("aload_0; areturn");
    class.virtual_method("tlv", "()Ltlv:0;").code(&format!("{MAKE}; areturn"));
    class
        .virtual_method("tag", "()Ltlv:5;")
        .code("new @tlv:5; dup; invokespecial @tlv:5.0()V; areturn");
    class.virtual_method("array", "()[B").code("getstatic_a @A.bytes; areturn");
    package
}

/// An applet that uses what another one gives it; 1 is a `SecurityException`.
fn taker() -> Package {
    let server = "getstatic_a @A.giver; sconst_0; bspush 6; invokestatic @JCSystem.lookupAID
                  sconst_0; invokestatic @JCSystem.getAppletShareableInterfaceObject
                  checkcast @giver:0";
    let give =
        |token: u8, kind: &str| format!("{server}; invokeinterface @giver:0.{token}(){kind}");
    let (tlv, tag, array) = (give(0, "Ltlv:0;"), give(1, "Ltlv:5;"), give(2, "[B"));
    let own = format!("{MAKE}; checkcast @tlv:2");
    let single = "new @tlv:4; dup; sconst_0; invokespecial @tlv:4.0(S)V";
    let codes = [
        format!("{tlv}; invokevirtual @tlv:0.4()S; pop"),
        format!("{own}; {tlv}; invokevirtual @tlv:2.8(Ltlv:0;)S; pop"),
        format!("{own}; {tlv}; sconst_1; invokevirtual @tlv:2.9(Ltlv:0;S)S; pop"),
        format!("{own}; {tag}; invokevirtual @tlv:2.10(Ltlv:1;)Ltlv:0;; pop"),
        format!(
            "{single}; {tag}; getstatic_a @A.bytes; sconst_0; sconst_1
             invokevirtual @tlv:4.6(Ltlv:5;[BSS)S; pop"
        ),
        format!("{single}; {array}; sconst_3; sconst_3; invokevirtual @tlv:4.5([BSS)S; pop"),
        format!("{array}; sconst_0; invokestatic @tlv:1.3([BS)B; pop"),
        format!("{array}; sconst_0; bspush 10; invokestatic @tlv:0.2([BSS)Z; pop"),
        format!("{own}; {array}; sconst_0; invokevirtual @tlv:0.1([BS)S; pop"),
    ];
    let codes: Vec<String> = codes
        .iter()
        .map(|code| {
            format!(
                "MineStart: {code}; sconst_0; goto_w Answer
                 MineEnd: nop
                 MineHandler: pop; sconst_1; goto_w Answer
                 .catch MineStart MineEnd MineHandler @SecurityException"
            )
        })
        .collect();
    let numbered: Vec<(u8, &str)> = (0..).zip(codes.iter().map(String::as_str)).collect();
    let mut package = package(2);
    package.import("tlv", TLV_AID, 1, 0);
    package.import("giver", aid(1).as_bytes(), 1, 0);
    declare_applet(&mut package, 2, &cases(&numbered));
    let class = package.class("A");
    class.static_array("giver", "[B", aid(1).as_bytes()).static_array("bytes", "[B", &BYTES);
    package
}

#[test]
fn natives_are_no_way_around_the_firewall() {
    let mut bed = Bed::new();
    bed.start(1, &mut giver());
    let taker = bed.start(2, &mut taker());
    for ins in 0..9 {
        assert_eq!(bed.ask(taker, ins), Ok(1), "case {ins}");
    }
}
