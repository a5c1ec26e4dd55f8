//! Packages that use each other: classes, methods and fields of one in another.

use capfile::assemble::Package;
use jcvm::LinkError;

use crate::world::{NULL_POINTER, World, package};

const LIBRARY: &[u8] = &[0xD2, 0x76, 0, 0, 0x85, 1];

/// Exports `Base`, `Shape` and `Values`.
fn library() -> Package {
    let mut package = package(1);
    package.version(1, 3).export("Base").export("Shape").export("Values");
    package.interface("Shape").interface_method("area", "()S");
    let class = package.class("Base");
    class.is_abstract().implements("Shape").field("weight", "S").field("size", "I");
    class.constructor("(S)V").code(
        "aload_0; invokespecial @lang:0.0()V; aload_0; sload_1; putfield_s @Base.weight; return",
    );
    // Tokens 1 to 4.
    class.virtual_method("area", "()S").is_abstract();
    class.virtual_method("name", "()S").code("bspush 10; sreturn");
    class
        .virtual_method("twice", "()S")
        .code("aload_0; invokevirtual @Base.area; sconst_2; smul; sreturn");
    class.virtual_method("secretly", "()S").code("aload_0; invokevirtual @Base.secret; sreturn");
    class.package_method("secret", "()S").code("getfield_s_this @Base.weight; sreturn");
    let class = package.class("Inner");
    class.extends("Base");
    class.constructor("()V").code("aload_0; bspush 7; invokespecial @Base.<init>(S)V; return");
    class.virtual_method("area", "()S").code("bspush 49; sreturn");
    class
        .package_method("secret", "()S")
        .code("aload_0; invokespecial super @Inner.secret; sconst_1; sadd; sreturn");
    let class = package.class("Values");
    class.static_array("table", "[S", &[0, 1, 0, 2, 0, 3]).static_field("any", "Llang:0;");
    class.static_value("small", "B", -3).static_value("middle", "S", 1000);
    class.static_value("wide", "I", 100_000);
    class.static_method("inner", "()S").code(
        "new @Inner; dup; invokespecial @Inner.<init>()V; dup
         invokevirtual @Base.secretly; swap_x 1 1; invokevirtual @Base.twice; sadd; sreturn",
    );
    class.static_method("total", "(LBase;)I").code(
        "aload_0; getfield_i @Base.size; aload_0; invokevirtual @Base.twice; s2i; iadd; ireturn",
    );
    package
}

/// Extends what the library has.
fn client() -> Package {
    let mut package = package(2);
    package.import("library", LIBRARY, 1, 2);
    let class = package.class("Square");
    class.extends("library:0").inherited_tokens(5).implements_with("library:1", &[1]);
    class.field("side", "S");
    class.constructor("(S)V").code(
        "aload_0; bspush 60; invokespecial @library:0.0(S)V
         aload_0; sload_1; putfield_s @Square.side; return",
    );
    class
        .virtual_method("area", "()S")
        .token(1)
        .code("getfield_s_this @Square.side; dup; smul; sreturn");
    class
        .virtual_method("name", "()S")
        .token(2)
        .code("aload_0; invokespecial super @Square.name; sconst_5; sadd; sreturn");
    class.virtual_method("own", "()S").code("bspush 99; sreturn");
    // Not an override: the library's is not to be seen here.
    class.package_method("secret", "()S").code("sconst_m1; sreturn");
    let class = package.class("C");
    let square = "new @Square; dup; sload_0; invokespecial @Square.<init>(S)V";
    for (name, code) in [
        ("twice", "invokevirtual @library:0.3()S"),
        ("name", "invokevirtual @library:0.2()S"),
        ("own", "invokevirtual @Square.own"),
        ("secretly", "invokevirtual @library:0.4()S"),
        ("secret", "invokevirtual @Square.secret"),
        ("area", "invokeinterface 1 @library:1 0"),
        ("isBase", "instanceof @library:0"),
        ("isShape", "instanceof @library:1"),
    ] {
        class.static_method(name, "(S)S").code(&format!("{square}; {code}; sreturn"));
    }
    class.static_method("total", "(S)I").code(&format!(
        "{square}; dup; iipush 100000; putfield_i @library:0.1; invokestatic @library:2.1(Llibrary:0;)I; ireturn"
    ));
    class.static_method("inner", "()S").code("invokestatic @library:2.0()S; sreturn");
    // Static fields of the library, by their tokens.
    for (name, descriptor, code) in [
        ("small", "(S)S", "getstatic_b @library:2.2; sload_0; putstatic_b @library:2.2; sreturn"),
        ("middle", "(S)S", "getstatic_s @library:2.3; sload_0; putstatic_s @library:2.3; sreturn"),
        (
            "wide",
            "(S)I",
            "getstatic_i @library:2.4; sload_0; s2i; putstatic_i @library:2.4; ireturn",
        ),
        (
            "any",
            "(S)S",
            "getstatic_a @library:2.1; sload_0; newarray byte; putstatic_a @library:2.1
             ifnull Null; sconst_1; sreturn
             Null: sconst_0; sreturn",
        ),
    ] {
        class.static_method(name, descriptor).code(code);
    }
    package
}

fn world() -> World {
    let mut world = World::new();
    world.load(&mut library());
    world.load(&mut client());
    world
}

#[test]
fn methods_are_found_across_packages() {
    let mut world = world();
    for (method, result) in [
        ("twice", 18),
        ("name", 15),
        ("own", 99),
        ("secretly", 60),
        ("secret", -1),
        ("area", 9),
        ("isBase", 1),
        ("isShape", 1),
    ] {
        assert_eq!(world.call_in(1, &format!("C.{method}"), &[3]), Ok(result), "{method}");
    }
    assert_eq!(world.call_in(1, "C.inner", &[]), Ok(8 + 98), "overridden in the same package");
    assert_eq!(world.call_in(1, "C.total", &[3]), Ok(100_018), "an inherited field of int");
}

#[test]
fn static_fields_are_one_for_all_packages() {
    let mut world = world();
    for (method, first) in [("small", -3), ("middle", 1000), ("wide", 100_000), ("any", 0)] {
        let method = format!("C.{method}");
        assert_eq!(world.call_in(1, &method, &[1]), Ok(first), "{method}");
        assert_eq!(world.call_in(1, &method, &[2]), Ok(1), "{method}");
    }
}

#[test]
fn the_tokens_of_a_subclass_hide_those_of_a_newer_superclass() {
    let mut package = package(1);
    let class = package.class("Sub");
    // Of a version of Base without `second`, whose token is 2.
    class.extends("framework:21").inherited_tokens(2).field("own", "S").default_constructor();
    class.virtual_method("mine", "()S").code("getfield_s_this @Sub.own; sreturn");
    let class = package.class("T");
    let object = "new @Sub; dup; invokespecial @Sub.<init>()V; dup; bspush 42; putfield_s @Sub.own";
    class.static_method("mine", "()S").code(&format!("{object}; invokevirtual @Sub.mine; sreturn"));
    class
        .static_method("first", "()S")
        .code(&format!("{object}; invokevirtual @framework:21.1()S; sreturn"));
    class
        .static_method("called", "()S")
        .code(&format!("{object}; invokestatic @callBack; sreturn"));
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.mine", &[]), Ok(42));
    assert_eq!(world.call("T.first", &[]), Ok(101));
    assert_eq!(world.call("T.called", &[]), Ok(101), "a native calls what is inherited");
}

#[test]
fn a_native_finds_what_a_subclass_overrides() {
    let mut package = package(1);
    let class = package.class("Sub");
    class.extends("framework:21").inherited_tokens(3).default_constructor();
    class
        .virtual_method("first", "()S")
        .token(1)
        .code("aload_0; invokespecial super @Sub.first; sconst_1; sadd; sreturn");
    package
        .class("T")
        .static_method("run", "()S")
        .code("new @Sub; dup; invokespecial @Sub.<init>()V; invokestatic @callBack; sreturn");
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.run", &[]), Ok(102));
}

#[test]
fn an_object_has_many_fields_and_wide_instructions_reach_them() {
    let mut package = package(1);
    let class = package.class("T");
    class.default_constructor();
    for number in 0..250 {
        class.field(&format!("s{number}"), "S");
    }
    class.field("reference", "LT;");
    class.static_method("run", "(S)S").code(
        "new @T; dup; invokespecial @T.<init>()V; astore_1
         aload_1; sload_0; putfield_s_w @T.s249; aload_1; aload_1; putfield_a_w @T.reference
         aload_1; getfield_a_w @T.reference; getfield_s_w @T.s249; sreturn",
    );
    class
        .static_method("null", "()S")
        .code("aconst_null; checkcast @T; getfield_s_w @T.s1; sreturn");
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.run", &[-5]), Ok(-5));
    let outcome = world.call("T.null", &[]);
    assert_eq!(world.exception(outcome), NULL_POINTER);
}

#[test]
fn what_is_missing_is_named() {
    let mut world = World::new();
    let refused = world.refuse(&mut client());
    assert!(matches!(refused, LinkError::PackageMissing { wanted: (1, 2), .. }), "{refused}");
    world.load(&mut library());
    let mut newer = package(3);
    newer.import("library", LIBRARY, 1, 4).class("T").static_method("run", "()V").code("return");
    let refused = world.refuse(&mut newer);
    assert!(matches!(refused, LinkError::PackageVersion { present: (1, 3), .. }), "{refused}");
    let mut other = package(3);
    other.import("library", LIBRARY, 1, 0);
    let code = "invokestatic @library:2.9()V; return";
    other.class("T").static_method("run", "()V").code(code);
    let refused = world.refuse(&mut other);
    assert!(
        matches!(refused, LinkError::MemberMissing { token: 9, kind: "static method", .. }),
        "{refused}"
    );
    let again = world.refuse(&mut library());
    assert!(matches!(again, LinkError::AlreadyLoaded(_)), "{again}");
    for hidden in ["new @framework:130; pop; return", "new @framework:99; pop; return"] {
        let mut nosy = package(3);
        nosy.class("T").static_method("run", "()V").code(hidden);
        let refused = world.refuse(&mut nosy);
        assert!(matches!(refused, LinkError::ClassMissing { .. }), "{refused}");
    }
}

#[test]
fn nothing_stays_of_a_package_that_goes() {
    let mut world = World::new();
    let objects = world.machine.heap().objects().count();
    let free = world.machine.heap().persistent_free();
    world.load(&mut library());
    world.load(&mut client());
    world.call_in(1, "C.any", &[10]).unwrap();
    world.machine.heap_mut().take_changes();
    let ((library_id, _), (client_id, applet)) = (world.loaded(0), world.loaded(1));
    assert!(world.machine.is_imported(library_id));
    assert!(world.machine.is_referenced(client_id, Some(applet)), "by a field of the library");
    world.call_in(1, "C.any", &[10]).unwrap();
    world.machine.remove_applet(applet);
    assert!(world.machine.unload(client_id));
    assert!(!world.machine.is_imported(library_id));
    assert!(world.machine.unload(library_id));
    assert!(!world.machine.unload(library_id));
    assert_eq!(world.machine.heap().objects().count(), objects);
    assert_eq!(world.machine.heap().persistent_free(), free);
    // Others get its place, and its handles once the records have gone.
    let gone = world.machine.heap_mut().take_changes();
    assert!(gone.iter().any(|change| change.record.is_none()));
    let mut next = package(9);
    let class = next.class("T");
    class.static_field("x", "S");
    class.static_method("run", "()S").code("getstatic_s @T.x; sreturn");
    assert_eq!(world.load(&mut next), library_id);
    assert_eq!(world.call_in(2, "T.run", &[]), Ok(0));
    assert!(!world.notes.reclaimed.is_empty(), "the native side has been told");
}
