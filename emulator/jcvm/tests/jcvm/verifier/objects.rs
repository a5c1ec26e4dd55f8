//! Objects and arrays.

use jcvm::verifier::{Cell, Element, Reason, Type};

use super::{accepts, judged, mismatches, package, program, reason, refuses};

#[test]
fn objects_are_used_after_their_constructor_has_run() {
    accepts("()LT;", "new @T; dup; invokespecial @T.<init>()V; areturn");
    accepts("()LT;", "new @T; astore_1; aload_1; invokespecial @T.<init>()V; aload_1; areturn");
    for code in [
        "new @T; putstatic_a @T.instance; return",
        "new @T; getfield_s @T.short; pop; return",
        "new @T; sconst_0; invokevirtual @T.twice(S)S; pop; return",
        "new @T; checkcast @T; pop; return",
        "new @T; athrow",
    ] {
        let refused = refuses("()V", code);
        let found = match refused {
            Reason::Mismatch { found, .. } => found,
            other => panic!("{other:?}: {code}"),
        };
        assert!(matches!(found, Cell::Uninitialised(_)), "{code}");
    }
    let refused = refuses("()LT;", "new @T; areturn");
    assert!(matches!(refused, Reason::Mismatch { found: Cell::Uninitialised(_), .. }));
}

#[test]
fn constructors_are_for_new_objects_of_their_class() {
    mismatches("(LT;)V", "aload_0; invokespecial @T.<init>()V; return", own(0));
    let mut other = program("()V", "new @T; invokespecial @Other.<init>()V; return");
    other.class("Other").default_constructor();
    assert!(matches!(reason(&mut other), Reason::Mismatch { .. }));
    // Twice.
    let twice = "new @T; dup; invokespecial @T.<init>()V; invokespecial @T.<init>()V; return";
    mismatches("()V", twice, own(0));
    // A constructor is no method.
    let call = "new @T; invokestatic @T.<init>()V; return";
    assert_eq!(refuses("()V", call), Reason::MethodKind);
}

#[test]
fn a_loop_does_not_confuse_its_objects() {
    let code = "        aconst_null; astore_1
                Again:  new @T; astore_2; sload_0; ifeq End
                        aload_2; invokespecial @T.<init>()V; goto Again
                End:    return";
    accepts("(S)V", code);
    // The object of the turn before is not the one that is initialised now.
    let code = "        new @T; astore_1; goto In
                Again:  aload_1; astore_2
                In:     new @T; astore_1; sload_0; ifeq Again; return";
    accepts("(S)V", code);
}

#[test]
fn constructors_call_another_one_first() {
    let constructor = |code: &str| {
        let mut package = package(1);
        let class = package.class("T");
        class.field("value", "S");
        class.constructor("()V").code(code);
        package
    };
    let other = "invokespecial @lang:0.0()V";
    for good in [
        format!("aload_0; {other}; return"),
        format!("aload_0; {other}; getfield_s_this @T.value; pop; return"),
        // As constructors of inner classes do.
        format!("aload_0; sconst_1; putfield_s @T.value; aload_0; {other}; return"),
        format!("sconst_1; putfield_s_this @T.value; aload_0; {other}; return"),
    ] {
        assert_eq!(judged(&mut constructor(&good)), Ok(()), "{good}");
    }
    assert_eq!(reason(&mut constructor("return")), Reason::ThisUninitialised);
    let overwritten = "aconst_null; astore_0; return";
    assert_eq!(reason(&mut constructor(overwritten)), Reason::ThisUninitialised);
    let one_path = format!("sconst_0; ifeq End; aload_0; {other}; End: return");
    assert_eq!(reason(&mut constructor(&one_path)), Reason::ThisUninitialised);
    let early = format!("getfield_s_this @T.value; pop; aload_0; {other}; return");
    assert!(matches!(reason(&mut constructor(&early)), Reason::Mismatch { .. }));
    let stranger = "aload_0; invokespecial @lang:7.0()V; return";
    assert_eq!(reason(&mut constructor(stranger)), Reason::MethodKind);
}

#[test]
fn what_is_abstract_has_no_instances() {
    let mut abstract_class = program("()V", "new @A; pop; return");
    abstract_class.class("A").is_abstract();
    assert_eq!(reason(&mut abstract_class), Reason::AbstractClass);
    let mut interface = program("()V", "new @I; pop; return");
    interface.interface("I").interface_method("m", "()V");
    assert_eq!(reason(&mut interface), Reason::AbstractClass);
}

#[test]
fn array_instructions_are_for_their_arrays() {
    accepts("([B)S", "aload_0; sconst_0; baload; sreturn");
    accepts("([Z)S", "aload_0; sconst_0; baload; sreturn");
    accepts("([S)S", "aload_0; sconst_0; saload; sreturn");
    accepts("([I)I", "aload_0; sconst_0; iaload; ireturn");
    accepts("([LT;)LT;", "aload_0; sconst_0; aaload; areturn");
    accepts("([B)V", "aload_0; sconst_0; sconst_1; bastore; return");
    accepts("([I)V", "aload_0; sconst_0; iconst_1; iastore; return");
    accepts("([Llang:0;)V", "aload_0; sconst_0; aload_0; aastore; return");
    accepts("()S", "aconst_null; sconst_0; saload; sreturn");
    for (descriptor, code) in [
        ("([S)S", "aload_0; sconst_0; baload; sreturn"),
        ("([B)S", "aload_0; sconst_0; saload; sreturn"),
        ("([B)V", "aload_0; sconst_0; iaload; pop2; return"),
        ("([B)V", "aload_0; sconst_0; aaload; pop; return"),
        ("(LT;)S", "aload_0; sconst_0; baload; sreturn"),
        ("(LT;)S", "aload_0; arraylength; sreturn"),
        ("([I)V", "aload_0; sconst_0; sconst_1; sastore; return"),
        ("([S)V", "aload_0; sconst_0; aconst_null; aastore; return"),
    ] {
        assert!(matches!(refuses(descriptor, code), Reason::NoArray(_)), "{descriptor} {code}");
    }
    mismatches("([B)V", "aload_0; aload_0; baload; return", array(Element::Byte));
    mismatches("([B)V", "aload_0; sconst_0; aconst_null; bastore; return", null());
    mismatches("([I)V", "aload_0; sconst_0; dup; dup; iastore; return", Cell::Short);
}

#[test]
fn new_arrays_are_of_their_type() {
    accepts("()[B", "sconst_5; newarray byte; areturn");
    accepts("()[LT;", "sconst_5; anewarray @T; areturn");
    mismatches("()[B", "sconst_5; newarray boolean; areturn", array(Element::Boolean));
    mismatches("()[B", "sconst_5; anewarray @T; areturn", Cell::Reference(own_array()));
    mismatches("()V", "aconst_null; newarray byte; return", null());
    assert_eq!(refuses("()V", "sconst_0; newarray 9; pop; return"), Reason::Operands);
}

#[test]
fn casts_make_what_they_say() {
    accepts("(Llang:0;)LT;", "aload_0; checkcast @T; areturn");
    accepts("(Llang:0;)[LT;", "aload_0; checkcast @T[]; areturn");
    accepts("(Llang:0;)[S", "aload_0; checkcast short[]; areturn");
    accepts("(Llang:0;)Z", "aload_0; instanceof byte[]; sreturn");
    mismatches("(Llang:0;)LT;", "aload_0; areturn", Cell::Reference(object()));
    mismatches("(S)V", "sload_0; checkcast @T; return", Cell::Short);
    mismatches("(S)V", "sload_0; instanceof @T; return", Cell::Short);
    assert_eq!(refuses("()V", "aconst_null; checkcast 9 0; pop; return"), Reason::Operands);
}

#[test]
fn classes_meet_in_what_they_have_in_common() {
    let meeting = |result: &str| {
        let code = "sload_0; ifeq Other; new @A; dup; invokespecial @A.<init>()V; goto End
                    Other: new @B; dup; invokespecial @B.<init>()V
                    End: areturn";
        let mut package = program(&format!("(S){result}"), code);
        package.class("Base").default_constructor();
        package.class("A").extends("Base").default_constructor();
        package.class("B").extends("Base").default_constructor();
        package.interface("I").interface_method("m", "()V");
        package
    };
    assert_eq!(judged(&mut meeting("LBase;")), Ok(()));
    assert_eq!(judged(&mut meeting("Llang:0;")), Ok(()));
    // Every object may stand where an interface is wanted: whether it does implement it is seen when it is called.
    assert_eq!(judged(&mut meeting("LI;")), Ok(()));
    assert!(matches!(reason(&mut meeting("LA;")), Reason::Mismatch { .. }));
    accepts("(S[B[S)Llang:0;", "sload_0; ifeq O; aload_1; goto E; O: aload_2; E: areturn");
    accepts("(S[B)[B", "sload_0; ifeq O; aload_1; goto E; O: aconst_null; E: areturn");
}

fn own(index: u16) -> Cell {
    Cell::Reference(own_type(index))
}

fn own_type(index: u16) -> Type {
    Type::Class(jcvm::ClassId::new(jcvm::PackageId(jcvm::PackageId::FIRST_LOADED), index))
}

fn own_array() -> Type {
    let Type::Class(class) = own_type(0) else { panic!("a class") };
    Type::Array(Element::Class(class))
}

const fn array(element: Element) -> Cell {
    Cell::Reference(Type::Array(element))
}

const fn null() -> Cell {
    Cell::Reference(Type::Null)
}

const fn object() -> Type {
    Type::Class(jcvm::ClassId::OBJECT)
}
