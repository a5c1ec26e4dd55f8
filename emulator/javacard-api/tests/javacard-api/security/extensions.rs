//! `javacardx.security`: sensitive results, counters, certificates.

use jcvm::Reference;

use super::caller::{Caller, Thrown, fresh, within};
use crate::bed::Bed;

const RESULT: &str = "javacardx/security/SensitiveResult";

fn assertion(caller: &mut Caller<'_, '_, '_>, name: &str, cells: &[i32]) -> Result<i32, Thrown> {
    caller.fixed(&format!("{RESULT}.{name}"), cells)
}

const SECURITY: Result<i32, Thrown> = Err(("SecurityException", 0));

#[test]
fn the_last_sensitive_result_is_asked_again() {
    let mut bed = Bed::new();
    within(&mut bed, |caller| {
        assert_eq!(assertion(caller, "assertFalse()V", &[]), SECURITY, "nothing yet");
        let compare = "javacard/framework/Util.arrayCompare([BS[BSS)B";
        let (less, more) = (caller.array(&[1, 2]).to_cell(), caller.array(&[1, 3]).to_cell());
        assert_eq!(caller.fixed(compare, &[less, 0, more, 0, 2]), Ok(-1));
        caller.fixed("javacard/framework/Util.makeShort(BB)S", &[1, 1]).unwrap();
        assert_eq!(assertion(caller, "assertNegative()V", &[]), Ok(0));
        assert_eq!(assertion(caller, "assertEquals(S)V", &[-1]), Ok(0));
        assert_eq!(assertion(caller, "assertLessThan(S)V", &[0]), Ok(0));
        assert_eq!(assertion(caller, "assertGreaterThan(S)V", &[-1]), SECURITY);
        assert_eq!(assertion(caller, "assertPositive()V", &[]), SECURITY);
        assert!(caller.fixed(compare, &[less, 0, more, 0, 3]).is_err());
        assert_eq!(assertion(caller, "assertNegative()V", &[]), SECURITY, "it threw");
        assert_eq!(caller.fixed(compare, &[less, 0, less, 0, 2]), Ok(0));
        assert_eq!(assertion(caller, "assertZero()V", &[]), Ok(0));
    });
    within(&mut bed, |caller| {
        assert_eq!(assertion(caller, "assertZero()V", &[]), SECURITY, "another call of the card");
    });
}

fn counter(caller: &mut Caller<'_, '_, '_>, size: i32, memory: i32) -> Result<Reference, Thrown> {
    let name = "javacardx/security/util/MonotonicCounter.getInstance(SB)\
                Ljavacardx/security/util/MonotonicCounter;";
    caller.make(name, &[size, memory])
}

fn value(caller: &mut Caller<'_, '_, '_>, counter: Reference) -> Vec<u8> {
    let array = caller.array(&[0; 8]);
    let length = caller.on(counter, "get([BS)S", &[array.to_cell(), 0]).unwrap();
    caller.bytes(array)[..usize::try_from(length).unwrap()].to_vec()
}

#[test]
fn a_counter_only_grows() {
    const ILLEGAL: Result<i32, Thrown> = Err(("SystemException", 1));
    fresh(|caller| {
        let count = counter(caller, 2, 0).unwrap();
        caller.on(count, "incrementBy(S)S", &[0x0102]).unwrap();
        assert_eq!(value(caller, count), [1, 2]);
        let set = "setValue([BSS)S";
        let (lower, higher) = (caller.array(&[1, 1]).to_cell(), caller.array(&[0, 2, 0]).to_cell());
        assert_eq!(caller.on(count, set, &[lower, 0, 2]), ILLEGAL);
        assert_eq!(caller.on(count, set, &[higher, 0, 3]), Ok(2));
        assert_eq!(caller.on(count, "incrementBy(S)S", &[-1]), ILLEGAL);
        assert_eq!(caller.on(count, "compareTo([BSS)S", &[lower, 0, 2]), Ok(1));
        assert_eq!(caller.on(count, "compareTo([BSS)S", &[higher, 0, 3]), Ok(0));
        assert_eq!(caller.on(count, "equalsMax()Z", &[]), Ok(0));
        let max = caller.array(&[0xFF; 2]).to_cell();
        caller.on(count, set, &[max, 0, 2]).unwrap();
        assert_eq!(caller.on(count, "equalsMax()Z", &[]), Ok(1));
        assert_eq!(caller.on(count, "incrementBy(S)S", &[1]), ILLEGAL);
        for (size, memory) in [(0, 0), (9, 0), (1, 3)] {
            assert!(counter(caller, size, memory).is_err());
        }
        let full = counter(caller, 8, 0).unwrap();
        let max = caller.array(&[0xFF; 8]).to_cell();
        caller.on(full, set, &[max, 0, 8]).unwrap();
        assert_eq!(caller.on(full, "incrementBy(S)S", &[1]), ILLEGAL);
    });
}

#[test]
fn no_abort_takes_a_count_back_and_a_reset_does_so_where_it_is_transient() {
    let mut bed = Bed::new();
    let counters = within(&mut bed, |caller| {
        let counters = [counter(caller, 1, 0).unwrap(), counter(caller, 1, 1).unwrap()];
        caller.vm.begin_transaction().unwrap();
        for counter in counters {
            caller.on(counter, "incrementBy(S)S", &[7]).unwrap();
        }
        caller.vm.abort_transaction().unwrap();
        counters
    });
    let values = |bed: &mut Bed| within(bed, |caller| counters.map(|count| value(caller, count)));
    assert_eq!(values(&mut bed), [[7], [7]]);
    bed.reset();
    assert_eq!(values(&mut bed), [[7], [0]]);
}

#[test]
fn no_certificate_is_parsed() {
    fresh(|caller| {
        let name = "javacardx/security/cert/CertificateParser.getInstance(S)\
                    Ljavacardx/security/cert/CertificateParser;";
        assert_eq!(caller.make(name, &[1]), Err(("CertificateException", 2)));
    });
}
