//! `TimeDuration` and `SysTime`.

use hex_literal::hex;
use jcvm::Reference;

use super::{ARITHMETIC, NULL, OUT_OF_BOUNDS, all, written};
use crate::{
    bed::Bed,
    security::caller::{Caller, Thrown, fresh, within},
};

const DURATION: &str = "javacardx/framework/time/TimeDuration";
const MICROS: i32 = 2;
const MILLIS: i32 = 3;
const SECONDS: i32 = 4;
const DAYS: i32 = 7;
const INVALID_VALUE: Thrown = ("DateTimeException", 1);
const INVALID_UNIT: Thrown = ("DateTimeException", 2);

fn duration(
    caller: &mut Caller<'_, '_, '_>,
    memory: i32,
    amount: i32,
    unit: i32,
) -> Result<Reference, Thrown> {
    caller.make(&format!("{DURATION}.getInstance(BSS)L{DURATION};"), &[memory, amount, unit])
}

fn bytes(
    caller: &mut Caller<'_, '_, '_>,
    duration: Reference,
    length: i32,
    unit: i32,
) -> Result<Vec<u8>, Thrown> {
    written(caller, |caller, to| {
        caller.on(duration, "toBytes([BSSS)S", &[&to[..], &[length, unit]].concat())
    })
}

#[test]
fn durations_are_made_in_the_memory_that_was_asked_for() {
    fresh(|caller| {
        for memory in 0..3 {
            let made = duration(caller, memory, -2, SECONDS).unwrap();
            assert_eq!(caller.on(made, "getMemoryType()B", &[]), Ok(memory));
            assert_eq!(bytes(caller, made, 2, MILLIS), Ok((-2000_i16).to_be_bytes().to_vec()));
            assert_eq!(caller.on(made, "isNegative()Z", &[]), Ok(1));
        }
        assert_eq!(duration(caller, 3, 1, SECONDS), Err(("SystemException", 1)));
        assert_eq!(duration(caller, 0, 1, 1), Err(INVALID_UNIT));
        assert_eq!(duration(caller, 0, 1, 8), Err(INVALID_UNIT));
    });
}

#[test]
fn a_transient_duration_is_zero_after_reset() {
    let mut bed = Bed::new();
    let [kept, lost] =
        within(&mut bed, |caller| [0, 1].map(|memory| duration(caller, memory, 5, DAYS).unwrap()));
    bed.reset();
    within(&mut bed, |caller| {
        assert_eq!(bytes(caller, kept, 1, DAYS), Ok(vec![5]));
        assert_eq!(bytes(caller, lost, 1, DAYS), Ok(vec![0]));
    });
}

#[test]
fn durations_are_added_up_and_compared() {
    fresh(|caller| {
        let this = duration(caller, 0, 1, SECONDS).unwrap();
        let other = duration(caller, 0, 500, MILLIS).unwrap();
        let with = |name: &str| format!("{name}(L{DURATION};)L{DURATION};");
        let units = |name: &str| format!("{name}(SS)L{DURATION};");
        assert_eq!(caller.on(this, &with("plus"), &[other.to_cell()]), Ok(this.to_cell()));
        caller.on(this, &units("plus"), &[3, MICROS]).unwrap();
        assert_eq!(bytes(caller, this, 4, MICROS), Ok(1_500_003_i32.to_be_bytes().to_vec()));
        caller.on(this, &with("minus"), &[other.to_cell()]).unwrap();
        caller.on(this, &units("minus"), &[2, SECONDS]).unwrap();
        assert_eq!(bytes(caller, this, 4, MICROS), Ok((-999_997_i32).to_be_bytes().to_vec()));
        assert_eq!(bytes(caller, this, 1, SECONDS), Ok(vec![0]), "less than a unit is cut off");
        let compare = format!("compareTo(L{DURATION};)S");
        assert_eq!(caller.on(this, &compare, &[other.to_cell()]), Ok(-1));
        assert_eq!(caller.on(other, "compareTo(SS)S", &[500, MILLIS]), Ok(0));
        assert_eq!(caller.on(other, "compareTo(SS)S", &[499, MILLIS]), Ok(1));
        assert_eq!(caller.on(other, "compareTo(SS)S", &[499, 0]), Err(INVALID_UNIT));
        caller.on(this, &format!("abs()L{DURATION};"), &[]).unwrap();
        assert_eq!(caller.on(this, "isNegative()Z", &[]), Ok(0));
        caller.on(this, &format!("neg()L{DURATION};"), &[]).unwrap();
        assert_eq!(caller.on(this, "isNegative()Z", &[]), Ok(1));
        caller.on(this, &format!("reset()L{DURATION};"), &[]).unwrap();
        assert_eq!(bytes(caller, this, 1, MICROS), Ok(vec![0]));
        assert_eq!(caller.on(this, &with("plus"), &[0]), Err(NULL));
    });
}

#[test]
fn what_64_bits_cannot_say_is_refused() {
    fresh(|caller| {
        let this = duration(caller, 0, 0, SECONDS).unwrap();
        let set = format!("set([BSSS)L{DURATION};");
        let mut set = |number: &[u8], unit: i32| {
            let cells = [&all(caller, number)[..], &[unit]].concat();
            caller.on(this, &set, &cells)
        };
        set(&i64::MIN.to_be_bytes(), MICROS).unwrap();
        assert_eq!(set(&i64::MAX.to_be_bytes(), MILLIS), Err(INVALID_VALUE));
        assert_eq!(set(&hex!("010000000000000000"), MICROS), Err(INVALID_VALUE));
        assert_eq!(set(&[], MICROS), Err(INVALID_VALUE));
        assert_eq!(set(&[1], 0), Err(INVALID_UNIT));
        assert_eq!(bytes(caller, this, 8, MICROS), Ok(i64::MIN.to_be_bytes().to_vec()));
        assert_eq!(bytes(caller, this, 7, MICROS), Err(INVALID_VALUE));
        assert_eq!(caller.on(this, "getByteLength(S)S", &[MICROS]), Ok(8));
        assert_eq!(caller.on(this, "getByteLength(S)S", &[DAYS]), Ok(4));
        for method in ["abs", "neg"] {
            let thrown = caller.on(this, &format!("{method}()L{DURATION};"), &[]);
            assert_eq!(thrown, Err(ARITHMETIC));
        }
        let minus = format!("minus(SS)L{DURATION};");
        assert_eq!(caller.on(this, &minus, &[1, MICROS]), Err(ARITHMETIC));
        let [array, ..] = all(caller, &[0; 4]);
        let cells = [array, 0, 8, MICROS];
        assert_eq!(caller.on(this, "toBytes([BSSS)S", &cells), Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn uptime_is_the_cards() {
    fresh(|caller| {
        let this = duration(caller, 0, 9, SECONDS).unwrap();
        let uptime = format!("javacardx/framework/time/SysTime.uptime(L{DURATION};)V");
        caller.fixed(&uptime, &[this.to_cell()]).unwrap();
        assert_eq!(bytes(caller, this, 1, MICROS), Ok(vec![0]), "this card has no clock");
        assert_eq!(caller.fixed(&uptime, &[0]), Err(NULL));
    });
}
