//! Memory: what is undone, what comes back, what is free again, and what the power leaves [JCRE 3.0.5 §5, §7, §8].

use std::collections::BTreeMap;

use capfile::assemble::Package;
use jcvm::{
    AppletId, Body, ClassId, ContextId, Fault, Heap, Lifetime, Limits, TransientAllotment, Trap,
};

use crate::world::{BUFFER_FULL, NO_RESOURCE, NO_TRANSIENT_SPACE, World, package};

/// Every kind of place that holds a value: fields, statics, elements.
fn places() -> Package {
    let mut package = package(1);
    let class = package.class("T");
    class.field("a", "[B").field("b", "B").field("s", "S").field("i", "I").default_constructor();
    class.static_field("one", "LT;").static_field("a", "[B").static_field("refs", "[Llang:0;");
    class.static_field("booleans", "[Z").static_field("bytes", "[B").static_field("shorts", "[S");
    class.static_field("ints", "[I");
    class.static_value("b", "B", 1).static_value("s", "S", 1).static_value("i", "I", 1);
    class.static_method("make", "()V").code(
        "new @T; dup; invokespecial @T.<init>()V; putstatic_a @T.one
         sconst_2; newarray boolean; putstatic_a @T.booleans
         bspush 100; newarray byte; putstatic_a @T.bytes
         sconst_2; newarray short; putstatic_a @T.shorts
         sconst_2; newarray int; putstatic_a @T.ints
         sconst_2; anewarray @lang:0; putstatic_a @T.refs
         return",
    );
    // Arrays of this many elements stand for references.
    class.virtual_method("fields", "(S)V").code(
        "sload_1; newarray byte; putfield_a_this @T.a
         sload_1; s2b; putfield_b_this @T.b; sload_1; putfield_s_this @T.s
         sload_1; s2i; iipush 65536; iadd; putfield_i_this @T.i; return",
    );
    class.static_method("set", "(S)V").code(
        "getstatic_a @T.one; sload_0; invokevirtual @T.fields
         sload_0; newarray byte; putstatic_a @T.a
         sload_0; putstatic_b @T.b; sload_0; putstatic_s @T.s; sload_0; s2i; putstatic_i @T.i
         getstatic_a @T.booleans; sconst_1; sload_0; sconst_1; sand; bastore
         getstatic_a @T.bytes; bspush 99; sload_0; bastore
         getstatic_a @T.shorts; sconst_1; sload_0; sastore
         getstatic_a @T.ints; sconst_1; sload_0; s2i; iastore
         getstatic_a @T.refs; sconst_1; sload_0; newarray byte; aastore
         return",
    );
    let length = "checkcast byte[]; dup; ifnull Null#; arraylength; goto Told#\n Null#: pop; sconst_m1\n Told#: invokestatic @note";
    let told = |number: u8, reference: &str| {
        format!("{reference}; {}\n", length.replace('#', &number.to_string()))
    };
    let tell = [
        told(1, "getstatic_a @T.one; getfield_a @T.a"),
        told(2, "getstatic_a @T.a"),
        told(3, "getstatic_a @T.refs; sconst_1; aaload"),
        "getstatic_a @T.one; getfield_b @T.b; invokestatic @note
         getstatic_a @T.one; getfield_s @T.s; invokestatic @note
         getstatic_a @T.one; getfield_i @T.i; i2s; invokestatic @note
         getstatic_b @T.b; invokestatic @note; getstatic_s @T.s; invokestatic @note
         getstatic_i @T.i; i2s; invokestatic @note
         getstatic_a @T.booleans; sconst_1; baload; invokestatic @note
         getstatic_a @T.bytes; bspush 99; baload; invokestatic @note
         getstatic_a @T.shorts; sconst_1; saload; invokestatic @note
         getstatic_a @T.ints; sconst_1; iaload; i2s; invokestatic @note
         return"
            .to_owned(),
    ];
    class.static_method("tell", "()V").code(&tell.concat());
    for name in ["begin", "commit", "abort"] {
        class.static_method(name, "()V").code(&format!("invokestatic @{name}; return"));
    }
    class
        .static_method("fill", "(BS)V")
        .code("getstatic_a @T.bytes; sload_0; sload_1; invokestatic @fill; return");
    class.static_method("byte", "(S)S").code("getstatic_a @T.bytes; sload_0; baload; sreturn");
    class.static_method("fail", "()V").code("bspush 9; invokestatic @fail; return");
    class
        .static_method("transient", "(SB)S")
        .code("sload_0; sload_1; invokestatic @transientBytes; arraylength; sreturn");
    package
}

fn world() -> World {
    let mut world = World::new();
    world.load(&mut places());
    world.call("T.make", &[]).unwrap();
    world
}

fn told(world: &mut World) -> Vec<i16> {
    world.notes.shorts.clear();
    world.call("T.tell", &[]).unwrap();
    world.notes.shorts.clone()
}

/// The records of a card, and a machine made of them.
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

    /// The records are those of what is there.
    fn check(&self, world: &World) {
        let recorded = world.machine.heap().objects().filter(|(_, object)| object.is_recorded());
        let handles: Vec<u32> = recorded.map(|(reference, _)| reference.handle()).collect();
        assert_eq!(self.0.keys().copied().collect::<Vec<_>>(), handles);
    }

    fn revive(&self, limits: &Limits) -> World {
        let mut world = World::with_limits(limits);
        world.load(&mut places());
        world.machine.heap_mut().take_changes();
        for (handle, record) in &self.0 {
            world.machine.heap_mut().restore(*handle, record).unwrap();
        }
        world
    }

    fn take_back(&self, world: &mut World) {
        let record = |handle, _, _| self.0.get(&handle).map(Vec::as_slice);
        world.machine.heap_mut().take_back(record).unwrap();
    }
}

#[test]
fn an_abort_undoes_every_kind_of_store() {
    let mut world = world();
    world.call("T.set", &[3]).unwrap();
    let before = told(&mut world);
    let objects = world.machine.heap().objects().count();
    let free = world.machine.heap().persistent_free();
    world.call("T.begin", &[]).unwrap();
    world.call("T.set", &[10]).unwrap();
    let changed = told(&mut world);
    assert!(before.iter().zip(&changed).all(|(before, after)| before != after), "{changed:?}");
    world.call("T.set", &[12]).unwrap();
    world.call("T.abort", &[]).unwrap();
    assert_eq!(told(&mut world), before);
    assert_eq!(world.machine.heap().objects().count(), objects);
    assert_eq!(world.machine.heap().persistent_free(), free);
    world.call("T.begin", &[]).unwrap();
    world.call("T.set", &[10]).unwrap();
    world.call("T.commit", &[]).unwrap();
    assert_eq!(told(&mut world), changed);
}

#[test]
fn the_power_fails_at_each_store_of_a_transaction() {
    let mut start = world();
    start.call("T.set", &[3]).unwrap();
    let before = told(&mut start);
    let mut records = Records::default();
    records.update(&mut start);
    let limits = Limits { fuel: 1_000_000, ..Limits::default() };
    for stores in 1.. {
        let mut world = records.revive(&limits);
        let mut records = records.clone();
        world.machine.heap_mut().set_power_failure(Some(stores));
        world.call("T.begin", &[]).unwrap();
        let outcome = world.call("T.set", &[10]).and_then(|_| world.call("T.commit", &[]));
        world.machine.reset();
        records.update(&mut world);
        records.check(&world);
        let after = told(&mut records.revive(&limits));
        if outcome.is_ok() {
            assert_ne!(after, before);
            assert_eq!(stores, 14, "one more than there are stores");
            break;
        }
        assert_eq!(outcome, Err(Trap::Fault(Fault::PowerLost)));
        assert_eq!(after, before, "cut at store {stores}");
    }
}

#[test]
fn a_copy_is_whole_or_comes_in_pieces() {
    let limits = Limits { fuel: 1_000_000, ..Limits::default() };
    for (immediate, cuts) in [(0, &[100][..]), (1, &[32, 64, 96, 100][..])] {
        for (stores, filled) in (1..).zip(cuts) {
            let mut world = world();
            let mut records = Records::default();
            world.machine.heap_mut().set_power_failure(Some(stores));
            let outcome = world.call("T.fill", &[7, immediate]);
            assert_eq!(outcome, Err(Trap::Fault(Fault::PowerLost)));
            world.machine.reset();
            records.update(&mut world);
            let mut revived = records.revive(&limits);
            for index in 0..100 {
                let expected = if index < *filled { 7 } else { 0 };
                assert_eq!(revived.call("T.byte", &[index]), Ok(expected), "{index} of {filled}");
            }
        }
    }
}

#[test]
fn what_is_stored_at_once_is_not_undone() {
    let mut world = world();
    for (immediate, left) in [(0, 0), (1, 9)] {
        world.call("T.begin", &[]).unwrap();
        world.call("T.fill", &[9, immediate]).unwrap();
        world.call("T.abort", &[]).unwrap();
        for index in [0, 50, 99] {
            assert_eq!(world.call("T.byte", &[index]), Ok(left));
        }
    }
}

#[test]
fn the_commit_buffer_counts_what_is_overwritten() {
    let limits = Limits { commit_buffer: 150, fuel: 1_000_000, ..Limits::default() };
    let mut world = World::with_limits(&limits);
    world.load(&mut places());
    world.call("T.make", &[]).unwrap();
    assert_eq!(world.machine.heap().commit_capacity(), (150, 150));
    world.call("T.begin", &[]).unwrap();
    world.call("T.fill", &[1, 0]).unwrap();
    let (_, left) = world.machine.heap().commit_capacity();
    assert_eq!(left, 150 - 104);
    let outcome = world.call("T.fill", &[2, 0]);
    assert_eq!(world.exception(outcome), BUFFER_FULL);
    assert_eq!(world.call("T.byte", &[0]), Ok(1), "nothing was stored");
    world.call("T.fill", &[3, 1]).unwrap();
    assert_eq!(world.machine.heap().commit_capacity().1, left, "it takes no part");
    world.call("T.abort", &[]).unwrap();
    assert_eq!(world.machine.heap().commit_capacity(), (150, 150));
    assert_eq!(world.call("T.byte", &[0]), Ok(0));
}

#[test]
fn handles_wait_for_their_records_to_go() {
    let mut world = world();
    world.call("T.set", &[5]).unwrap();
    let mut records = Records::default();
    records.update(&mut world);
    let before = told(&mut world);
    // A command that drops what was there, collects it, makes other objects, exceptions among them, and fails.
    world.call("T.set", &[6]).unwrap();
    let gone = world.machine.collect(core::iter::empty()).0;
    assert_eq!(gone.len(), 3);
    let outcome = world.call("T.fail", &[]);
    assert_eq!(world.exception(outcome), (1, 13, 9));
    world.call("T.set", &[7]).unwrap();
    records.take_back(&mut world);
    assert_eq!(told(&mut world), before);
    let outcome = world.call("T.fail", &[]);
    assert_eq!(world.exception(outcome), (1, 13, 9));
    assert_eq!(told(&mut world), before);
    records.update(&mut world);
    records.check(&world);
    // The same, and it succeeds.
    world.call("T.set", &[6]).unwrap();
    world.machine.collect(core::iter::empty());
    world.call("T.set", &[7]).unwrap();
    let after = told(&mut world);
    records.update(&mut world);
    records.check(&world);
    let limits = Limits { fuel: 1_000_000, ..Limits::default() };
    assert_eq!(told(&mut records.revive(&limits)), after);
    // Then others may have them.
    world.machine.collect(core::iter::empty());
    records.update(&mut world);
    for _ in 0..50 {
        world.call("T.set", &[8]).unwrap();
        world.machine.collect(core::iter::empty());
        records.update(&mut world);
    }
    let highest = world.machine.heap().objects().map(|(reference, _)| reference.handle()).max();
    assert!(highest < Some(30), "{highest:?}");
}

#[test]
fn transient_memory_is_bounded_and_given_back() {
    let limits = Limits {
        transient_reset: 1000,
        transient_deselect: 500,
        fuel: 1_000_000,
        ..Limits::default()
    };
    let mut world = World::with_limits(&limits);
    let id = world.load(&mut places());
    world.machine.begin(Some(id.context()));
    assert_eq!(world.call("T.transient", &[600, 1]), Ok(600));
    assert_eq!(world.machine.heap().transient_free(), (400, 500));
    for (length, event) in [(401, 1), (501, 2)] {
        let outcome = world.call("T.transient", &[length, event]);
        assert_eq!(world.exception(outcome), NO_TRANSIENT_SPACE);
    }
    assert_eq!(world.call("T.transient", &[400, 1]), Ok(400));
    assert_eq!(world.call("T.transient", &[500, 2]), Ok(500));
    assert_eq!(world.machine.heap().transient_free(), (0, 0));
    let mut records = Records::default();
    records.update(&mut world);
    // A card with less of it still opens, and has none to give.
    let less = Limits { transient_reset: 100, transient_deselect: 100, ..limits };
    let mut revived = records.revive(&less);
    assert_eq!(revived.machine.heap().transient_free(), (0, 0));
    let outcome = revived.call("T.transient", &[1, 1]);
    assert_eq!(revived.exception(outcome), NO_TRANSIENT_SPACE);
    world.machine.collect(core::iter::empty());
    assert_eq!(world.machine.heap().transient_free(), (1000, 500));
    world.call("T.begin", &[]).unwrap();
    world.call("T.transient", &[700, 1]).unwrap();
    world.call("T.abort", &[]).unwrap();
    assert_eq!(world.machine.heap().transient_free(), (1000, 500), "nothing was made");
}

#[test]
fn transient_memory_is_divided_among_applets() {
    let limits = Limits { transient_reset: 1000, transient_deselect: 500, ..Limits::default() };
    let mut heap = Heap::new(&limits);
    let [first, second, third] = [1, 2, 3].map(AppletId);
    let make = |heap: &mut Heap, applet, length: usize, lifetime| {
        let owner = (ContextId(1), applet);
        let body = Body::Bytes(vec![0; length].into());
        heap.allocate(ClassId::BYTE_ARRAY, owner, lifetime, body).is_ok()
    };
    heap.set_persistent_free(10_000);
    let allotment = |quota, reserved| TransientAllotment { quota, reserved };
    let (limited, kept) = (allotment(Some(300), 0), allotment(None, 400));
    heap.set_transient_allotments([(first, limited), (second, kept)]);
    assert_eq!(heap.transient_free_for(first), (300, 100));
    assert_eq!(heap.transient_free_for(second), (1000, 500));
    assert_eq!(heap.transient_free_for(third), (600, 100));
    let (reset, deselect) = (Lifetime::ClearOnReset, Lifetime::ClearOnDeselect);
    assert!(make(&mut heap, first, 200, reset));
    assert!(!make(&mut heap, first, 101, reset), "its quota is for both kinds");
    assert!(make(&mut heap, first, 100, deselect));
    assert!(!make(&mut heap, first, 1, reset));
    assert!(!make(&mut heap, third, 401, reset), "what is kept for the second is not there");
    assert!(make(&mut heap, third, 400, reset));
    assert_eq!(heap.transient_free(), (400, 400));
    assert!(make(&mut heap, second, 150, reset));
    assert_eq!(heap.transient_free_for(third), (0, 150), "less is kept, the more it has");
    assert!(make(&mut heap, second, 250, deselect));
    assert_eq!(heap.transient_free_for(third), (250, 150));
    heap.set_transient_allotments([]);
    assert_eq!(heap.transient_free_for(first), heap.transient_free());
}

#[test]
fn persistent_memory_is_bounded() {
    let mut world = world();
    world.machine.heap_mut().set_persistent_free(300);
    let outcome = world.call("T.set", &[127]);
    assert_eq!(world.exception(outcome), NO_RESOURCE);
    let left = world.machine.heap().persistent_free();
    assert!(left < 300);
    let outcome = world.call("T.set", &[127]);
    assert_eq!(world.exception(outcome), NO_RESOURCE);
    assert!(world.machine.heap().persistent_free() <= left);
}

/// Objects reached only through something else than a field.
fn webs() -> Package {
    let mut package = package(1);
    let class = package.class("T");
    class.static_field("root", "Llang:0;").static_field("kept", "[B").default_constructor();
    class.field("i", "I").field("next", "Llang:0;");
    class.static_array("table", "[B", &[1, 2, 3]);
    class.static_method("transient", "(B)V").code(
        "sconst_2; sload_0; invokestatic @transientObjects; dup; putstatic_a @T.root
         checkcast @lang:0[]; sconst_1; bspush 20; newarray byte; aastore; return",
    );
    class.static_method("element", "()S").code(
        "getstatic_a @T.root; checkcast @lang:0[]; sconst_1; aaload; ifnull Null
         sconst_1; sreturn
         Null: sconst_0; sreturn",
    );
    class.static_method("begin", "()V").code("invokestatic @begin; return");
    class.static_method("abort", "()V").code("invokestatic @abort; return");
    // A circle of two, with an int beside the reference.
    class.static_method("circle", "()V").code(
        "new @T; dup; invokespecial @T.<init>()V; astore_0
         new @T; dup; invokespecial @T.<init>()V; astore_1
         aload_0; aload_1; putfield_a @T.next; aload_1; aload_0; putfield_a @T.next
         aload_1; iipush 0x40000003; putfield_i @T.i
         aload_0; putstatic_a @T.root; return",
    );
    class.static_method("drop", "()V").code("aconst_null; putstatic_a @T.root; return");
    class.static_method("table", "(S)S").code("getstatic_a @T.table; sload_0; baload; sreturn");
    package
}

#[test]
fn the_collector_follows_every_kind_of_reference() {
    let mut world = World::new();
    let id = world.load(&mut webs());
    world.machine.begin(Some(id.context()));
    let objects = world.machine.heap().objects().count();
    for event in [0, 1, 2] {
        let made = world.call("T.transient", &[event]);
        assert!(made.is_ok(), "{event} {:?}", world.exception(made));
        assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 0);
        assert_eq!(world.call("T.drop", &[]), Ok(0));
        assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 2);
    }
    world.call("T.circle", &[]).unwrap();
    assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 0);
    world.call("T.drop", &[]).unwrap();
    assert_eq!(world.machine.collect(core::iter::empty()).0.len(), 2);
    assert_eq!(world.machine.heap().objects().count(), objects);
    assert_eq!(world.call("T.table", &[2]), Ok(3), "static arrays stay");
    // What the card names is a root, too.
    world.call("T.circle", &[]).unwrap();
    let (root, _) = world.machine.heap().objects().last().unwrap();
    world.call("T.drop", &[]).unwrap();
    assert_eq!(world.machine.collect(core::iter::once(root)).0.len(), 0);
}

#[test]
fn transient_arrays_do_not_refer_to_what_was_taken_back() {
    let mut world = World::new();
    world.load(&mut webs());
    world.call("T.transient", &[1]).unwrap();
    let mut records = Records::default();
    records.update(&mut world);
    let transient_element = |world: &mut World| world.call("T.element", &[]);
    assert_eq!(transient_element(&mut world), Ok(1));
    records.take_back(&mut world);
    assert_eq!(transient_element(&mut world), Ok(1), "it was there before");
    // An abort, too, makes references null that are in no transaction.
    world.call("T.begin", &[]).unwrap();
    world.call("T.transient", &[1]).unwrap();
    assert_eq!(transient_element(&mut world), Ok(1));
    world.call("T.abort", &[]).unwrap();
    assert_eq!(transient_element(&mut world), Ok(1), "the old array is back");
}

#[test]
fn transient_arrays_are_cleared_with_their_event() {
    let mut world = World::new();
    let id = world.load(&mut webs());
    for (event, deselected) in [(0, false), (1, false), (2, true)] {
        world.machine.begin(Some(id.context()));
        world.call("T.transient", &[event]).unwrap();
        world.machine.heap_mut().clear_transient(Some(ContextId(99)));
        assert_eq!(world.call("T.element", &[]), Ok(1), "another applet was deselected");
        world.machine.heap_mut().clear_transient(Some(id.context()));
        assert_eq!(world.call("T.element", &[]), Ok(i32::from(!deselected)));
        world.machine.reset();
        world.machine.begin(Some(id.context()));
        assert_eq!(world.call("T.element", &[]), Ok(i32::from(event == 0)));
    }
}
