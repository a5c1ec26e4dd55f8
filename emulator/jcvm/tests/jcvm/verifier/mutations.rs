//! Soundness by experiment: code is damaged at random; what is still accepted runs without checks, and never into what the verifier
//! should have seen.

use std::sync::Arc;

use capfile::{CapFile, assemble::Package, component::MethodLocation};
use jcvm::{AppletRecord, ClassId, Fault, Limits, PackageId, Reference, Trap};
use proptest::prelude::*;

use super::furnish;
use crate::world::{World, package};

/// A package whose method `T.run` has some of everything, and runs to its end.
fn everything(described: bool) -> Package {
    let mut package = package(1);
    let interface = package.interface("I");
    interface.interface_method("m", "(S)S");
    let class = furnish(package.class("T"));
    class.implements("I").virtual_method("m", "(S)S").code("sload_1; sconst_1; sadd; sreturn");
    let run = package.class("T").static_method("run", "(SI)S").locals(8).max_stack(12);
    run.code(
        "           sconst_0; sstore_3; new @T; dup; invokespecial @T.<init>()V; astore 4
                    bspush 7; newarray byte; astore 5
                    sconst_5; newarray short; putstatic_a @T.table
                    aload 4; aload 5; putfield_a @T.bytes
                    aload 4; iload_1; putfield_i @T.int
                    sconst_3; sstore 6
         Again:     aload 5; sload 6; sload_0; bastore
                    aload 5; sload 6; baload; sload 6; sadd; sstore_0
                    getstatic_a @T.table; sload 6; dup2; saload; sconst_1; sadd; sastore
                    sinc 6 -1; sload 6; ifge Again
         Start:     aload 4; sload_0; invokevirtual @T.twice(S)S; pop
                    aload 4; iload_1; invokevirtual @T.near(I)I; i2s; sload_0; swap_x 1 1; pop2
                    aload 4; sconst_2; invokespecial @T.own(S)S; invokestatic @note
                    aload 4; sconst_2; invokeinterface @I.m; sstore_3
                    aload 5; sconst_1; invokestatic @T.half([BS)V
                    aload 4; instanceof @T; ifeq Start
                    aload 4; checkcast @I; aload 4; if_acmpne Start
                    sload_0; sconst_0; sdiv; pop
         End:       nop
         After:     jsr Sub
                    iload_1; iconst_2; imul; dup2; iload_1; icmp; s2i; iadd; pop2
                    sload_3; stableswitch Last 0 Last First Last
         First:     aload 4; getfield_i @T.int; i2b; sstore_3
         Last:      sload_3; slookupswitch Out 3=Throw 700=First
         Throw:     new @lang:7; dup; invokespecial @lang:7.0()V; athrow
         Out:       sload_0; sreturn
         Caught:    astore 7; goto After
         Null:      pop; sconst_m1; sreturn
         Sub:       astore 7; sinc 0 3; iinc 1 5; ret 7
                    .catch Start End Caught @lang:9
                    .catch Last Out Null any",
    );
    package.export("T");
    if described { package } else { package.without_descriptor().clone() }
}

/// A change of the code of a method.
#[derive(Clone, Debug)]
struct Damage {
    place: prop::sample::Index,
    byte: u8,
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let byte = prop_oneof![any::<u8>(), 0..=0xB8_u8, 0..8_u8];
    let one = (any::<prop::sample::Index>(), byte).prop_map(|(place, byte)| Damage { place, byte });
    prop::collection::vec(one, 1..5)
}

/// The package with its code damaged, and where `T.run` is. Headers stay: with them, all is another method.
fn damaged(described: bool, damages: &[Damage]) -> (CapFile, MethodLocation) {
    let assembled = everything(described).build().unwrap();
    let mut cap = assembled.cap().unwrap();
    let run = assembled.method("T.run").unwrap();
    let start = cap.method.blocks[0].header(run.offset).unwrap().code;
    let info = &mut cap.method.blocks[0].info;
    for damage in damages {
        let place = start + damage.place.index(info.len() - start);
        info[place] = damage.byte;
    }
    (cap, run)
}

/// What came of code that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Sound,
    /// A fault of code that should not have been accepted.
    Fault(&'static str),
    /// A number was used as a reference, or something was thrown that is no exception.
    Forged,
}

/// `java.lang.SecurityException`, which nothing here has another reason to throw.
const SECURITY: ClassId = ClassId::new(PackageId(0), 10);

impl Outcome {
    fn of(world: &World, outcome: Result<i32, Trap>) -> Self {
        match outcome {
            // That an object does not implement an interface is found when it is called.
            Err(Trap::Fault(Fault::IllFormed("a call of a method that is not there"))) => {
                Self::Sound
            }
            Err(Trap::Fault(Fault::IllFormed(what))) => Self::Fault(what),
            Err(Trap::Exception(thrown)) => match world.machine.heap().get(thrown) {
                Some(object) if object.class != SECURITY => Self::Sound,
                _ => Self::Forged,
            },
            _ => Self::Sound,
        }
    }
}

/// Loads the package and runs it without checks, if the verifier accepts it.
fn run_if_accepted(cap: CapFile, run: MethodLocation) -> Option<Outcome> {
    let mut world = World::with_limits(&Limits { fuel: 100_000, ..Limits::default() });
    let aid = cap.header.aid;
    let id = world.machine.load(Arc::new(cap), true).ok()?;
    let record = AppletRecord { aid, package: id, instance: Reference::NULL };
    let applet = world.machine.add_applet(record).expect("there is room");
    let mut vm = world.machine.vm();
    let outcome = vm.call_static(&mut world.notes, id, run, applet, &[5, 70_000, 0]);
    Some(Outcome::of(&world, outcome))
}

#[test]
fn undamaged_code_is_accepted_and_runs() {
    for described in [true, false] {
        assert_eq!(super::judged(&mut everything(described)), Ok(()));
        let (cap, run) = damaged(described, &[]);
        assert_eq!(run_if_accepted(cap, run), Some(Outcome::Sound), "described: {described}");
    }
}

/// Every byte of the code takes every value, alone.
#[test]
fn no_single_byte_makes_accepted_code_unsound() {
    let (cap, run) = damaged(true, &[]);
    let start = cap.method.blocks[0].header(run.offset).unwrap().code;
    let mut accepted = 0;
    for place in start..cap.method.blocks[0].info.len() {
        // All values would take minutes.
        for step in 0..16_u8 {
            let mut cap = cap.clone();
            let byte = &mut cap.method.blocks[0].info[place];
            *byte = byte.wrapping_add(1 + step * 16 - (step & 3));
            let new = *byte;
            if let Some(outcome) = run_if_accepted(cap, run) {
                accepted += 1;
                assert_eq!(outcome, Outcome::Sound, "{place}: {new:02X}");
            }
        }
    }
    assert!(accepted > 50, "{accepted} variants were accepted: the test tests nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_code_is_refused_or_sound(damages in damages()) {
        let (cap, run) = damaged(true, &damages);
        let outcome = run_if_accepted(cap, run).unwrap_or(Outcome::Sound);
        prop_assert_eq!(outcome, Outcome::Sound);
    }

    /// The same for the whole file: what it says of itself is damaged, too.
    #[test]
    fn damaged_files_are_refused_or_sound(damages in damages()) {
        let assembled = everything(true).build().unwrap();
        let cap = assembled.cap().unwrap();
        let run = assembled.method("T.run").unwrap();
        let header = cap.method.blocks[0].header(run.offset);
        let mut bytes = cap.write();
        for damage in damages {
            let place = damage.place.index(bytes.len());
            bytes[place] = damage.byte;
        }
        // The test itself calls the method as it was.
        if let Ok(cap) = CapFile::parse_unverified(&bytes)
            && cap.method.blocks[0].header(run.offset) == header
            && cap.descriptor.is_some()
        {
            let outcome = run_if_accepted(cap, run).unwrap_or(Outcome::Sound);
            prop_assert_eq!(outcome, Outcome::Sound);
        }
    }

    /// Without Descriptor, shorts and references may be taken for each other, and what the heap then finds is a fault; but stack and
    /// program counter are as they should be.
    #[test]
    fn damaged_code_without_descriptor_keeps_its_stack(damages in damages()) {
        let (cap, run) = damaged(false, &damages);
        if let Some(Outcome::Fault(what)) = run_if_accepted(cap, run) {
            prop_assert!(ABOUT_OBJECTS.contains(&what), "{}", what);
        }
    }
}

/// Faults of instructions that find another object or number than they need.
const ABOUT_OBJECTS: [&str; 4] = [
    "an array instruction on something else",
    "a field of something else",
    "a call with other arguments",
    "an array longer than a short counts",
];
