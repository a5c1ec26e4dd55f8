//! Transactions as applets see them.

use crate::bed::{Bed, applet, cases, run};

#[test]
fn an_abort_undoes_and_a_commit_keeps() {
    let store = "getstatic_a @A.x; sconst_0; bspush 9; bastore";
    let process = cases(&[
        (
            1,
            &format!(
                "invokestatic @JCSystem.beginTransaction; {store}
                 invokestatic @JCSystem.abortTransaction; getstatic_a @A.x; sconst_0; baload"
            ),
        ),
        (
            2,
            &format!(
                "invokestatic @JCSystem.beginTransaction; {store}
                 invokestatic @JCSystem.getTransactionDepth
                 invokestatic @JCSystem.commitTransaction"
            ),
        ),
        (3, "getstatic_a @A.x; sconst_0; baload"),
        (
            4,
            "invokestatic @JCSystem.beginTransaction
             getstatic_a @A.x; sconst_0; bspush 5; bastore
             sspush 0x6A84; invokestatic @ISOException.throwIt; sconst_0",
        ),
        (
            5,
            "invokestatic @JCSystem.beginTransaction
             getstatic_a @A.x; sconst_0; bspush 6; bastore; sconst_0",
        ),
    ]);
    let mut package = applet(1, &process);
    package.class("A").static_array("x", "[B", &[1]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 1), Ok(1));
    assert_eq!(bed.ask(applet, 2), Ok(1));
    assert_eq!(bed.ask(applet, 3), Ok(9));
    assert_eq!(bed.ask(applet, 4), Err(0x6A84));
    assert_eq!(bed.ask(applet, 3), Ok(9), "an exception aborts");
    assert_eq!(bed.ask(applet, 5), Ok(0));
    assert_eq!(bed.ask(applet, 3), Ok(9), "so does returning without a commit");
}

#[test]
fn transactions_do_not_nest_and_need_a_beginning() {
    let reason = |code: &str| {
        run(&format!(
            "Start: {code}; sconst_0; goto Rest
             Handler: invokevirtual @TransactionException.getReason
             Rest: nop
             .catch Start Handler Handler @TransactionException"
        ))
    };
    let begin = "invokestatic @JCSystem.beginTransaction";
    assert_eq!(reason(&format!("{begin}; {begin}")), Ok(1));
    assert_eq!(reason("invokestatic @JCSystem.commitTransaction"), Ok(2));
    assert_eq!(reason("invokestatic @JCSystem.abortTransaction"), Ok(2));
}

#[test]
fn the_commit_buffer_is_used_and_given_back() {
    let used = "invokestatic @JCSystem.getMaxCommitCapacity
                invokestatic @JCSystem.getUnusedCommitCapacity; ssub";
    assert_eq!(run(used), Ok(0));
    let store = "new @AID; pop; invokestatic @JCSystem.beginTransaction
                 sspush 100; newarray byte; sconst_0; sspush 100; newarray byte; sconst_0; sspush 100
                 invokestatic @Util.arrayCopy; pop";
    assert!(run(&format!("{store}; {used}")).unwrap() >= 100);
}

#[test]
fn copies_that_are_not_atomic_stay() {
    let copy = |method: &str| {
        run(&format!(
            "bspush 4; newarray byte; astore_2
             aload_2; sconst_0; bspush 7; bastore
             invokestatic @JCSystem.beginTransaction
             aload_2; sconst_0; aload_2; sconst_1; sconst_1; invokestatic @Util.{method}; pop
             invokestatic @JCSystem.abortTransaction
             aload_2; sconst_1; baload"
        ))
    };
    assert_eq!(copy("arrayCopy"), Ok(0));
    assert_eq!(copy("arrayCopyNonAtomic"), Ok(7));
}
