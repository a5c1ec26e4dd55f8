//! Exceptions: what a handler covers, which one is taken, and how far an exception goes [JCVM 3.0.5 §3.4, §6.10.1].

use capfile::assemble::Package;
use jcvm::{Fault, Trap};

use crate::world::{ARITHMETIC, NULL_POINTER, World, package};

fn loaded(package: &mut Package) -> World {
    let mut world = World::new();
    world.load(package);
    world
}

fn with(methods: &[(&str, &str, &str)]) -> World {
    let mut package = package(1);
    for (name, descriptor, code) in methods {
        package.class("T").static_method(name, descriptor).code(code);
    }
    loaded(&mut package)
}

#[test]
fn a_handler_covers_from_its_start_to_before_its_end() {
    // Four divisions; the second and third are covered.
    let code = "        sconst_1; sload_0; sdiv; pop
                Start:  sconst_1; sload_1; sdiv; pop
                        sconst_1; sload_2
                Last:   sdiv
                End:    pop; sconst_1; sload_3; sdiv; sreturn
                Caught: pop; bspush 50; sreturn
                .catch Start End Caught @lang:9";
    let mut world = with(&[("run", "(SSSS)S", code)]);
    assert_eq!(world.call("T.run", &[1, 1, 1, 1]), Ok(1));
    for (arguments, caught) in
        [([0, 1, 1, 1], false), ([1, 0, 1, 1], true), ([1, 1, 0, 1], true), ([1, 1, 1, 0], false)]
    {
        let outcome = world.call("T.run", &arguments);
        if caught {
            assert_eq!(outcome, Ok(50), "{arguments:?}");
        } else {
            assert_eq!(world.exception(outcome), ARITHMETIC, "{arguments:?}");
        }
    }
}

#[test]
fn a_call_is_covered_where_it_stands() {
    let mut world = with(&[
        ("divide", "(S)S", "sconst_1; sload_0; sdiv; sreturn"),
        (
            "covered",
            "(S)S",
            "       sload_0
             Start: invokestatic @T.divide
             End:   sreturn
             Caught: pop; bspush 60; sreturn
             .catch Start End Caught any",
        ),
        (
            "before",
            "(S)S",
            "       sload_0; invokestatic @T.divide
             Start: nop
             End:   sreturn
             Caught: pop; bspush 60; sreturn
             .catch Start End Caught any",
        ),
    ]);
    assert_eq!(world.call("T.covered", &[0]), Ok(60));
    let outcome = world.call("T.before", &[0]);
    assert_eq!(world.exception(outcome), ARITHMETIC);
}

#[test]
fn the_first_handler_that_fits_is_taken() {
    let code = "Start:  sload_0; ifeq Zero; aconst_null; athrow
                Zero:   sconst_1; sload_0; sdiv; sreturn
                End:
                Null:   pop; sconst_1; sreturn
                Sum:    pop; sconst_2; sreturn
                Any:    pop; sconst_3; sreturn
                .catch Start End Null @lang:7
                .catch Start End Sum @lang:9
                .catch Start End Any @lang:1";
    let mut world = with(&[("run", "(S)S", code)]);
    assert_eq!(world.call("T.run", &[1]), Ok(1));
    assert_eq!(world.call("T.run", &[0]), Ok(2));
}

#[test]
fn what_a_handler_throws_is_not_caught_by_itself() {
    let code = "Start:  sconst_1; sconst_0; sdiv; sreturn
                End:
                Caught: pop; aconst_null; athrow
                .catch Start End Caught any";
    let outer = "Start: invokestatic @T.inner; sreturn
                 End:
                 Caught: pop; bspush 70; sreturn
                 .catch Start End Caught @lang:7";
    let mut world = with(&[("inner", "()S", code), ("outer", "()S", outer)]);
    let outcome = world.call("T.inner", &[]);
    assert_eq!(world.exception(outcome), NULL_POINTER);
    assert_eq!(world.call("T.outer", &[]), Ok(70));
}

#[test]
fn an_object_of_the_program_is_thrown_caught_and_thrown_again() {
    let mut package = package(1);
    let class = package.class("Failure");
    class.extends("lang:3").field("code", "S");
    class.constructor("(S)V").code(
        "aload_0; invokespecial @lang:3.0()V; aload_0; sload_1; putfield_s @Failure.code; return",
    );
    let class = package.class("T");
    class
        .static_method("raise", "(S)V")
        .code("new @Failure; dup; sload_0; invokespecial @Failure.<init>(S)V; athrow");
    class.static_method("pass", "(S)S").code(
        "Start: sload_0; invokestatic @T.raise; sconst_0; sreturn
         End:
         Caught: dup; checkcast @Failure; getfield_s @Failure.code; invokestatic @note; athrow
         .catch Start End Caught @Failure",
    );
    class.static_method("run", "(S)S").code(
        "       sload_0; sconst_5
         Start: sload_0; invokestatic @T.pass; sreturn
         End:
         Caught: checkcast @Failure; getfield_s @Failure.code; sreturn
         .catch Start End Caught @lang:2",
    );
    let mut world = loaded(&mut package);
    assert_eq!(world.call("T.run", &[1234]), Ok(1234), "the stack held only the exception");
    assert_eq!(world.notes.shorts, [1234]);
    let outcome = world.call("T.pass", &[8]);
    let (package, _, code) = world.exception(outcome);
    assert_eq!((package, code), (0x80, 0), "the first cell is Throwable's");
}

#[test]
fn an_exception_goes_through_natives_and_the_calls_they_make() {
    let mut package = package(1);
    let class = package.class("Back");
    class.default_constructor();
    class.virtual_method("called", "()S").code("sconst_1; sconst_0; sdiv; sreturn");
    let class = package.class("T");
    class.static_method("run", "()S").code(
        "Start: new @Back; dup; invokespecial @Back.<init>()V; invokestatic @callBack; sreturn
         End:
         Caught: pop; bspush 80; sreturn
         .catch Start End Caught @lang:9",
    );
    let mut world = loaded(&mut package);
    assert_eq!(world.call("T.run", &[]), Ok(80));
}

#[test]
fn natives_and_programs_do_not_call_each_other_without_end() {
    let mut package = package(1);
    let class = package.class("Back");
    class.default_constructor();
    class.virtual_method("called", "()S").code("aload_0; invokestatic @callBack; sreturn");
    class
        .static_method("run", "()S")
        .code("new @Back; dup; invokespecial @Back.<init>()V; invokestatic @callBack; sreturn");
    let mut world = loaded(&mut package);
    assert_eq!(world.call("Back.run", &[]), Err(Trap::Fault(Fault::NestedTooDeeply)));
    assert_eq!(world.call("Back.run", &[]), Err(Trap::Fault(Fault::NestedTooDeeply)), "again");
}

#[test]
fn methods_of_several_blocks_call_each_other_and_have_their_own_handlers() {
    let mut package = package(1);
    package.extended().name("several/blocks");
    let class = package.class("T");
    let caught = |value: u8| {
        format!(
            "Start: sconst_1; sload_0; sdiv; sreturn
             End:
             Caught: pop; bspush {value}; sreturn
             .catch Start End Caught @lang:9"
        )
    };
    class.static_method("one", "(S)S").code(&caught(11));
    class.static_method("two", "(S)S").code(&caught(22)).block(1);
    class
        .static_method("both", "(S)S")
        .code("sload_0; invokestatic @T.one; sload_0; invokestatic @T.two; sadd; sreturn")
        .block(2);
    let mut world = loaded(&mut package);
    assert_eq!(world.call("T.one", &[0]), Ok(11));
    assert_eq!(world.call("T.two", &[0]), Ok(22));
    assert_eq!(world.call("T.both", &[0]), Ok(33));
    assert_eq!(world.call("T.both", &[1]), Ok(2));
}
