//! `OwnerPIN` and its kin.

use crate::bed::{Bed, applet, cases};

/// Checks the PIN that is in the array: offset and length as given.
fn check(offset: i16, length: i16) -> String {
    format!(
        "getstatic_a @A.pin; checkcast @PIN
         getstatic_a @A.bytes; sspush {offset}; bspush {length}; invokeinterface @PIN.check"
    )
}

const TRIES: &str = "getstatic_a @A.pin; checkcast @PIN; invokeinterface @PIN.getTriesRemaining";
const VALIDATED: &str = "getstatic_a @A.pin; checkcast @PIN; invokeinterface @PIN.isValidated";
const RESET: &str = "getstatic_a @A.pin; checkcast @PIN; invokeinterface @PIN.reset; sconst_0";
const UNBLOCK: &str =
    "getstatic_a @A.pin; checkcast @OwnerPIN; invokevirtual @OwnerPIN.resetAndUnblock; sconst_0";
const BEGIN_ABORT: (&str, &str) =
    ("invokestatic @JCSystem.beginTransaction;", ";invokestatic @JCSystem.abortTransaction");

/// An applet with a PIN `1234` of at most 6 digits and 3 tries; INS 1 checks it rightly, 2 wrongly, 3 beyond the array, 4 tries, 5
/// validated, 6 reset, 7 resetAndUnblock, 8 wrongly in a transaction that is aborted, 9 a new PIN of 5 digits in such a transaction,
/// 10 makes the PIN, 11 a PIN of 7 digits.
fn pin_applet() -> Bed {
    let (begin, abort) = BEGIN_ABORT;
    let (right, wrong, beyond) = (check(0, 4), check(1, 4), check(9, 4));
    let aborted = format!("{begin}{wrong}{abort}");
    let update = |length: u8| {
        format!(
            "getstatic_a @A.pin; checkcast @OwnerPIN
             getstatic_a @A.bytes; sconst_0; bspush {length}; invokevirtual @OwnerPIN.update; sconst_0"
        )
    };
    let changed = format!("{begin}{}{abort}", update(5));
    let make = format!(
        "new @OwnerPIN; dup; sconst_3; bspush 6; invokespecial @OwnerPIN.<init>; putstatic_a @A.pin
         {}",
        update(4)
    );
    let too_long = update(7);
    let process = cases(&[
        (1, &right),
        (2, &wrong),
        (3, &beyond),
        (4, TRIES),
        (5, VALIDATED),
        (6, RESET),
        (7, UNBLOCK),
        (8, &aborted),
        (9, &changed),
        (10, &make),
        (11, &too_long),
    ]);
    let mut package = applet(1, &process);
    let class = package.class("A");
    class.static_field("pin", "Llang:0;").static_array("bytes", "[B", b"1234567890");
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 10), Ok(0));
    bed
}

fn ask(bed: &mut Bed, ins: u8) -> Result<i16, u16> {
    let applet = bed.machine.applets().next().unwrap().0;
    bed.ask(applet, ins)
}

#[test]
fn the_right_pin_is_validated_and_the_wrong_one_costs_a_try() {
    let mut bed = pin_applet();
    assert_eq!(ask(&mut bed, 2), Ok(0));
    assert_eq!((ask(&mut bed, 4), ask(&mut bed, 5)), (Ok(2), Ok(0)));
    assert_eq!(ask(&mut bed, 1), Ok(1));
    assert_eq!((ask(&mut bed, 4), ask(&mut bed, 5)), (Ok(3), Ok(1)));
    assert_eq!(ask(&mut bed, 2), Ok(0));
    assert_eq!(ask(&mut bed, 5), Ok(0), "a wrong PIN takes the validation away");
}

#[test]
fn a_pin_blocks_and_is_unblocked() {
    let mut bed = pin_applet();
    for left in [2, 1, 0, 0] {
        assert_eq!(ask(&mut bed, 2), Ok(0));
        assert_eq!(ask(&mut bed, 4), Ok(left));
    }
    assert_eq!(ask(&mut bed, 1), Ok(0), "blocked");
    assert_eq!(ask(&mut bed, 6), Ok(0));
    assert_eq!(ask(&mut bed, 4), Ok(0), "reset does nothing without validation");
    assert_eq!(ask(&mut bed, 7), Ok(0));
    assert_eq!(ask(&mut bed, 1), Ok(1));
}

#[test]
fn validation_ends_at_reset_of_the_card_or_of_the_pin() {
    let mut bed = pin_applet();
    assert_eq!(ask(&mut bed, 1), Ok(1));
    bed.reset();
    assert_eq!(ask(&mut bed, 5), Ok(0));
    assert_eq!(ask(&mut bed, 1), Ok(1));
    assert_eq!(ask(&mut bed, 6), Ok(0));
    assert_eq!(ask(&mut bed, 5), Ok(0));
}

#[test]
fn a_check_that_throws_costs_a_try() {
    let mut bed = pin_applet();
    assert_eq!(ask(&mut bed, 3), Err(0x6F00));
    assert_eq!(ask(&mut bed, 4), Ok(2));
}

#[test]
fn an_abort_gives_no_try_back() {
    let mut bed = pin_applet();
    assert_eq!(ask(&mut bed, 8), Ok(0));
    assert_eq!(ask(&mut bed, 4), Ok(2));
}

#[test]
fn a_new_pin_takes_part_in_the_transaction() {
    let mut bed = pin_applet();
    assert_eq!(ask(&mut bed, 9), Ok(0));
    assert_eq!(ask(&mut bed, 1), Ok(1), "the old PIN");
    assert_eq!(ask(&mut bed, 11), Err(0x6F00), "longer than the PIN may be");
}

#[test]
fn a_power_failure_in_the_check_leaves_the_try_spent() {
    let mut bed = pin_applet();
    let applet = bed.machine.applets().next().unwrap().0;
    bed.machine.heap_mut().set_power_failure(Some(1));
    assert_eq!(bed.send(applet, &[0x80, 1, 0, 0]).1, 0x6F00);
    bed.machine.heap_mut().set_power_failure(None);
    bed.reset();
    assert_eq!(ask(&mut bed, 4), Ok(2));
}

#[test]
fn built_pins_have_what_their_type_says() {
    let build = |kind: u8| {
        format!(
            "sconst_3; bspush 6; bspush {kind}; invokestatic @OwnerPINBuilder.buildOwnerPIN
             putstatic_a @A.pin"
        )
    };
    let is = |class: &str| format!("getstatic_a @A.pin; instanceof @{class}");
    let kinds = |kind| {
        let code = format!(
            "{}; {}; {}; sconst_1; sshl; sor; {}; sconst_2; sshl; sor",
            build(kind),
            is("OwnerPIN"),
            is("OwnerPINx"),
            is("OwnerPINxWithPredecrement")
        );
        let mut package = applet(1, &crate::bed::answering(&code));
        package.class("A").static_field("pin", "Llang:0;");
        let mut bed = Bed::new();
        let applet = bed.start(1, &mut package);
        bed.ask(applet, 0)
    };
    assert_eq!(kinds(1), Ok(0b001));
    assert_eq!(kinds(2), Ok(0b011));
    assert_eq!(kinds(3), Ok(0b111));
    assert_eq!(kinds(4), Err(0x6F00));
}

#[test]
fn predecrement_is_demanded_and_paid_before_the_check() {
    let pin = "getstatic_a @A.pin; checkcast @OwnerPINxWithPredecrement;";
    let check = format!(
        "{pin} getstatic_a @A.bytes; sconst_0; bspush 4
         invokeinterface @OwnerPINxWithPredecrement.check"
    );
    let process = cases(&[
        (
            1,
            "sconst_3; bspush 6; sconst_3; invokestatic @OwnerPINBuilder.buildOwnerPIN
             putstatic_a @A.pin
             getstatic_a @A.pin; checkcast @OwnerPINxWithPredecrement
             getstatic_a @A.bytes; sconst_0; bspush 4; invokeinterface @OwnerPINx.update; sconst_0",
        ),
        (2, &check),
        (3, &format!("{pin} invokeinterface @OwnerPINxWithPredecrement.decrementTriesRemaining")),
        (4, TRIES),
        (5, &format!("{pin} bspush 5; invokeinterface @OwnerPINx.setTryLimit; sconst_0")),
        (6, &format!("{pin} bspush 6; invokeinterface @OwnerPINx.setTriesRemaining; sconst_0")),
    ]);
    let mut package = applet(1, &process);
    let class = package.class("A");
    class.static_field("pin", "Llang:0;").static_array("bytes", "[B", b"1234");
    let mut bed = Bed::new();
    bed.start(1, &mut package);
    assert_eq!(ask(&mut bed, 1), Ok(0));
    assert_eq!(ask(&mut bed, 2), Err(0x6F00), "not decremented");
    assert_eq!(ask(&mut bed, 3), Ok(2));
    assert_eq!(ask(&mut bed, 2), Ok(1));
    assert_eq!(ask(&mut bed, 2), Err(0x6F00), "once only");
    assert_eq!(ask(&mut bed, 4), Ok(3));
    assert_eq!(ask(&mut bed, 5), Ok(0));
    assert_eq!(ask(&mut bed, 4), Ok(5));
    assert_eq!(ask(&mut bed, 6), Err(0x6F00), "more than the limit");
}
