//! Transactions, persistence, tearing [JCRE 3.0.5 §7].

use std::collections::BTreeMap;

use capfile::assemble::Package;
use jcvm::{Fault, Limits, Trap};

use crate::world::{World, package};

/// A class with two static shorts, an array and a transient array, and methods that change them.
fn ledger() -> Package {
    let mut package = package(1);
    let class = package.class("T");
    class.static_field("array", "[B").static_field("transient", "[B").static_field("kept", "[S");
    class.static_field("a", "S").static_field("b", "S");
    class.static_method("make", "()V").code(
        "bspush 16; newarray byte; putstatic_a @T.array
         bspush 16; sconst_1; s2b; invokestatic @transientBytes; putstatic_a @T.transient; return",
    );
    class.static_method("move", "(S)V").code(
        "invokestatic @begin
         getstatic_s @T.a; sload_0; ssub; putstatic_s @T.a
         getstatic_s @T.b; sload_0; sadd; putstatic_s @T.b
         getstatic_a @T.array; sconst_0; sload_0; bastore
         getstatic_a @T.transient; sconst_0; sload_0; bastore
         sconst_3; newarray short; putstatic_a @T.kept
         return",
    );
    class.static_method("commit", "()V").code("invokestatic @commit; return");
    class.static_method("abort", "()V").code("invokestatic @abort; return");
    class.static_method("aborted", "()S").code(
        "invokestatic @begin; sconst_3; newarray short; astore_0; invokestatic @abort
         aload_0; ifnull Null; sconst_0; sreturn
         Null: sconst_1; sreturn",
    );
    class.static_method("fill", "(S)V").code(
        "invokestatic @begin
         Again: sload_0; ifle End; getstatic_a @T.array; sconst_0; sload_0; bastore; sinc 0 -1; goto Again
         End: invokestatic @commit; return",
    );
    class.static_method("state", "()S").code(
        "getstatic_s @T.a; getstatic_s @T.b; sadd; ifne Broken
         getstatic_s @T.b; getstatic_a @T.array; sconst_0; baload; if_scmpne Broken
         getstatic_s @T.b; sreturn
         Broken: sconst_m1; sreturn",
    );
    class
        .static_method("transient", "()S")
        .code("getstatic_a @T.transient; sconst_0; baload; sreturn");
    class.static_method("keeps", "()S").code(
        "getstatic_a @T.kept; ifnull No; sconst_1; sreturn
         No: sconst_0; sreturn",
    );
    package
}

fn world() -> World {
    let mut world = World::new();
    world.load(&mut ledger());
    world.call("T.make", &[]).unwrap();
    world
}

#[test]
fn an_abort_takes_back_everything_that_is_persistent() {
    let mut world = world();
    world.call("T.move", &[5]).unwrap();
    assert_eq!(world.call("T.state", &[]), Ok(5));
    assert_eq!(world.call("T.keeps", &[]), Ok(1));
    world.call("T.abort", &[]).unwrap();
    assert_eq!(world.call("T.state", &[]), Ok(0));
    assert_eq!(world.call("T.keeps", &[]), Ok(0));
    assert_eq!(world.call("T.transient", &[]), Ok(5), "transient arrays take no part");
    assert_eq!(world.notes.reclaimed.len(), 1, "the array that was made is gone");
}

#[test]
fn references_to_what_an_abort_took_are_null() {
    assert_eq!(world().call("T.aborted", &[]), Ok(1));
}

#[test]
fn transactions_do_not_nest_and_end_once() {
    let mut world = world();
    world.call("T.move", &[5]).unwrap();
    let outcome = world.call("T.move", &[5]);
    assert_eq!(world.exception(outcome), (1, 14, 1));
    world.call("T.commit", &[]).unwrap();
    for method in ["T.commit", "T.abort"] {
        let outcome = world.call(method, &[]);
        assert_eq!(world.exception(outcome), (1, 14, 2));
    }
}

#[test]
fn the_commit_buffer_is_bounded() {
    let mut world = World::with_limits(&Limits { commit_buffer: 64, ..Limits::default() });
    world.load(&mut ledger());
    world.call("T.make", &[]).unwrap();
    world.call("T.fill", &[10]).unwrap();
    let outcome = world.call("T.fill", &[100]);
    assert_eq!(world.exception(outcome), (1, 14, 3));
}

/// What a card keeps of a machine.
#[derive(Clone, Default)]
struct Records(BTreeMap<u32, Vec<u8>>);

impl Records {
    fn update(&mut self, world: &mut World) {
        for change in world.machine.heap_mut().take_changes() {
            match change.record {
                Some(record) => self.0.insert(change.handle, record),
                None => self.0.remove(&change.handle),
            };
        }
    }

    /// A machine with these objects and this package, as after the power came back.
    fn revive(&self) -> World {
        let mut world = World::new();
        world.load(&mut ledger());
        world.machine.heap_mut().take_changes();
        for (handle, record) in &self.0 {
            world.machine.heap_mut().restore(*handle, record).unwrap();
        }
        world
    }
}

#[test]
fn a_power_failure_leaves_a_transaction_whole_or_undone() {
    let mut cuts = 0;
    for writes in 1.. {
        let mut world = world();
        let mut records = Records::default();
        records.update(&mut world);
        world.machine.heap_mut().set_power_failure(Some(writes));
        let moved = world.call("T.move", &[7]).and_then(|_| world.call("T.commit", &[]));
        world.machine.reset();
        records.update(&mut world);
        let mut revived = records.revive();
        let state = revived.call("T.state", &[]).unwrap();
        let Err(trap) = moved else {
            assert_eq!(state, 7);
            break;
        };
        assert_eq!(trap, Trap::Fault(Fault::PowerLost));
        assert_eq!(state, 0, "cut after write {writes}");
        cuts += 1;
        assert_eq!(revived.call("T.transient", &[]), Ok(0), "transient content is gone");
    }
    assert_eq!(cuts, 4, "two fields, an element and a reference");
}

#[test]
fn objects_come_back_from_their_records() {
    let mut world = world();
    world.call("T.move", &[9]).unwrap();
    world.call("T.commit", &[]).unwrap();
    let mut records = Records::default();
    records.update(&mut world);
    let mut revived = records.revive();
    assert_eq!(revived.call("T.state", &[]), Ok(9));
    assert_eq!(revived.call("T.keeps", &[]), Ok(1));
    // And they are the same when they are written again.
    revived.call("T.move", &[1]).unwrap();
    revived.call("T.commit", &[]).unwrap();
    let mut again = records.clone();
    again.update(&mut revived);
    assert_eq!(again.revive().call("T.keeps", &[]), Ok(1));
    assert_eq!(again.revive().call("T.state", &[]), Ok(-1), "10 moved in all, 1 in the array");
}

#[test]
fn what_failed_is_taken_back_from_the_records() {
    let mut world = world();
    let mut records = Records::default();
    records.update(&mut world);
    let objects = world.machine.heap().objects().count();
    world.call("T.move", &[9]).unwrap();
    let known = records.0.clone();
    let taken =
        world.machine.heap_mut().take_back(|handle, _, _| known.get(&handle).map(Vec::as_slice));
    assert!(taken.is_ok());
    assert_eq!(world.call("T.state", &[]), Ok(0));
    assert_eq!(world.call("T.keeps", &[]), Ok(0));
    assert_eq!(world.machine.heap().objects().count(), objects);
}

#[test]
fn the_collector_takes_what_nothing_reaches() {
    let mut package = package(1);
    let class = package.class("N");
    class.field("next", "LN;").static_field("head", "LN;").default_constructor();
    class.static_method("push", "()V").code(
        "new @N; dup; invokespecial @N.<init>()V; astore_0
         aload_0; getstatic_a @N.head; putfield_a @N.next
         aload_0; putstatic_a @N.head; return",
    );
    class
        .static_method("drop", "()V")
        .code("getstatic_a @N.head; getfield_a @N.next; putstatic_a @N.head; return");
    class.static_method("loop", "()V").code(
        "getstatic_a @N.head; getstatic_a @N.head; putfield_a @N.next
         aconst_null; putstatic_a @N.head; return",
    );
    let mut world = World::new();
    world.load(&mut package);
    let free = world.machine.heap().persistent_free();
    for _ in 0..10 {
        world.call("N.push", &[]).unwrap();
    }
    assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 0);
    world.call("N.drop", &[]).unwrap();
    assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 1);
    world.call("N.loop", &[]).unwrap();
    assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 9, "a circle goes, too");
    assert_eq!(world.machine.heap().persistent_free(), free);
}
