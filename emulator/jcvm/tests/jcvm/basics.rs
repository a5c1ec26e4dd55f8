//! Instructions, one family after another.

use jcvm::{Fault, Trap};

use crate::world::{World, package, program, run};

#[test]
fn a_loop_adds() {
    let sum = run(
        "(S)S",
        "        sconst_0; sstore_1
         Again:  sload_0; ifle End
                 sload_1; sload_0; sadd; sstore_1
                 sinc 0 -1; goto Again
         End:    sload_1; sreturn",
        &[100],
    );
    assert_eq!(sum, Ok(5050));
}

#[test]
fn shorts_wrap() {
    assert_eq!(run("(SS)S", "sload_0; sload_1; sadd; sreturn", &[32767, 1]), Ok(-32768));
    assert_eq!(run("(SS)S", "sload_0; sload_1; smul; sreturn", &[300, 300]), Ok(24464));
    assert_eq!(run("(S)S", "sload_0; sneg; sreturn", &[-32768]), Ok(-32768));
    assert_eq!(run("(SS)S", "sload_0; sload_1; sdiv; sreturn", &[-32768, -1]), Ok(-32768));
    assert_eq!(run("(SS)S", "sload_0; sload_1; sushr; sreturn", &[-1, 1]), Ok(-1));
    assert_eq!(run("(SS)S", "sload_0; sload_1; sushr; sreturn", &[-1, 20]), Ok(4095));
    assert_eq!(run("(S)S", "sload_0; s2b; sreturn", &[0x1FF]), Ok(-1));
}

#[test]
fn ints_take_two_cells() {
    let code = "iload_0; iload_2; imul; ireturn";
    assert_eq!(run("(II)I", code, &[100_000, 0, 100_000, 0]), Ok(1_410_065_408));
    let code = "sload_0; s2i; iipush 70000; iadd; dup2; icmp; sreturn";
    assert_eq!(run("(S)S", code, &[5]), Ok(0));
    let code = "iload_0; iipush 0x12345678; swap_x 2 2; isub; ireturn";
    assert_eq!(run("(I)I", code, &[8, 0]), Ok(0x1234_5678 - 8));
}

#[test]
fn dup_x_and_swap_x_move_cells() {
    // a b c, 2 copied below 3: b c a b c; as decimal digits.
    let digits = "bspush 10; smul; sadd";
    let code = format!(
        "sload_0; sload_1; sload_2; dup_x 2 3
         sstore_0; sstore_1; sstore_2; sstore 3; sstore 4
         sload 4; sload 3; swap_x 1 1; {digits}; sreturn"
    );
    // The two lowest cells are b and c: 10 b + c, for swap_x exchanged them first.
    assert_eq!(run("(SSS)S", &code, &[1, 2, 3]), Ok(23));
}

#[test]
fn switches_lead_where_they_say() {
    let table = "        sload_0; stableswitch Other 5 Five Six Seven
                 Five:   bspush 50; sreturn
                 Six:    bspush 60; sreturn
                 Seven:  bspush 70; sreturn
                 Other:  sconst_m1; sreturn";
    for (value, expected) in [(4, -1), (5, 50), (6, 60), (7, 70), (8, -1), (-32768, -1)] {
        assert_eq!(run("(S)S", table, &[value]), Ok(expected));
    }
    let lookup = "        iload_0; ilookupswitch Other -7=Low 100000=High
                  Low:    sconst_1; sreturn
                  High:   sconst_2; sreturn
                  Other:  sconst_0; sreturn";
    for (value, expected) in [(-7, 1), (100_000, 2), (0, 0)] {
        assert_eq!(run("(I)S", lookup, &[value, 0]), Ok(expected));
    }
}

#[test]
fn subroutines_return_to_where_they_were_called() {
    let code = "        jsr Sub; jsr Sub; sload_0; sreturn
                Sub:    astore_1; sinc 0 5; ret 1";
    assert_eq!(run("(S)S", code, &[1]), Ok(11));
}

#[test]
fn arrays_are_bounded() {
    let code = "bspush 10; newarray byte; astore_1; aload_1; sload_0; bspush 77; bastore
                aload_1; sload_0; baload; sreturn";
    assert_eq!(run("(S)S", code, &[9]), Ok(77));
    for index in [10, -1, 32767] {
        let mut world = World::new();
        world.load(&mut program("(S)S", code));
        let outcome = world.call("T.run", &[index]);
        assert_eq!(world.exception(outcome), (0, 5, 0));
    }
}

#[test]
fn exceptions_find_their_handlers() {
    let mut package = package(1);
    package.class("T").static_method("run", "(S)S").code(
        "Start:  bspush 100; sload_0; sdiv; sreturn
         End:
         Zero:   pop; bspush 42; sreturn
         .catch Start End Zero @lang:9",
    );
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.run", &[5]), Ok(20));
    assert_eq!(world.call("T.run", &[0]), Ok(42));
}

#[test]
fn an_exception_leaves_methods_that_do_not_catch_it() {
    let mut package = package(1);
    let class = package.class("T");
    class.static_method("deep", "(S)S").code(
        "sload_0; ifne More; aconst_null; checkcast @T; pop; sconst_1; sconst_0; sdiv; sreturn
         More: sload_0; sconst_1; ssub; invokestatic @T.deep; sreturn",
    );
    class.static_method("run", "(S)S").code(
        "Start: sload_0; invokestatic @T.deep; sreturn
         End:
         Any: pop; bspush 7; sreturn
         .catch Start End Any any",
    );
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.run", &[20]), Ok(7));
    let outcome = world.call("T.deep", &[3]);
    assert_eq!(world.exception(outcome), (0, 9, 0));
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    assert_eq!(run("()V", "Ever: goto Ever", &[]), Err(Trap::Fault(Fault::OutOfFuel)));
    let recursion = "invokestatic @T.run; return";
    assert_eq!(run("()V", recursion, &[]), Err(Trap::Fault(Fault::StackOverflow)));
}

#[test]
fn statics_begin_as_the_file_says() {
    let mut package = package(1);
    let class = package.class("T");
    class.static_array("table", "[S", &[0, 1, 0, 2, 255, 253]);
    class.static_value("seven", "B", 7).static_value("big", "I", 100_000).static_field("n", "S");
    class.static_method("run", "(S)S").code(
        "getstatic_a @T.table; sload_0; saload; getstatic_b @T.seven; sadd
         getstatic_s @T.n; sadd; dup; putstatic_s @T.n; sreturn",
    );
    class.static_method("big", "()I").code("getstatic_i @T.big; ireturn");
    let mut world = World::new();
    world.load(&mut package);
    assert_eq!(world.call("T.run", &[2]), Ok(4));
    assert_eq!(world.call("T.run", &[0]), Ok(12));
    assert_eq!(world.call("T.big", &[]), Ok(100_000));
}
