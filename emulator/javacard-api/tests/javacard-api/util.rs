//! `Util`.

use crate::bed::{Bed, applet, run};

/// Code that calls a method of `Util` on the static arrays `A.x` (1 2 3 4 5) and `A.y` (8 bytes).
fn on_arrays(code: &str) -> (Vec<u8>, u16) {
    let process = format!(
        "{code}
         aload_1; invokevirtual @APDU.setOutgoing; pop
         aload_1; bspush 13; invokevirtual @APDU.setOutgoingLength
         aload_1; getstatic_a @A.x; sconst_0; sconst_5; invokevirtual @APDU.sendBytesLong
         aload_1; getstatic_a @A.y; sconst_0; bspush 8; invokevirtual @APDU.sendBytesLong
         return"
    );
    let mut package = applet(1, &process);
    package.class("A").static_array("x", "[B", &[1, 2, 3, 4, 5]);
    package.class("A").static_array("y", "[B", &[0; 8]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    bed.send(applet, &[0x80, 0, 0, 0])
}

#[test]
fn copies_overlap_safely_and_tell_their_end() {
    let code = "getstatic_a @A.x; sconst_0; getstatic_a @A.x; sconst_1; sconst_4
                invokestatic @Util.arrayCopy
                s2b; getstatic_a @A.y; swap_x 1 1; sconst_0; swap_x 1 1; bastore";
    assert_eq!(on_arrays(code), (vec![1, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0], 0x9000));
}

#[test]
fn copies_out_of_bounds_throw_and_change_nothing() {
    for (offset, length) in [(3, 3), (-1, 2), (0, -1)] {
        let code = format!(
            "Start: getstatic_a @A.x; sspush {offset}; getstatic_a @A.y; sconst_0; sspush {length}
             invokestatic @Util.arrayCopyNonAtomic; pop
             End: goto Rest
             Handler: pop; getstatic_a @A.y; bspush 7; bspush 9; bastore
             Rest: nop
             .catch Start End Handler @ArrayIndexOutOfBoundsException"
        );
        let (data, status) = on_arrays(&code);
        assert_eq!((data, status), (vec![1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 9], 0x9000));
    }
}

#[test]
fn fills_write_the_value() {
    let code = "getstatic_a @A.y; sconst_2; sconst_3; bspush -1
                invokestatic @Util.arrayFillNonAtomic; pop
                getstatic_a @A.x; sconst_0; sconst_1; bspush 7; invokestatic @Util.arrayFill; pop";
    assert_eq!(on_arrays(code), (vec![7, 2, 3, 4, 5, 0, 0, 255, 255, 255, 0, 0, 0], 0x9000));
}

#[test]
fn shorts_are_big_endian_and_signed() {
    let code = "getstatic_a @A.y; sconst_0; sspush 0x1234; invokestatic @Util.setShort; pop
                getstatic_a @A.y; sconst_2
                getstatic_a @A.y; sconst_0; invokestatic @Util.getShort
                invokestatic @Util.setShort; pop";
    assert_eq!(on_arrays(code).0[5..9], [0x12, 0x34, 0x12, 0x34]);
    assert_eq!(run("bspush -128; bspush 1; invokestatic @Util.makeShort"), Ok(-0x7FFF));
    assert_eq!(run("sconst_0; sconst_m1; invokestatic @Util.makeShort"), Ok(0xFF));
}

#[test]
fn comparison_is_unsigned() {
    let compare = "getstatic_a @A.x; sconst_0; getstatic_a @A.y; sconst_0; sconst_1
                   invokestatic @Util.arrayCompare; sstore_2
                   getstatic_a @A.y; bspush 7; sload_2; s2b; bastore";
    let first = |value: i8| {
        let code = format!("getstatic_a @A.y; sconst_0; bspush {value}; bastore; {compare}");
        on_arrays(&code).0[12].cast_signed()
    };
    assert_eq!(first(0), 1);
    assert_eq!(first(1), 0);
    assert_eq!(first(-1), -1, "FF is more than 01");
}

#[test]
fn null_is_refused() {
    let code = "aconst_null; sconst_0; invokestatic @Util.getShort";
    assert_eq!(run(code), Err(0x6F00));
}
