//! Interfaces, within a package and through the firewall.

use capfile::assemble::Package;
use jcvm::Reference;

use crate::world::{CLASS_CAST, SECURITY, World, package};

#[test]
fn a_method_is_found_through_every_interface() {
    let mut package = package(1);
    package.interface("I").interface_method("one", "()S");
    package.interface("I").interface_method("two", "(S)S");
    package.interface("J").extends("I").interface_method("three", "()S");
    package.interface("K").interface_method("three", "()S");
    let class = package.class("A");
    class.is_abstract().implements("I").default_constructor();
    class.virtual_method("two", "(S)S").code("sload_1; sconst_2; smul; sreturn");
    class.virtual_method("one", "()S").is_abstract();
    let class = package.class("B");
    class.extends("A").implements("J").implements("K").default_constructor();
    class.virtual_method("three", "()S").code("bspush 30; sreturn");
    class.virtual_method("one", "()S").code("bspush 10; sreturn");
    let class = package.class("C");
    class.extends("B").default_constructor();
    class.virtual_method("three", "()S").code("bspush 31; sreturn");
    let class = package.class("T");
    for name in ["B", "C"] {
        let object = format!("new @{name}; dup; invokespecial @{name}.<init>()V");
        for (method, code) in [
            ("one", "invokeinterface @I.one"),
            ("two", "sconst_4; invokeinterface @I.two"),
            ("three", "invokeinterface @J.three"),
            ("viaJ", "invokeinterface 1 @J 0"),
            ("viaK", "invokeinterface @K.three"),
        ] {
            let code = format!("{object}; {code}; sreturn");
            class.static_method(&format!("{method}{name}"), "()S").code(&code);
        }
    }
    let mut world = World::new();
    world.load(&mut package);
    for (method, result) in [
        ("oneB", 10),
        ("twoB", 8),
        ("threeB", 30),
        ("viaJB", 10),
        ("viaKB", 30),
        ("oneC", 10),
        ("twoC", 8),
        ("threeC", 31),
        ("viaJC", 10),
        ("viaKC", 31),
    ] {
        assert_eq!(world.call(&format!("T.{method}"), &[]), Ok(result), "{method}");
    }
}

/// A server whose shareable object inherits one method from a native class, and one from itself.
fn server() -> Package {
    let mut package = package(1);
    package.export("Shared").export("Other");
    let interface = package.interface("Shared");
    interface.shareable();
    interface.implements("framework:2");
    interface.interface_method("first", "()S");
    interface.interface_method("again", "(Llang:0;)S");
    interface.interface_method("raise", "()S");
    let interface = package.interface("Other");
    interface.shareable();
    interface.implements("framework:2");
    let class = package.class("Impl");
    class.extends("framework:21").inherited_tokens(3);
    class.implements_with("framework:2", &[]).implements_with("Shared", &[1, 3, 4]);
    class.default_constructor();
    class.virtual_method("again", "(Llang:0;)S").code(
        "invokestatic @previous; invokestatic @note
         aload_1; invokestatic @callBack; invokestatic @previous; invokestatic @note; sreturn",
    );
    class
        .virtual_method("raise", "()S")
        .code("new @Failure; dup; invokespecial @Failure.<init>()V; athrow");
    package.class("Failure").extends("lang:3").default_constructor();
    package
        .class("S")
        .static_method("object", "()LImpl;")
        .code("new @Impl; dup; invokespecial @Impl.<init>()V; areturn");
    package
}

fn client() -> Package {
    let mut package = package(2);
    package.import("server", &[0xD2, 0x76, 0, 0, 0x85, 1], 1, 0);
    let class = package.class("Back");
    class.default_constructor();
    class
        .virtual_method("called", "()S")
        .code("invokestatic @previous; invokestatic @note; bspush 55; sreturn");
    let class = package.class("C");
    class.static_field("kept", "Llang:0;");
    let shared = "invokestatic @shared; checkcast @server:0";
    for (name, descriptor, code) in [
        ("first", "()S", format!("{shared}; invokeinterface 1 @server:0 0; sreturn")),
        (
            "again",
            "()S",
            format!(
                "{shared}; new @Back; dup; invokespecial @Back.<init>()V
                 invokeinterface 2 @server:0 1; sreturn"
            ),
        ),
        ("isOther", "()S", "invokestatic @shared; instanceof @server:1; sreturn".to_owned()),
        ("castOther", "()V", "invokestatic @shared; checkcast @server:1; pop; return".to_owned()),
        ("isObject", "()S", "invokestatic @shared; instanceof @lang:0; sreturn".to_owned()),
        ("isNative", "()S", "invokestatic @shared; instanceof @framework:21; sreturn".to_owned()),
        (
            "catch",
            "()S",
            format!(
                "Start: {shared}; invokeinterface 1 @server:0 2; sreturn
                 End:
                 Caught: putstatic_a @C.kept; invokestatic @context; sreturn
                 .catch Start End Caught @lang:3"
            ),
        ),
        (
            "rethrow",
            "()S",
            format!(
                "Start: {shared}; invokeinterface 1 @server:0 2; sreturn
                 End:
                 Caught: athrow
                 .catch Start End Caught any"
            ),
        ),
        (
            "wrongClass",
            "()S",
            format!(
                "Start: {shared}; invokeinterface 1 @server:0 2; sreturn
                 End:
                 Caught: pop; sconst_1; sreturn
                 .catch Start End Caught @lang:9"
            ),
        ),
    ] {
        class.static_method(name, descriptor).code(&code);
    }
    package
}

fn shared() -> World {
    let mut world = World::new();
    world.load(&mut server());
    world.load(&mut client());
    let given = world.call_in(0, "S.object", &[]).unwrap();
    world.notes.shared = Reference::from_cell(given);
    world
}

#[test]
fn what_a_shared_object_inherits_natively_runs_as_its_owner() {
    let mut world = shared();
    assert_eq!(world.call_in(1, "C.first", &[]), Ok(101), "the server's context is 1");
}

#[test]
fn the_previous_applet_is_that_before_the_last_switch() {
    let mut world = shared();
    assert_eq!(world.call_in(1, "C.again", &[]), Ok(55));
    // In the server: the client; in what it calls back: the server; in the server again: the client.
    assert_eq!(world.notes.shorts, [1, 0, 1]);
}

#[test]
fn an_object_may_be_asked_about_any_shareable_interface() {
    let mut world = shared();
    assert_eq!(world.call_in(1, "C.isOther", &[]), Ok(0));
    let outcome = world.call_in(1, "C.castOther", &[]);
    assert_eq!(world.exception(outcome), CLASS_CAST);
    for method in ["C.isObject", "C.isNative"] {
        let outcome = world.call_in(1, method, &[]);
        assert_eq!(world.exception(outcome), SECURITY, "{method}");
    }
}

#[test]
fn foreign_exceptions_are_caught_by_their_class_but_not_thrown_on() {
    let mut world = shared();
    assert_eq!(world.call_in(1, "C.catch", &[]), Ok(2), "in the client's context again");
    let outcome = world.call_in(1, "C.wrongClass", &[]);
    let (package, _, _) = world.exception(outcome);
    assert_eq!(package, 0x80, "the server's exception leaves");
    let outcome = world.call_in(1, "C.rethrow", &[]);
    assert_eq!(world.exception(outcome), SECURITY);
    assert_eq!(world.call_in(1, "C.first", &[]), Ok(101), "nothing is left of it");
}

#[test]
fn entry_points_can_be_called_and_only_permanent_ones_kept() {
    let mut package = package(1);
    let class = package.class("T");
    class.static_field("kept", "Llang:0;").field("own", "Llang:0;").default_constructor();
    for (name, code) in [
        (
            "call",
            "invokestatic @entry; checkcast @framework:21; invokevirtual @framework:21.1()S; sreturn",
        ),
        ("equal", "invokestatic @entry; dup; invokevirtual @lang:0.0(Llang:0;)Z; sreturn"),
        ("keep", "invokestatic @entry; putstatic_a @T.kept; sconst_1; sreturn"),
        (
            "keepInField",
            "new @T; dup; invokespecial @T.<init>()V; swap_x 1 1; invokestatic @entry; putfield_a @T.own; sconst_1; sreturn",
        ),
        (
            "keepInArray",
            "pop; sconst_1; anewarray @lang:0; sconst_0; sload_0; invokestatic @entry; aastore; sconst_1; sreturn",
        ),
        (
            "keepInTransient",
            "pop; sconst_1; sconst_1; s2b; invokestatic @transientObjects; sconst_0; sload_0; invokestatic @entry; aastore; sconst_1; sreturn",
        ),
    ] {
        class.static_method(name, "(S)S").code(&format!("sload_0; {code}"));
    }
    let mut world = World::new();
    world.load(&mut package);
    for kind in [0, 1] {
        assert_eq!(world.call("T.call", &[kind]), Ok(101));
        assert_eq!(world.call("T.equal", &[kind]), Ok(1));
        for method in ["T.keep", "T.keepInField", "T.keepInArray", "T.keepInTransient"] {
            let outcome = world.call(method, &[kind]);
            if kind == 1 {
                assert_eq!(outcome, Ok(1), "{method}");
            } else {
                assert_eq!(world.exception(outcome), SECURITY, "{method}");
            }
        }
    }
}
