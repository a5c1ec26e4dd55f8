//! Arrays, casts and cells: what is stored comes back as its type has it.

use capfile::assemble::Package;
use proptest::prelude::*;

use crate::world::{
    ARRAY_STORE, CLASS_CAST, NEGATIVE_SIZE, NULL_POINTER, OUT_OF_BOUNDS, SECURITY, World, package,
    run,
};

/// A world with one class `T` and methods of it.
fn world(methods: &[(&str, &str, &str)]) -> World {
    let mut package = package(1);
    for (name, descriptor, code) in methods {
        package.class("T").static_method(name, descriptor).code(code);
    }
    let mut world = World::new();
    world.load(&mut package);
    world
}

fn throws(world: &mut World, method: &str, arguments: &[i32], expected: (u8, u16, i16)) {
    let outcome = world.call(method, arguments);
    assert_eq!(world.exception(outcome), expected, "{method} {arguments:?}");
}

#[test]
fn arrays_have_from_no_to_32767_elements() {
    for kind in ["boolean", "byte", "short", "int"] {
        let code = format!("sload_0; newarray {kind}; arraylength; sreturn");
        let mut world = world(&[("make", "(S)S", code.as_str())]);
        for length in [0, 1, 255, 256, 32767] {
            assert_eq!(world.call("T.make", &[length]), Ok(length));
        }
        for length in [-1, -32768] {
            throws(&mut world, "T.make", &[length], NEGATIVE_SIZE);
        }
    }
    let mut world = world(&[("make", "(S)S", "sload_0; anewarray @T; arraylength; sreturn")]);
    assert_eq!(world.call("T.make", &[32767]), Ok(32767));
    throws(&mut world, "T.make", &[-1], NEGATIVE_SIZE);
}

#[test]
fn elements_keep_what_their_type_holds() {
    let stored = |kind: &str, store: &str, load: &str, value: i32| {
        let code = format!(
            "sconst_1; newarray {kind}; astore_1; aload_1; sconst_0; sload_0; {store}
             aload_1; sconst_0; {load}; sreturn"
        );
        run("(S)S", &code, &[value])
    };
    assert_eq!(stored("byte", "bastore", "baload", 0x01FF), Ok(-1));
    assert_eq!(stored("byte", "bastore", "baload", 128), Ok(-128));
    assert_eq!(stored("boolean", "bastore", "baload", 1), Ok(1));
    assert_eq!(stored("boolean", "bastore", "baload", 2), Ok(0));
    assert_eq!(stored("short", "sastore", "saload", -32768), Ok(-32768));
}

#[test]
fn array_instructions_check_array_index_and_element() {
    let mut world = world(&[
        ("load", "(S)S", "sconst_3; newarray short; sload_0; saload; sreturn"),
        ("loadByte", "(S)S", "sconst_3; newarray byte; sload_0; baload; sreturn"),
        ("store", "(S)V", "sconst_3; newarray int; sload_0; iconst_1; iastore; return"),
        ("loadNull", "()S", "aconst_null; checkcast byte[]; sconst_0; baload; sreturn"),
        ("storeNull", "()V", "aconst_null; checkcast byte[]; sconst_0; sconst_0; bastore; return"),
        ("lengthOfNull", "()S", "aconst_null; checkcast byte[]; arraylength; sreturn"),
        (
            "other",
            "()V",
            "sconst_1; anewarray @T; sconst_0; sconst_1; newarray byte; aastore; return",
        ),
        (
            "any",
            "()V",
            "sconst_1; anewarray @lang:0; sconst_0; sconst_1; newarray byte; aastore; return",
        ),
        ("null", "()V", "sconst_1; anewarray @T; sconst_0; aconst_null; aastore; return"),
    ]);
    for index in [-1, 3, 32767, -32768] {
        throws(&mut world, "T.load", &[index], OUT_OF_BOUNDS);
        throws(&mut world, "T.loadByte", &[index], OUT_OF_BOUNDS);
        throws(&mut world, "T.store", &[index], OUT_OF_BOUNDS);
    }
    for method in ["T.loadNull", "T.storeNull", "T.lengthOfNull"] {
        throws(&mut world, method, &[], NULL_POINTER);
    }
    throws(&mut world, "T.other", &[], ARRAY_STORE);
    assert_eq!(world.call("T.any", &[]), Ok(0));
    assert_eq!(world.call("T.null", &[]), Ok(0));
}

/// `A`; `B` extends `A` and implements `J`, which extends `I`; `C` extends `B`.
fn family() -> Package {
    let mut package = package(1);
    package.interface("I").interface_method("one", "()S");
    package.interface("J").extends("I");
    package.class("A").default_constructor();
    let class = package.class("B");
    class.extends("A").implements("J").default_constructor();
    class.virtual_method("one", "()S").code("sconst_1; sreturn");
    package.class("C").extends("B").default_constructor();
    package
}

#[test]
fn casts_follow_superclasses_and_superinterfaces() {
    let values = [
        ("A", "new @A; dup; invokespecial @A.<init>()V"),
        ("B", "new @B; dup; invokespecial @B.<init>()V"),
        ("C", "new @C; dup; invokespecial @C.<init>()V"),
        ("byte[]", "sconst_1; newarray byte"),
        ("short[]", "sconst_1; newarray short"),
        ("boolean[]", "sconst_1; newarray boolean"),
        ("int[]", "sconst_1; newarray int"),
        ("A[]", "sconst_1; anewarray @A"),
        ("C[]", "sconst_1; anewarray @C"),
        ("I[]", "sconst_1; anewarray @I"),
        ("J[]", "sconst_1; anewarray @J"),
        ("null", "aconst_null"),
    ];
    // What each value is an instance of.
    let is = [
        ("@A", "A B C"),
        ("@B", "B C"),
        ("@C", "C"),
        ("@I", "B C"),
        ("@J", "B C"),
        ("@lang:0", "A B C byte[] short[] boolean[] int[] A[] C[] I[] J[]"),
        ("@lang:1", ""),
        ("byte[]", "byte[]"),
        ("short[]", "short[]"),
        ("boolean[]", "boolean[]"),
        ("int[]", "int[]"),
        ("@A[]", "A[] C[]"),
        ("@C[]", "C[]"),
        ("@I[]", "C[] I[] J[]"),
        ("@J[]", "C[] J[]"),
        ("@lang:0[]", "A[] C[] I[] J[]"),
    ];
    let mut package = family();
    let class = package.class("T");
    for (number, (_, value)) in values.iter().enumerate() {
        for (target, (wanted, _)) in is.iter().enumerate() {
            let code = format!("{value}; instanceof {wanted}; sreturn");
            class.static_method(&format!("is{number}x{target}"), "()S").code(&code);
            let code = format!("{value}; checkcast {wanted}; pop; return");
            class.static_method(&format!("cast{number}x{target}"), "()V").code(&code);
        }
    }
    let mut world = World::new();
    world.load(&mut package);
    for (number, (name, _)) in values.iter().enumerate() {
        for (target, (wanted, instances)) in is.iter().enumerate() {
            let expected = instances.split(' ').any(|instance| instance == *name);
            let found = world.call(&format!("T.is{number}x{target}"), &[]);
            assert_eq!(found, Ok(expected.into()), "{name} instanceof {wanted}");
            let cast = world.call(&format!("T.cast{number}x{target}"), &[]);
            if expected || *name == "null" {
                assert_eq!(cast, Ok(0), "({wanted}) {name}");
            } else {
                assert_eq!(world.exception(cast), CLASS_CAST, "({wanted}) {name}");
            }
        }
    }
}

#[test]
fn ints_are_arguments_results_fields_and_elements() {
    let mut package = package(1);
    let class = package.class("T");
    class.field("low", "S").field("wide", "I").field("high", "S").static_field("all", "I");
    class.default_constructor();
    class.static_method("mixed", "(SIBI)I").code(
        // 0: S, 1: I, 3: B, 4: I
        "sload_0; s2i; iload_1; iadd; sload_3; s2i; iadd; iload 4; iadd; ireturn",
    );
    class.static_method("run", "(I)I").code(
        "new @T; dup; invokespecial @T.<init>()V; astore_2
         aload_2; sconst_1; putfield_s @T.low
         aload_2; iload_0; putfield_i @T.wide
         aload_2; sconst_2; putfield_s @T.high
         iload_0; putstatic_i @T.all
         sconst_3; newarray int; astore_3
         aload_3; sconst_1; aload_2; getfield_i @T.wide; iastore
         aload_2; getfield_s @T.low; aload_3; sconst_1; iaload; aload_2; getfield_s @T.high
         getstatic_i @T.all; invokestatic @T.mixed; ireturn",
    );
    let mut world = World::new();
    world.load(&mut package);
    for value in [0, 1, -1, 70_000, i32::MAX, i32::MIN] {
        let expected = value.wrapping_add(value).wrapping_add(3);
        assert_eq!(world.call("T.run", &[value, 0]), Ok(expected));
    }
}

#[test]
fn views_show_a_part_as_far_as_they_may() {
    let view = |rest: &str| {
        format!(
            "bspush 8; newarray byte; astore_2
             aload_2; sconst_3; bspush 33; bastore; aload_2; sconst_4; bspush 44; bastore
             aload_2; sconst_3; sconst_2; sload_0; invokestatic @view; astore_3; {rest}"
        )
    };
    let read = view("aload_3; sload_1; baload; sreturn");
    let write = view("aload_3; sload_1; bspush 99; bastore; aload_2; sconst_4; baload; sreturn");
    let length = view("aload_3; arraylength; sreturn");
    let again =
        view("aload_3; sconst_1; sconst_1; sload_0; invokestatic @view; sconst_0; baload; sreturn");
    let mut world = world(&[
        ("read", "(SS)S", &read),
        ("write", "(SS)S", &write),
        ("length", "(SS)S", &length),
        ("again", "(SS)S", &again),
    ]);
    assert_eq!(world.call("T.length", &[1, 0]), Ok(2));
    assert_eq!(world.call("T.read", &[1, 0]), Ok(33));
    assert_eq!(world.call("T.read", &[3, 1]), Ok(44));
    assert_eq!(world.call("T.write", &[2, 1]), Ok(99));
    assert_eq!(world.call("T.again", &[1, 0]), Ok(44), "through a view of a view");
    throws(&mut world, "T.read", &[2, 0], SECURITY);
    throws(&mut world, "T.write", &[1, 0], SECURITY);
    for index in [-1, 2, 32767] {
        throws(&mut world, "T.read", &[1, index], OUT_OF_BOUNDS);
        throws(&mut world, "T.write", &[2, index], OUT_OF_BOUNDS);
    }
}

/// `dup_x` on cells, the top one last [JCVM 3.0.5 §7.5.21].
fn dup_x(stack: &mut Vec<i16>, count: usize, depth: usize) {
    let top = stack[stack.len() - count..].to_vec();
    let place = stack.len() - if depth == 0 { count } else { depth };
    stack.splice(place..place, top);
}

/// `swap_x` on cells.
fn swap_x(stack: &mut [i16], upper: usize, lower: usize) {
    let from = stack.len() - upper - lower;
    stack[from..].rotate_left(lower);
}

/// The cells of the stack, pushed, shuffled, and told from the top down.
fn shuffled(values: &[i16], shuffle: &str, count: usize) -> Vec<i16> {
    let pushes: Vec<String> = values.iter().map(|value| format!("sspush {value}")).collect();
    let pushes = pushes.join("; ");
    let notes = "invokestatic @note; ".repeat(count);
    let mut world = world(&[("run", "()V", &format!("{pushes}; {shuffle}; {notes}return"))]);
    world.call("T.run", &[]).unwrap();
    world.notes.shorts.clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// All operands of both, with random cells.
    #[test]
    fn shuffles_do_what_the_model_does(values in prop::collection::vec(any::<i16>(), 10)) {
        for count in 1..=4 {
            for depth in core::iter::once(0).chain(count..=count + 4) {
                let mut model = values.clone();
                dup_x(&mut model, count, depth);
                model.reverse();
                let found = shuffled(&values, &format!("dup_x {count} {depth}"), model.len());
                prop_assert_eq!(found, model, "dup_x {} {}", count, depth);
            }
        }
        for upper in 1..=2 {
            for lower in 1..=2 {
                let mut model = values.clone();
                swap_x(&mut model, upper, lower);
                model.reverse();
                let found = shuffled(&values, &format!("swap_x {upper} {lower}"), model.len());
                prop_assert_eq!(found, model, "swap_x {} {}", upper, lower);
            }
        }
    }
}
