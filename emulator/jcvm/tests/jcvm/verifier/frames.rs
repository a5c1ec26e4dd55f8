//! Operand stack and local variables.

use jcvm::verifier::{Cell, Reason, Type};

use super::{accepts, judged, mismatches, program, reason, refuses};

#[test]
fn the_stack_does_not_run_empty() {
    for code in ["pop; return", "sconst_0; sadd; return", "dup; return", "sconst_1; dup2; return"] {
        assert_eq!(refuses("()V", code), Reason::StackUnderflow, "{code}");
    }
    assert_eq!(refuses("()S", "sreturn"), Reason::StackUnderflow);
    assert_eq!(refuses("()V", "sconst_0; dup_x 2 3; return"), Reason::StackUnderflow);
    assert_eq!(refuses("()V", "sconst_0; swap_x 1 1; return"), Reason::StackUnderflow);
}

#[test]
fn the_stack_does_not_outgrow_its_method() {
    let mut package = super::package(1);
    package.class("T").static_method("run", "()V").max_stack(2).code("sconst_0; dup; dup; return");
    assert_eq!(reason(&mut package), Reason::StackOverflow(2));
    let mut package = super::package(1);
    package.class("T").static_method("run", "()V").max_stack(3).code("sconst_0; dup; dup; return");
    assert_eq!(judged(&mut package), Ok(()));
    let mut package = super::package(1);
    package.class("T").static_method("run", "()V").max_stack(1).code("iconst_0; pop2; return");
    assert_eq!(reason(&mut package), Reason::StackOverflow(1));
}

#[test]
fn an_exception_needs_room_on_the_stack() {
    let code = "Start: return; End: .catch Start End Start any";
    let mut package = super::package(1);
    package.class("T").static_method("run", "()V").max_stack(0).code(code);
    assert_eq!(reason(&mut package), Reason::StackOverflow(0));
}

#[test]
fn locals_are_those_of_the_header() {
    accepts("(S)S", "sload_0; sstore 6; sload 6; sreturn");
    assert_eq!(refuses("(S)V", "sload_0; sstore 7; return"), Reason::NoLocal(7));
    assert_eq!(refuses("(S)V", "sload 200; return"), Reason::NoLocal(200));
    // An int takes the next one, too.
    assert_eq!(refuses("(S)V", "iconst_0; istore 6; return"), Reason::NoLocal(7));
    assert_eq!(refuses("(S)V", "iconst_0; istore 255; return"), Reason::NoLocal(255));
}

#[test]
fn locals_begin_unusable() {
    mismatches("()S", "sload_1; sreturn", Cell::Unusable);
    mismatches("()V", "aload_1; pop; return", Cell::Unusable);
    mismatches("()V", "sinc 2 1; return", Cell::Unusable);
}

#[test]
fn shorts_ints_and_references_are_not_each_other() {
    mismatches("(I)S", "sload_0; sreturn", Cell::IntFirst);
    mismatches("(I)S", "sload_1; sreturn", Cell::IntSecond);
    mismatches("(SS)I", "iload_0; ireturn", Cell::Short);
    mismatches("(S)V", "aload_0; pop; return", Cell::Short);
    mismatches("(S)V", "sload_0; astore_1; return", Cell::Short);
    mismatches("(S)V", "iinc 0 1; return", Cell::Short);
    mismatches("(I)V", "sinc 0 1; return", Cell::IntFirst);
    mismatches("(SS)V", "sload_0; sload_1; istore_2; return", Cell::Short);
    mismatches("(SI)I", "iload_1; sload_0; iadd; ireturn", Cell::Short);
    mismatches("(SI)S", "sload_0; iload_1; sadd; sreturn", Cell::IntSecond);
    accepts("(SI)I", "iload_1; sload_0; s2i; iadd; ireturn");
}

#[test]
fn references_are_not_counted_with() {
    mismatches("()S", "aconst_null; sconst_1; sadd; sreturn", Cell::Reference(Type::Null));
    mismatches("()S", "aconst_null; sneg; sreturn", Cell::Reference(Type::Null));
    mismatches("()V", "End: aconst_null; ifeq End; return", Cell::Reference(Type::Null));
    mismatches("()V", "End: sconst_0; ifnull End; return", Cell::Short);
    mismatches("()V", "End: sconst_0; aconst_null; if_acmpeq End; return", Cell::Short);
}

#[test]
fn half_an_overwritten_int_is_of_no_use() {
    mismatches("(I)I", "sconst_0; sstore_1; iload_0; ireturn", Cell::Unusable);
    mismatches("(I)S", "sconst_0; sstore_0; sload_1; sreturn", Cell::Unusable);
    mismatches("(II)I", "iconst_0; istore_1; iload_0; ireturn", Cell::Unusable);
    mismatches("(II)I", "iconst_0; istore_1; iload_2; ireturn", Cell::Unusable);
    accepts("(II)I", "iconst_0; istore_1; iload_1; ireturn");
}

#[test]
fn ints_are_not_torn_apart() {
    for code in [
        "iload_0; pop; return",
        "iload_0; dup; return",
        "sconst_0; iload_0; swap_x 1 1; return",
        "iload_0; sconst_0; swap_x 1 1; return",
        "iload_0; sconst_0; dup2; return",
        "iload_0; sconst_0; dup_x 1 2; return",
        "iload_0; sconst_0; pop2; return",
    ] {
        assert_eq!(refuses("(I)V", code), Reason::TornInt, "{code}");
    }
    accepts(
        "(I)V",
        "iload_0; dup2; pop2; sconst_0; swap_x 1 2; dup_x 2 3; pop2; pop; pop2; return",
    );
}

#[test]
fn shuffles_have_their_counts() {
    for counts in ["0 0", "5 0", "2 1", "1 6", "0 1"] {
        let code = format!("sconst_0; dup; dup; dup; dup; dup_x {counts}; return");
        assert_eq!(refuses("()V", &code), Reason::Operands, "{counts}");
    }
    for counts in ["0 1", "1 0", "3 1", "1 3"] {
        let code = format!("sconst_0; dup; dup; dup; swap_x {counts}; return");
        assert_eq!(refuses("()V", &code), Reason::Operands, "{counts}");
    }
}

#[test]
fn paths_meet_with_the_same_stack() {
    let heights = "sload_0; ifeq End; sconst_0; End: return";
    assert!(matches!(refuses("(S)V", heights), Reason::StackHeight(..)));
    let types = "sload_0; ifeq Other; aconst_null; goto End; Other: sconst_0; End: pop; return";
    assert!(matches!(refuses("(S)V", types), Reason::StackMerge(..)));
    accepts("(S)S", "sload_0; ifeq Other; sconst_1; goto End; Other: sconst_0; End: sreturn");
}

#[test]
fn what_differs_from_path_to_path_is_of_no_use_after_them() {
    let code = |after| {
        format!(
            "sload_0; ifeq Other; aconst_null; astore_1; goto End
             Other: sconst_0; sstore_1
             End: {after}"
        )
    };
    accepts("(S)V", &code("return"));
    mismatches("(S)V", &code("sload_1; pop; return"), Cell::Unusable);
    mismatches("(S)V", &code("aload_1; pop; return"), Cell::Unusable);
    // A loop whose second turn finds another type.
    let turns = "sconst_0; sstore_1; Again: sload_1; pop; aconst_null; astore_1; goto Again";
    mismatches("()V", turns, Cell::Unusable);
}

#[test]
fn a_refusal_tells_where() {
    let error = judged(&mut program("(S)V", "nop; aload_0; return")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("(aload_0): wants Object, finds a short"), "{text}");
    assert!(usize::from(error.method.offset) < error.offset);
}
