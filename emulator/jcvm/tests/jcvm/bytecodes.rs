//! Every bytecode of the table runs, and does what the specification says [JCVM 3.0.5 §7.5].

use capfile::{
    assemble::{Assembled, Package},
    instruction::Opcode,
};
use jcvm::Trap;

use crate::world::{ARITHMETIC, World, package};

/// A bytecode, code that shows what it does, arguments, and the result.
struct Row {
    opcode: &'static str,
    descriptor: &'static str,
    code: String,
    arguments: Vec<i32>,
    result: i32,
}

fn row(opcode: &'static str, descriptor: &'static str, code: &str, result: i32) -> Row {
    given(opcode, descriptor, code, &[], result)
}

fn given(
    opcode: &'static str,
    descriptor: &'static str,
    code: &str,
    arguments: &[i32],
    result: i32,
) -> Row {
    Row { opcode, descriptor, code: code.to_owned(), arguments: arguments.to_vec(), result }
}

fn pushes() -> Vec<Row> {
    let mut rows = Vec::new();
    let shorts =
        ["sconst_m1", "sconst_0", "sconst_1", "sconst_2", "sconst_3", "sconst_4", "sconst_5"];
    let ints =
        ["iconst_m1", "iconst_0", "iconst_1", "iconst_2", "iconst_3", "iconst_4", "iconst_5"];
    for ((short, int), value) in shorts.into_iter().zip(ints).zip(-1..) {
        rows.push(row(short, "()S", &format!("{short}; sreturn"), value));
        rows.push(row(int, "()I", &format!("{int}; ireturn"), value));
    }
    rows.extend([
        row("nop", "()S", "sconst_3; nop; nop; sreturn", 3),
        row(
            "aconst_null",
            "()S",
            "aconst_null; ifnull Null; sconst_0; sreturn\n Null: sconst_1; sreturn",
            1,
        ),
        row("bspush", "()S", "bspush -128; sreturn", -128),
        row("bspush", "()S", "bspush 127; sreturn", 127),
        row("sspush", "()S", "sspush -32768; sreturn", -32768),
        row("bipush", "()I", "bipush -128; ireturn", -128),
        row("sipush", "()I", "sipush -32768; ireturn", -32768),
        row("iipush", "()I", "iipush 0x80000000; ireturn", i32::MIN),
    ]);
    rows
}

fn locals() -> Vec<Row> {
    let mut rows = vec![
        given("sload", "(SSSSS)S", "sload 4; sreturn", &[1, 2, 3, 4, 5], 5),
        given("iload", "(II)I", "iload 2; ireturn", &[7, 0, 70_000, 0], 70_000),
        row("aload", "()S", "bspush 9; newarray byte; astore 7; aload 7; arraylength; sreturn", 9),
        row(
            "astore",
            "()S",
            "bspush 8; newarray short; astore 6; aload 6; arraylength; sreturn",
            8,
        ),
        row("sstore", "()S", "bspush 44; sstore 9; sload 9; sreturn", 44),
        row("istore", "()I", "iipush 70000; istore 5; iload 5; ireturn", 70_000),
        given("sinc", "(S)S", "sinc 0 -128; sload_0; sreturn", &[-32768], 32640),
        given("sinc_w", "(S)S", "sinc_w 0 -30000; sload_0; sreturn", &[-30000], 5536),
        given("iinc", "(I)I", "iinc 0 127; iload_0; ireturn", &[i32::MAX, 0], i32::MIN + 126),
        given("iinc_w", "(I)I", "iinc_w 0 -32768; iload_0; ireturn", &[0, 0], -32768),
    ];
    let shorts = ["sload_0", "sload_1", "sload_2", "sload_3"];
    let stores = ["sstore_0", "sstore_1", "sstore_2", "sstore_3"];
    for ((load, store), index) in shorts.into_iter().zip(stores).zip(0..) {
        rows.push(given(
            load,
            "(SSSS)S",
            &format!("{load}; sreturn"),
            &[10, 11, 12, 13],
            10 + index,
        ));
        rows.push(row(store, "()S", &format!("bspush 66; {store}; sload {index}; sreturn"), 66));
    }
    let ints = ["iload_0", "iload_1", "iload_2", "iload_3"];
    let stores = ["istore_0", "istore_1", "istore_2", "istore_3"];
    for ((load, store), index) in ints.into_iter().zip(stores).zip(0..) {
        let code = format!("iipush 100000; istore {index}; {load}; ireturn");
        rows.push(row(load, "()I", &code, 100_000));
        let code = format!("iipush -100000; {store}; iload {index}; ireturn");
        rows.push(row(store, "()I", &code, -100_000));
    }
    let references = ["aload_0", "aload_1", "aload_2", "aload_3"];
    let stores = ["astore_0", "astore_1", "astore_2", "astore_3"];
    for ((load, store), index) in references.into_iter().zip(stores).zip(0..) {
        let code =
            format!("sconst_{index}; newarray byte; astore {index}; {load}; arraylength; sreturn");
        rows.push(row(load, "()S", &code, index));
        let code =
            format!("sconst_{index}; newarray byte; {store}; aload {index}; arraylength; sreturn");
        rows.push(row(store, "()S", &code, index));
    }
    rows
}

fn arrays() -> Vec<Row> {
    let element = |kind: &str, push: &str, store: &str, load: &str| {
        format!(
            "sconst_2; newarray {kind}; astore_0; aload_0; sconst_1; {push}; {store}
             aload_0; sconst_1; {load}"
        )
    };
    let bytes = element("byte", "sspush 0x1FF", "bastore", "baload; sreturn");
    let booleans = element("boolean", "sconst_1", "bastore", "baload; sreturn");
    let shorts = element("short", "sspush -300", "sastore", "saload; sreturn");
    let ints = element("int", "iipush -70000", "iastore", "iaload; ireturn");
    let references = "sconst_2; anewarray @T; astore_0
        aload_0; sconst_1; new @T; dup; invokespecial @T.<init>()V; aastore
        aload_0; sconst_1; aaload; getfield_s @T.s; sreturn";
    vec![
        row("bastore", "()S", &bytes, -1),
        row("baload", "()S", &booleans, 1),
        row("sastore", "()S", &shorts, -300),
        row("saload", "()S", &shorts, -300),
        row("iastore", "()I", &ints, -70_000),
        row("iaload", "()I", &ints, -70_000),
        row("aastore", "()S", references, 5),
        row("aaload", "()S", references, 5),
        row("newarray", "()S", "sspush 32767; newarray boolean; arraylength; sreturn", 32767),
        row("anewarray", "()S", "sspush 1000; anewarray @lang:0; arraylength; sreturn", 1000),
        row("arraylength", "()S", "sconst_0; newarray int; arraylength; sreturn", 0),
    ]
}

fn stack() -> Vec<Row> {
    vec![
        row("pop", "()S", "sconst_1; sconst_2; pop; sreturn", 1),
        row("pop2", "()S", "sconst_1; sconst_2; sconst_3; pop2; sreturn", 1),
        row("pop2", "()S", "sconst_1; iipush 99999; pop2; sreturn", 1),
        row("dup", "()S", "sconst_3; dup; smul; sreturn", 9),
        row("dup2", "()I", "sipush 300; dup2; imul; ireturn", 90_000),
        row("dup2", "()S", "sconst_4; sconst_1; dup2; ssub; ssub; ssub; sreturn", 6),
        row("dup_x", "()S", "sconst_5; sconst_2; dup_x 1 2; ssub; ssub; sreturn", -1),
        row("swap_x", "()S", "sconst_5; sconst_2; swap_x 1 1; ssub; sreturn", -3),
    ]
}

fn arithmetic() -> Vec<Row> {
    let shorts = [
        ("sadd", 32767, 1, -32768),
        ("ssub", -32768, 1, 32767),
        ("smul", -300, 300, -24464),
        ("sdiv", -7, 2, -3),
        ("srem", -7, 2, -1),
        ("sshl", 1, 15, -32768),
        ("sshr", -32768, 15, -1),
        ("sushr", -1, 17, 32767),
        ("sand", 0x0FF0, 0x00FF, 0x00F0),
        ("sor", 0x0FF0, 0x00FF, 0x0FFF),
        ("sxor", 0x0FF0, 0x00FF, 0x0F0F),
    ];
    let ints = [
        ("iadd", i32::MAX, 1, i32::MIN),
        ("isub", i32::MIN, 1, i32::MAX),
        ("imul", 100_000, 100_000, 1_410_065_408),
        ("idiv", i32::MIN, -1, i32::MIN),
        ("irem", -70_001, 70_000, -1),
        ("ishl", 1, 63, i32::MIN),
        ("ishr", i32::MIN, 31, -1),
        ("iushr", -1, 31, 1),
        ("iand", 0x00FF_FF00, 0x0000_FFFF, 0xFF00),
        ("ior", 0x00FF_FF00, 0x0000_FFFF, 0x00FF_FFFF),
        ("ixor", 0x00FF_FF00, 0x0000_FFFF, 0x00FF_00FF),
    ];
    let mut rows: Vec<Row> = Vec::new();
    for (opcode, left, right, result) in shorts {
        let code = format!("sload_0; sload_1; {opcode}; sreturn");
        rows.push(given(opcode, "(SS)S", &code, &[left, right], result));
    }
    for (opcode, left, right, result) in ints {
        let code = format!("iload_0; iload_2; {opcode}; ireturn");
        rows.push(given(opcode, "(II)I", &code, &[left, 0, right, 0], result));
    }
    for (left, right, result) in [(i32::MIN, i32::MAX, -1), (3, 3, 0), (1, -1, 1)] {
        let code = "iload_0; iload_2; icmp; sreturn";
        rows.push(given("icmp", "(II)S", code, &[left, 0, right, 0], result));
    }
    rows.extend([
        given("sneg", "(S)S", "sload_0; sneg; sreturn", &[-32768], -32768),
        given("ineg", "(I)I", "iload_0; ineg; ireturn", &[70_000, 0], -70_000),
        given("s2b", "(S)S", "sload_0; s2b; sreturn", &[0x0180], -128),
        given("s2i", "(S)I", "sload_0; s2i; ireturn", &[-2], -2),
        given("i2b", "(I)S", "iload_0; i2b; sreturn", &[0x1234_56FE, 0], -2),
        given("i2s", "(I)S", "iload_0; i2s; sreturn", &[0x1234_8000, 0], -32768),
    ]);
    rows
}

/// Conditions: with what they hold and do not; wide ones over more than a byte counts, forwards and backwards.
fn branches() -> Vec<Row> {
    let padding = "nop; ".repeat(200);
    let mut rows = Vec::new();
    let against_zero = [
        ("ifeq", "ifeq_w", 0, 1),
        ("ifne", "ifne_w", -1, 0),
        ("iflt", "iflt_w", -1, 0),
        ("ifge", "ifge_w", 0, -1),
        ("ifgt", "ifgt_w", 1, 0),
        ("ifle", "ifle_w", 0, 1),
    ];
    for (near, far, holds, fails) in against_zero {
        for (opcode, padding) in [(near, ""), (far, padding.as_str())] {
            let code = format!(
                "goto_w Test
                 Yes: sconst_1; sreturn
                 {padding}
                 Test: sload_0; {opcode} Yes; sconst_0; sreturn"
            );
            rows.push(given(opcode, "(S)S", &code, &[holds], 1));
            rows.push(given(opcode, "(S)S", &code, &[fails], 0));
        }
    }
    let compared = [
        ("if_scmpeq", "if_scmpeq_w", (3, 3), (3, 4)),
        ("if_scmpne", "if_scmpne_w", (3, 4), (3, 3)),
        ("if_scmplt", "if_scmplt_w", (-32768, 32767), (1, 1)),
        ("if_scmpge", "if_scmpge_w", (1, 1), (-32768, 32767)),
        ("if_scmpgt", "if_scmpgt_w", (32767, -32768), (1, 1)),
        ("if_scmple", "if_scmple_w", (1, 1), (32767, -32768)),
    ];
    for (near, far, holds, fails) in compared {
        for (opcode, padding) in [(near, ""), (far, padding.as_str())] {
            let code = format!(
                "sload_0; sload_1; {opcode} Yes; sconst_0; sreturn
                 {padding}
                 Yes: sconst_1; sreturn"
            );
            rows.push(given(opcode, "(SS)S", &code, &[holds.0, holds.1], 1));
            rows.push(given(opcode, "(SS)S", &code, &[fails.0, fails.1], 0));
        }
    }
    let references = [
        ("ifnull", "ifnull_w", "aconst_null", "aload_1"),
        ("ifnonnull", "ifnonnull_w", "aload_1", "aconst_null"),
        ("if_acmpeq", "if_acmpeq_w", "aload_1; aload_1", "aload_1; aload_2"),
        ("if_acmpne", "if_acmpne_w", "aload_1; aload_2", "aload_1; aload_1"),
    ];
    for (near, far, holds, fails) in references {
        for (opcode, padding) in [(near, ""), (far, padding.as_str())] {
            for (values, result) in [(holds, 1), (fails, 0)] {
                let code = format!(
                    "sconst_1; newarray byte; astore_1; sconst_1; newarray byte; astore_2
                     {values}; {opcode} Yes; sconst_0; sreturn
                     {padding}
                     Yes: sconst_1; sreturn"
                );
                rows.push(row(opcode, "()S", &code, result));
            }
        }
    }
    rows
}

fn jumps() -> Vec<Row> {
    let far = "nop; ".repeat(300);
    let table = |opcode: &str, load: &str, low: i32| {
        format!(
            "{load}; {opcode} Other {low} First Second
             First: sconst_1; sreturn
             Second: sconst_2; sreturn
             Other: sconst_0; sreturn"
        )
    };
    let lookup = |opcode: &str, load: &str, low: i32, high: i32| {
        format!(
            "{load}; {opcode} Other {low}=First 0=Second {high}=Third
             First: sconst_1; sreturn
             Second: sconst_2; sreturn
             Third: sconst_3; sreturn
             Other: sconst_0; sreturn"
        )
    };
    let mut rows = vec![
        row("goto", "()S", "goto Over; Back: sconst_2; sreturn\n Over: goto Back", 2),
        row(
            "goto_w",
            "()S",
            &format!("goto_w Over; Back: sconst_4; sreturn\n {far} Over: goto_w Back"),
            4,
        ),
        row(
            "jsr",
            "()S",
            "sconst_0; sstore_1; jsr Sub; jsr Sub; sload_1; sreturn\n Sub: astore_2; sinc 1 7; ret 2",
            14,
        ),
        row(
            "ret",
            "()S",
            &format!(
                "sconst_0; sstore_0; jsr Sub; sload_0; sreturn\n {far} Sub: astore 5; sinc 0 3; ret 5"
            ),
            3,
        ),
    ];
    for (value, result) in [(32766, 1), (32767, 2), (32765, 0), (-32768, 0), (0, 0)] {
        rows.push(given(
            "stableswitch",
            "(S)S",
            &table("stableswitch", "sload_0", 32766),
            &[value],
            result,
        ));
    }
    for (value, result) in
        [(i32::MAX - 1, 1), (i32::MAX, 2), (i32::MAX - 2, 0), (i32::MIN, 0), (0, 0)]
    {
        let code = table("itableswitch", "iload_0", i32::MAX - 1);
        rows.push(given("itableswitch", "(I)S", &code, &[value, 0], result));
    }
    for (value, result) in
        [(i32::MIN, 1), (i32::MIN + 1, 2), (i32::MIN + 2, 0), (i32::MAX, 0), (-1, 0)]
    {
        let code = table("itableswitch", "iload_0", i32::MIN);
        rows.push(given("itableswitch", "(I)S", &code, &[value, 0], result));
    }
    for (value, result) in [(-32768, 1), (0, 2), (32767, 3), (1, 0), (-1, 0)] {
        let code = lookup("slookupswitch", "sload_0", -32768, 32767);
        rows.push(given("slookupswitch", "(S)S", &code, &[value], result));
    }
    for (value, result) in [(i32::MIN, 1), (0, 2), (i32::MAX, 3), (1, 0), (i32::MAX - 1, 0)] {
        let code = lookup("ilookupswitch", "iload_0", i32::MIN, i32::MAX);
        rows.push(given("ilookupswitch", "(I)S", &code, &[value, 0], result));
    }
    rows.extend([
        row("sreturn", "()S", "sspush 1234; sreturn", 1234),
        row("ireturn", "()I", "iipush 12345678; ireturn", 12_345_678),
        row("areturn", "()[B", "aconst_null; areturn", 0),
        row("return", "()V", "return", 0),
        row("areturn", "()S", "invokestatic @T.self; getfield_s @T.s; sreturn", 5),
        row("return", "()S", "invokestatic @T.nothing; sconst_2; sreturn", 2),
    ]);
    rows
}

fn members() -> Vec<Row> {
    let mut rows = vec![
        row("getstatic_a", "()S", "getstatic_a @T.sa; sconst_1; baload; sreturn", 22),
        row("getstatic_b", "()S", "getstatic_b @T.sb; sreturn", -2),
        row("getstatic_s", "()S", "getstatic_s @T.ss; sreturn", -300),
        row("getstatic_i", "()I", "getstatic_i @T.si; ireturn", -70_000),
        row(
            "putstatic_a",
            "()S",
            "sconst_5; newarray byte; putstatic_a @T.na; getstatic_a @T.na; arraylength; sreturn",
            5,
        ),
        row(
            "putstatic_b",
            "()S",
            "sspush 0x1FE; putstatic_b @T.nb; getstatic_b @T.nb; sreturn",
            -2,
        ),
        row(
            "putstatic_s",
            "()S",
            "sspush -300; putstatic_s @T.ns; getstatic_s @T.ns; sreturn",
            -300,
        ),
        row(
            "putstatic_i",
            "()I",
            "iipush -70000; putstatic_i @T.ni; getstatic_i @T.ni; ireturn",
            -70_000,
        ),
        row("new", "()S", "new @T; dup; invokespecial @T.<init>()V; getfield_s @T.s; sreturn", 5),
        row("invokespecial", "()S", "invokestatic @T.self; invokespecial @T.hidden; sreturn", 77),
        row("invokestatic", "()S", "sconst_2; sconst_3; invokestatic @T.subtract; sreturn", -1),
        row(
            "invokevirtual",
            "()I",
            "invokestatic @T.self; iipush 70000; invokevirtual @T.negate; ireturn",
            -70_000,
        ),
        row(
            "invokeinterface",
            "()I",
            "invokestatic @T.self; iipush 70000; invokeinterface @N.negate; ireturn",
            -70_000,
        ),
        row(
            "checkcast",
            "()S",
            "invokestatic @T.self; checkcast @N; checkcast @T; getfield_s @T.s; sreturn",
            5,
        ),
        row(
            "instanceof",
            "()S",
            "invokestatic @T.self; instanceof @N; aconst_null; instanceof @T; ssub; sreturn",
            1,
        ),
        row(
            "athrow",
            "()S",
            "Start: aconst_null; athrow\n End: Caught: pop; sconst_4; sreturn\n .catch Start End Caught @lang:7",
            4,
        ),
    ];
    let fields = [
        ("getfield_a", "getfield_a_w", "a; arraylength; sreturn", "()S", 3),
        ("getfield_b", "getfield_b_w", "b; sreturn", "()S", -2),
        ("getfield_s", "getfield_s_w", "s; sreturn", "()S", 5),
        ("getfield_i", "getfield_i_w", "i; ireturn", "()I", -70_000),
    ];
    for (near, far, rest, descriptor, result) in fields {
        for opcode in [near, far] {
            let code = format!("invokestatic @T.self; {opcode} @T.{rest}");
            rows.push(row(opcode, descriptor, &code, result));
        }
    }
    let stores = [
        (
            "putfield_a",
            "putfield_a_w",
            "sconst_4; newarray byte",
            "a",
            "a; arraylength; sreturn",
            "()S",
            4,
        ),
        ("putfield_b", "putfield_b_w", "sspush 0x0180", "b", "b; sreturn", "()S", -128),
        ("putfield_s", "putfield_s_w", "sspush 1000", "s", "s; sreturn", "()S", 1000),
        ("putfield_i", "putfield_i_w", "iipush 123456", "i", "i; ireturn", "()I", 123_456),
    ];
    for (near, far, value, field, rest, descriptor, result) in stores {
        for opcode in [near, far] {
            let letter = &near[9..10];
            let code = format!(
                "invokestatic @T.self; dup; {value}; {opcode} @T.{field}; getfield_{letter} @T.{rest}"
            );
            rows.push(row(opcode, descriptor, &code, result));
        }
    }
    rows
}

/// The forms that use the object in local variable 0: methods of the object.
fn of_this() -> Vec<Row> {
    vec![
        row("getfield_a_this", "()S", "getfield_a_this @T.a; arraylength; sreturn", 3),
        row("getfield_b_this", "()S", "getfield_b_this @T.b; sreturn", -2),
        row("getfield_s_this", "()S", "getfield_s_this @T.s; sreturn", 5),
        row("getfield_i_this", "()I", "getfield_i_this @T.i; ireturn", -70_000),
        row(
            "putfield_a_this",
            "()S",
            "sconst_4; newarray byte; putfield_a_this @T.a; getfield_a_this @T.a; arraylength; sreturn",
            4,
        ),
        row(
            "putfield_b_this",
            "()S",
            "sspush 0x0180; putfield_b_this @T.b; getfield_b_this @T.b; sreturn",
            -128,
        ),
        row(
            "putfield_s_this",
            "()S",
            "sspush 999; putfield_s_this @T.s; getfield_s_this @T.s; sreturn",
            999,
        ),
        row(
            "putfield_i_this",
            "()I",
            "iipush 654321; putfield_i_this @T.i; getfield_i_this @T.i; ireturn",
            654_321,
        ),
    ]
}

/// What all rows use.
fn setting() -> Package {
    let mut package = package(1);
    package.interface("N").interface_method("negate", "(I)I");
    let class = package.class("T");
    class.implements("N");
    class.field("a", "[B").field("b", "B").field("s", "S").field("i", "I");
    class.static_array("sa", "[B", &[11, 22]).static_value("sb", "B", -2);
    class.static_value("ss", "S", -300).static_value("si", "I", -70_000);
    class.static_field("na", "[B").static_field("nb", "B");
    class.static_field("ns", "S").static_field("ni", "I");
    class.constructor("()V").code(
        "aload_0; invokespecial @lang:0.0()V
         aload_0; sconst_3; newarray byte; putfield_a @T.a
         aload_0; bspush -2; putfield_b @T.b
         aload_0; sconst_5; putfield_s @T.s
         aload_0; iipush -70000; putfield_i @T.i
         return",
    );
    class.static_method("self", "()LT;").code("new @T; dup; invokespecial @T.<init>()V; areturn");
    class.static_method("nothing", "()V").code("return");
    class.static_method("subtract", "(SS)S").code("sload_0; sload_1; ssub; sreturn");
    class.private_method("hidden", "()S").code("bspush 77; sreturn");
    class.virtual_method("negate", "(I)I").code("iload_1; ineg; ireturn");
    package
}

fn rows() -> Vec<Row> {
    let families =
        [pushes(), locals(), arrays(), stack(), arithmetic(), branches(), jumps(), members()];
    families.into_iter().flatten().collect()
}

fn with_rows(rows: &[Row], of_this: &[Row]) -> Package {
    let mut package = setting();
    for (number, row) in rows.iter().enumerate() {
        let class = package.class("T");
        class.static_method(&format!("row{number}"), row.descriptor).code(&row.code);
    }
    for (number, row) in of_this.iter().enumerate() {
        let class = package.class("T");
        let name = format!("this{number}");
        class.virtual_method(&name, row.descriptor).code(&row.code);
        let back = if row.descriptor.ends_with('I') { "ireturn" } else { "sreturn" };
        let code = format!("invokestatic @T.self; invokevirtual @T.{name}; {back}");
        class.static_method(&format!("call{number}"), row.descriptor).code(&code);
    }
    package
}

/// The whole of it, and what can be called with which arguments.
pub(crate) fn assembled() -> (Assembled, Vec<(String, Vec<i32>)>) {
    let (rows, of_this) = (rows(), of_this());
    let assembled = with_rows(&rows, &of_this).build().unwrap();
    let methods = rows.into_iter().enumerate();
    let methods = methods.map(|(number, row)| (format!("T.row{number}"), row.arguments));
    let of_this = (0..of_this.len()).map(|number| (format!("T.call{number}"), Vec::new()));
    (assembled, methods.chain(of_this).collect())
}

#[test]
fn every_bytecode_runs() {
    let (rows, of_this) = (rows(), of_this());
    for verify in [true, false] {
        let mut world = World::new();
        world.load_with(&mut with_rows(&rows, &of_this), verify);
        for (number, row) in rows.iter().enumerate() {
            let outcome = world.call(&format!("T.row{number}"), &row.arguments);
            assert_eq!(outcome, Ok(row.result), "{} {:?}\n{}", row.opcode, row.arguments, row.code);
        }
        for (number, row) in of_this.iter().enumerate() {
            let outcome = world.call(&format!("T.call{number}"), &[]);
            assert_eq!(outcome, Ok(row.result), "{}", row.opcode);
        }
    }
    for opcode in Opcode::ALL {
        let mnemonic = opcode.mnemonic();
        let row = rows.iter().chain(&of_this).find(|row| row.opcode == mnemonic);
        let row = row.unwrap_or_else(|| panic!("{mnemonic} is not tested"));
        let words = row.code.split(|letter: char| letter.is_whitespace() || letter == ';');
        assert!(words.into_iter().any(|word| word == mnemonic), "{mnemonic}: {}", row.code);
    }
}

#[test]
fn divisions_by_zero_throw() {
    let mut package = package(1);
    let class = package.class("T");
    for opcode in ["sdiv", "srem"] {
        class.static_method(opcode, "(S)S").code(&format!("sload_0; sconst_0; {opcode}; sreturn"));
    }
    for opcode in ["idiv", "irem"] {
        class
            .static_method(opcode, "(S)I")
            .code(&format!("sload_0; s2i; iconst_0; {opcode}; ireturn"));
    }
    let mut world = World::new();
    world.load(&mut package);
    for opcode in ["sdiv", "srem", "idiv", "irem"] {
        let outcome = world.call(&format!("T.{opcode}"), &[1]);
        assert!(matches!(outcome, Err(Trap::Exception(_))));
        assert_eq!(world.exception(outcome), ARITHMETIC, "{opcode}");
    }
}
