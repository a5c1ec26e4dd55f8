//! Contexts: what a package may do with objects of another one [JCRE 3.0.5 §6].

use capfile::assemble::Package;
use jcvm::Reference;

use crate::world::{World, package};

const SECURITY: (u8, u16, i16) = (0, 10, 0);

/// A server with a shareable object, a plain one and an array, which it gives away through the probe.
fn server() -> Package {
    let mut package = package(1);
    package.version(1, 0);
    package.export("Counter").export("S");
    let interface = package.interface("Counter");
    interface.shareable();
    interface.implements("framework:2");
    interface.interface_method("count", "(S)S");
    interface.interface_method("fail", "()S");
    let class = package.class("Impl");
    class.implements("Counter").field("total", "S").default_constructor();
    class.virtual_method("count", "(S)S").code(
        "aload_0; dup; getfield_s @Impl.total; sload_1; sadd; putfield_s @Impl.total
         invokestatic @context; invokestatic @note; invokestatic @previous; invokestatic @note
         getfield_s_this @Impl.total; sreturn",
    );
    class.virtual_method("fail", "()S").code("sconst_1; sconst_0; sdiv; sreturn");
    let class = package.class("S");
    class
        .static_method("object", "()LImpl;")
        .code("new @Impl; dup; invokespecial @Impl.<init>()V; areturn");
    class.static_method("array", "()[B").code("sconst_5; newarray byte; areturn");
    class.static_field("ownArray", "[B").static_field("ownObject", "LImpl;");
    class.static_method("make", "()V").code(
        "invokestatic @S.array; putstatic_a @S.ownArray
         invokestatic @S.object; putstatic_a @S.ownObject; return",
    );
    class
        .static_method("element", "()S")
        .code("getstatic_a @S.ownArray; sconst_0; baload; sreturn");
    class
        .static_method("total", "()S")
        .code("getstatic_a @S.ownObject; getfield_s @Impl.total; sreturn");
    package
}

/// A client that takes what the probe gives it.
fn client() -> Package {
    let mut package = package(2);
    package.import("server", &[0xD2, 0x76, 0, 0, 0x85, 1], 1, 0);
    let class = package.class("C");
    class.static_field("kept", "[B");
    class.static_method("count", "(S)S").code(
        "invokestatic @shared; checkcast @server:0; sload_0; invokeinterface 2 @server:0 0; sreturn",
    );
    class.static_method("fail", "()S").code(
        "Start: invokestatic @shared; checkcast @server:0; invokeinterface 1 @server:0 1; sreturn
         End:
         Caught: pop; invokestatic @context; sreturn
         .catch Start End Caught @lang:9",
    );
    class
        .static_method("equals", "()S")
        .code("invokestatic @shared; aconst_null; invokevirtual @lang:0.0(Llang:0;)Z; sreturn");
    class
        .static_method("read", "()S")
        .code("invokestatic @shared; checkcast byte[]; sconst_0; baload; sreturn");
    class
        .static_method("length", "()S")
        .code("invokestatic @shared; checkcast byte[]; arraylength; sreturn");
    class.static_method("cast", "()S").code("invokestatic @shared; instanceof @C; sreturn");
    class
        .static_method("global", "()S")
        .code("invokestatic @global; dup; sconst_0; bspush 9; bastore; sconst_0; baload; sreturn");
    for (name, token) in [("element", 3), ("total", 4)] {
        let code = format!("invokestatic @server:1.{token}()S; sreturn");
        class.static_method(name, "()S").code(&code);
    }
    class.static_method("keep", "()V").code("invokestatic @global; putstatic_a @C.kept; return");
    class
        .static_method("keepInArray", "()V")
        .code("sconst_1; anewarray @lang:0; sconst_0; invokestatic @global; aastore; return");
    package
}

/// A server and a client; what the client finds is the server's object from this method.
fn world(given: &str) -> World {
    let mut world = World::new();
    world.load(&mut server());
    world.load(&mut client());
    let given = world.call_in(0, given, &[]).unwrap();
    world.notes.shared = Reference::from_cell(given);
    world
}

#[test]
fn a_shareable_interface_switches_the_context_and_back() {
    let mut world = world("S.object");
    assert_eq!(world.call_in(1, "C.count", &[5]), Ok(5));
    assert_eq!(world.call_in(1, "C.count", &[6]), Ok(11));
    // In the server's context, called by applet 1.
    assert_eq!(world.notes.shorts, [1, 1, 1, 1]);
}

#[test]
fn an_exception_switches_the_context_back() {
    let mut world = world("S.object");
    assert_eq!(world.call_in(1, "C.fail", &[]), Ok(2));
}

#[test]
fn nothing_else_of_a_foreign_object_can_be_used() {
    let mut foreign_object = world("S.object");
    let outcome = foreign_object.call_in(1, "C.equals", &[]);
    assert_eq!(foreign_object.exception(outcome), SECURITY);
    let outcome = foreign_object.call_in(1, "C.cast", &[]);
    assert_eq!(foreign_object.exception(outcome), SECURITY);
    let mut foreign_array = world("S.array");
    for method in ["C.read", "C.length"] {
        let outcome = foreign_array.call_in(1, method, &[]);
        assert_eq!(foreign_array.exception(outcome), SECURITY, "{method}");
    }
}

/// A static method runs in the context of its caller, whoever wrote it.
#[test]
fn fields_and_elements_are_those_of_the_own_context() {
    let mut world = world("S.array");
    world.call_in(0, "S.make", &[]).unwrap();
    for method in ["element", "total"] {
        assert_eq!(world.call_in(0, &format!("S.{method}"), &[]), Ok(0));
        let outcome = world.call_in(1, &format!("C.{method}"), &[]);
        assert_eq!(world.exception(outcome), SECURITY, "{method}");
    }
}

#[test]
fn global_arrays_are_for_all_but_not_to_be_kept() {
    let mut world = world("S.array");
    assert_eq!(world.call_in(1, "C.global", &[]), Ok(9));
    for method in ["C.keep", "C.keepInArray"] {
        let outcome = world.call_in(1, method, &[]);
        assert_eq!(world.exception(outcome), SECURITY, "{method}");
    }
}

#[test]
fn what_is_cleared_on_deselection_belongs_to_the_selected_applet() {
    let mut package = package(1);
    let class = package.class("T");
    class.static_field("array", "[B");
    class.static_method("make", "()V").code(
        "bspush 8; sconst_2; s2b; invokestatic @transientBytes; putstatic_a @T.array; return",
    );
    class.static_method("use", "()S").code(
        "getstatic_a @T.array; sconst_0; bspush 3; bastore; getstatic_a @T.array; sconst_0; baload; sreturn",
    );
    let mut world = World::new();
    let id = world.load(&mut package);
    world.machine.begin(Some(id.context()));
    world.call("T.make", &[]).unwrap();
    assert_eq!(world.call("T.use", &[]), Ok(3));
    world.machine.begin(None);
    let outcome = world.call("T.use", &[]);
    assert_eq!(world.exception(outcome), SECURITY);
}
