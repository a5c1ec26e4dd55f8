//! Fields and methods.

use jcvm::verifier::{Cell, Element, Reason, Type};

use super::{accepts, judged, judged_in, mismatches, package, program, reason, refuses};
use crate::world::World;

#[test]
fn fields_are_of_their_type() {
    accepts("(LT;)S", "aload_0; getfield_s @T.short; sreturn");
    accepts("(LT;)S", "aload_0; getfield_b @T.octet; sreturn");
    accepts("(LT;)I", "aload_0; getfield_i @T.int; ireturn");
    accepts("(LT;)[B", "aload_0; getfield_a @T.bytes; areturn");
    accepts("(LT;)V", "aload_0; iconst_1; putfield_i @T.int; return");
    accepts("(LT;)V", "aload_0; dup; putfield_a @T.reference; return");
    for code in [
        "aload_0; getfield_b @T.short; pop; return",
        "aload_0; getfield_s @T.octet; pop; return",
        "aload_0; getfield_s @T.int; pop; return",
        "aload_0; getfield_i @T.short; pop2; return",
        "aload_0; getfield_a @T.short; pop; return",
        "aload_0; getfield_s @T.bytes; pop; return",
        "aload_0; sconst_0; putfield_s @T.bytes; return",
        "aload_0; aconst_null; putfield_a @T.short; return",
        "aload_0; sconst_0; putfield_b @T.short; return",
    ] {
        assert_eq!(refuses("(LT;)V", code), Reason::FieldType, "{code}");
    }
    mismatches("(LT;)V", "aload_0; aload_0; putfield_a @T.bytes; return", own());
    mismatches("(LT;)V", "aload_0; aload_0; putfield_s @T.short; return", own());
    mismatches("([B)V", "aload_0; getfield_s @T.short; pop; return", bytes());
    mismatches("(S)V", "sload_0; getfield_s @T.short; pop; return", Cell::Short);
}

/// As the converter of the 2.1.1 kit writes it.
#[test]
fn an_array_that_is_described_as_a_single_reference_is_one() {
    let code = "aload_0; sconst_3; anewarray @T; putfield_a @T.list
                aload_0; getfield_a @T.list; sconst_0; aaload; areturn";
    let mut package = program("(LT;)LT;", code);
    package.class("T").field("list", "[LT;");
    let mut cap = package.build().unwrap().cap().unwrap();
    let fields = &mut cap.descriptor.as_mut().unwrap().classes[0].fields;
    let references = fields.iter().filter(|field| !field.is_static());
    let single = references.map(|field| field.field_type).find(|kind| kind & 0x8000 == 0).unwrap();
    let list = fields.iter_mut().rfind(|field| !field.is_static()).unwrap();
    assert_ne!(list.field_type, single);
    list.field_type = single;
    let loaded = World::new().machine.load(std::sync::Arc::new(cap), true);
    assert!(loaded.is_ok(), "{loaded:?}");
}

#[test]
fn this_is_the_object_of_the_method() {
    let method = |code: &str| {
        let mut package = program("()V", "return");
        package.class("T").virtual_method("m", "()V").code(code);
        package
    };
    assert_eq!(judged(&mut method("getfield_s_this @T.short; pop; return")), Ok(()));
    assert_eq!(judged(&mut method("sconst_0; putfield_s_this @T.short; return")), Ok(()));
    let gone = "aconst_null; astore_0; sconst_0; sstore_0; getfield_s_this @T.short; pop; return";
    assert!(matches!(reason(&mut method(gone)), Reason::Mismatch { found: Cell::Short, .. }));
    let nobody = "getfield_s_this @T.short; pop; return";
    assert_eq!(refuses("(LT;)V", nobody), Reason::MethodKind);
    let mut stranger = program("()V", "return");
    let code = "getfield_s_this @T.short; pop; return";
    stranger.class("U").virtual_method("m", "()V").code(code);
    assert!(matches!(reason(&mut stranger), Reason::Mismatch { .. }));
}

#[test]
fn static_fields_are_of_their_type_and_in_their_image() {
    accepts("()S", "getstatic_s @T.count; sreturn");
    accepts("()Z", "getstatic_b @T.flag; sreturn");
    accepts("(I)V", "iload_0; putstatic_i @T.total; return");
    accepts("()[S", "getstatic_a @T.table; areturn");
    for code in [
        "getstatic_b @T.count; pop; return",
        "getstatic_s @T.flag; pop; return",
        "getstatic_s @T.instance; pop; return",
        "getstatic_a @T.count; pop; return",
        "sconst_0; putstatic_s @T.table; return",
        "aconst_null; putstatic_a @T.count; return",
    ] {
        assert_eq!(refuses("()V", code), Reason::FieldType, "{code}");
    }
    mismatches("([B)V", "aload_0; putstatic_a @T.table; return", bytes());
    let outside = |offset: u8, instruction: &str| {
        let mut package = program("()V", &format!("{instruction} #place; pop; return"));
        package.constant("place", [5, 0, 0, offset]);
        package
    };
    assert_eq!(reason(&mut outside(1, "getstatic_a")), Reason::StaticField);
    assert_eq!(reason(&mut outside(200, "getstatic_s")), Reason::StaticField);
    // The image ends after the first byte of a short.
    let image = 4 + 2 + 1 + 4;
    assert_eq!(reason(&mut outside(image - 1, "getstatic_s")), Reason::StaticField);
}

#[test]
fn calls_take_what_the_method_takes() {
    accepts("(LT;)S", "aload_0; sconst_1; invokevirtual @T.twice(S)S; sreturn");
    accepts("(LT;)S", "aload_0; sconst_1; invokespecial @T.own(S)S; sreturn");
    accepts("(LT;)I", "aload_0; iconst_1; invokevirtual @T.near(I)I; ireturn");
    accepts("([B)V", "aload_0; sconst_1; invokestatic @T.half([BS)V; return");
    accepts("()V", "sconst_1; invokestatic @note; return");
    accepts("(LT;)Z", "aload_0; aload_0; invokevirtual @lang:0.0(Llang:0;)Z; sreturn");
    mismatches("([S)V", "aload_0; sconst_1; invokestatic @T.half([BS)V; return", shorts());
    mismatches("(LT;)V", "aload_0; invokestatic @note; return", own());
    mismatches("([B)V", "aload_0; sconst_1; invokevirtual @T.twice(S)S; pop; return", bytes());
    mismatches("(LT;)V", "aload_0; dup; invokevirtual @T.twice(S)S; pop; return", own());
    let empty = refuses("()V", "sconst_1; invokestatic @T.half([BS)V; return");
    assert_eq!(empty, Reason::StackUnderflow);
}

#[test]
fn calls_are_of_their_kind() {
    assert_eq!(refuses("()V", "sconst_0; invokestatic @T.own(S)S; return"), Reason::MethodKind);
    let special = "aconst_null; sconst_0; invokespecial @T.half([BS)V; return";
    assert_eq!(refuses("()V", special), Reason::MethodKind);
}

#[test]
fn constants_are_of_the_kind_that_the_instruction_needs() {
    // The linker looks at most of them before: what it lets pass is for the verifier.
    for instruction in [
        "new",
        "anewarray",
        "getstatic_s",
        "getfield_s",
        "putfield_a",
        "invokestatic",
        "invokevirtual",
        "invokespecial",
        "checkcast 0",
        "invokeinterface 1",
    ] {
        let last = if instruction.contains("interface") { "0" } else { "" };
        let mut accepted = 0;
        // A class, an instance field, a virtual, a static field, a static method: of none of them more than one will do.
        for constant in
            [[1, 0x80, 0, 0], [2, 0, 0, 0], [3, 0x80, 0, 0], [5, 0, 0, 4], [6, 0x81, 20, 0]]
        {
            let code = format!("aconst_null; dup; {instruction} #constant {last}; return");
            let mut package = program("()V", &code);
            package.constant("constant", constant);
            let cap = package.build().unwrap().cap_unverified().unwrap();
            let loaded = World::new().machine.load(std::sync::Arc::new(cap), true);
            accepted += u8::from(loaded.is_ok());
        }
        assert!(accepted <= 1, "{instruction}");
    }
}

#[test]
fn interface_calls_name_interfaces_and_their_methods() {
    let with_interface = |code: &str| {
        let mut package = program("(LI;)S", code);
        package.interface("I").interface_method("m", "(S)S");
        package
    };
    let good = "aload_0; sconst_1; invokeinterface @I.m; sreturn";
    assert_eq!(judged(&mut with_interface(good)), Ok(()));
    let cells = "aload_0; sconst_1; dup; invokeinterface 3 @I 0; sreturn";
    let expected = Reason::ArgumentCells { wanted: 2, found: 3 };
    assert_eq!(reason(&mut with_interface(cells)), expected);
    let class = "aload_0; sconst_1; invokeinterface 2 @T 0; sreturn";
    assert_eq!(reason(&mut with_interface(class)), Reason::NoInterface);
    let receiver = "sconst_0; sconst_1; invokeinterface @I.m; sreturn";
    assert!(matches!(reason(&mut with_interface(receiver)), Reason::Mismatch { .. }));
}

#[test]
fn super_calls_are_for_objects_of_the_class() {
    let mut package = package(1);
    package.class("Base").default_constructor();
    package.class("Base").virtual_method("m", "(S)S").code("sload_1; sreturn");
    let class = package.class("T");
    class.extends("Base").default_constructor();
    class.virtual_method("m", "(S)S").code("aload_0; sload_1; invokespecial super @T.m; sreturn");
    assert_eq!(judged(&mut package), Ok(()));
    let code = "aload_0; sconst_0; invokespecial super @T.m; sreturn";
    package.class("T").static_method("run", "(LBase;)S").code(code);
    assert!(matches!(reason(&mut package), Reason::Mismatch { .. }));
}

#[test]
fn overriding_methods_keep_the_signature() {
    let overriding = |descriptor: &str, code: &str| {
        let mut package = package(1);
        package.class("Base").virtual_method("m", "(S)S").code("sload_1; sreturn");
        let class = package.class("T");
        class.extends("Base").virtual_method("m", descriptor).token(1).code(code);
        package
    };
    assert_eq!(judged(&mut overriding("(S)S", "sload_1; sreturn")), Ok(()));
    for (descriptor, code) in
        [("(S)V", "return"), ("(SS)S", "sload_1; sreturn"), ("(LT;)S", "sconst_0; sreturn")]
    {
        assert_eq!(reason(&mut overriding(descriptor, code)), Reason::Override, "{descriptor}");
    }
    // Of a native class.
    let mut package = package(1);
    package.class("T").virtual_method("equals", "(S)Z").token(0).code("sconst_0; sreturn");
    assert_eq!(reason(&mut package), Reason::Override);
}

#[test]
fn implementing_methods_keep_the_signature() {
    let implementing = |descriptor: &str, code: &str| {
        let mut package = package(1);
        package.interface("I").interface_method("m", "(S)S");
        let class = package.class("T");
        class.implements_with("I", &[1]).virtual_method("m", descriptor).code(code);
        package
    };
    assert_eq!(judged(&mut implementing("(S)S", "sload_1; sreturn")), Ok(()));
    assert_eq!(reason(&mut implementing("([B)S", "sconst_0; sreturn")), Reason::Override);
    assert_eq!(reason(&mut implementing("(S)V", "return")), Reason::Override);
}

#[test]
fn install_methods_take_the_parameters_of_the_installation() {
    let installing = |descriptor: &str| {
        let mut package = package(1);
        package.applet(&[0xD2, 0x76, 0, 0, 0x85, 1, 1], "T.install");
        package.class("T").static_method("install", descriptor).code("return");
        package
    };
    assert_eq!(judged(&mut installing("([BSB)V")), Ok(()));
    assert_eq!(reason(&mut installing("([BS)V")), Reason::Override);
    assert_eq!(reason(&mut installing("(S[BB)V")), Reason::Override);
}

#[test]
fn headers_and_signatures_agree() {
    let mut package = package(1);
    package.class("T").static_method("run", "(SS)V").nargs(1).code("return");
    let expected = Reason::ArgumentCells { wanted: 1, found: 2 };
    assert_eq!(reason(&mut package), expected);
}

#[test]
fn packages_are_verified_against_those_they_import() {
    let library = || {
        let mut library = package(1);
        library.class("L").static_field("shared", "[S").default_constructor();
        library.class("L").virtual_method("m", "([S)S").code("sconst_0; sreturn");
        library.class("L").static_method("make", "()LL;").code("aconst_null; areturn");
        library.export("L");
        library
    };
    let client = |descriptor: &str, code: &str| {
        let mut client = package(2);
        client.import("library", &[0xD2, 0x76, 0, 0, 0x85, 1], 1, 0);
        client.class("C").static_method("run", descriptor).locals(3).max_stack(6).code(code);
        client
    };
    for library in [&mut library(), library().without_descriptor()] {
        let mut judge = |descriptor: &str, code: &str| {
            let mut world = World::new();
            world.load(library);
            judged_in(&mut world, &mut client(descriptor, code)).map(|_| ())
        };
        let make = "invokestatic @library:0.1()Llibrary:0;";
        assert_eq!(judge("()Llibrary:0;", &format!("{make}; areturn")), Ok(()));
        let call = "invokevirtual @library:0.1([S)S; sreturn";
        assert_eq!(judge("([S)S", &format!("{make}; aload_0; {call}")), Ok(()));
        assert!(judge("(S)S", &format!("{make}; sload_0; s2i; {call}")).is_err());
        assert!(judge("(S)S", &format!("sload_0; aconst_null; {call}")).is_err());
        assert!(judge("()S", &format!("{make}; sreturn")).is_err());
    }
}

fn own() -> Cell {
    let class = jcvm::ClassId::new(jcvm::PackageId(jcvm::PackageId::FIRST_LOADED), 0);
    Cell::Reference(Type::Class(class))
}

const fn bytes() -> Cell {
    Cell::Reference(Type::Array(Element::Byte))
}

const fn shorts() -> Cell {
    Cell::Reference(Type::Array(Element::Short))
}
