//! `ArrayLogic` and `JCint`.

use hex_literal::hex;
use javacard_api::TABLE;
use jcvm::{Arguments, ClassId, Lifetime, Native, Reference, Write};

use super::{NULL, OUT_OF_BOUNDS};
use crate::{
    bed::Bed,
    security::caller::{Caller, Thrown, fresh, within},
};

const LOGIC: &str = "javacardx/framework/util/ArrayLogic";
const INT: &str = "javacardx/framework/util/intx/JCint";
const ILLEGAL_VALUE: Thrown = ("UtilException", 1);
const TYPE_MISMATCHED: Thrown = ("UtilException", 2);

fn ints(caller: &mut Caller<'_, '_, '_>, values: &[i32]) -> Reference {
    let length = i16::try_from(values.len()).unwrap();
    let array = caller.vm.new_array(ClassId::INT_ARRAY, length, Lifetime::Persistent).unwrap();
    for (index, value) in (0..).zip(values) {
        caller.vm.set_cell_at(array, index, *value, Write::Immediate).unwrap();
    }
    array
}

fn shorts(caller: &mut Caller<'_, '_, '_>, values: &[i16]) -> Reference {
    let array = caller.shorts(i16::try_from(values.len()).unwrap());
    for (index, value) in (0..).zip(values) {
        caller.vm.set_short_at(array, index, *value).unwrap();
    }
    array
}

fn in_ints(caller: &mut Caller<'_, '_, '_>, array: Reference) -> Vec<i32> {
    let length = i16::try_from(caller.vm.array_length(array).unwrap()).unwrap();
    (0..length).map(|index| caller.vm.cell_at(array, index).unwrap()).collect()
}

fn in_shorts(caller: &mut Caller<'_, '_, '_>, array: Reference) -> Vec<i16> {
    let length = i16::try_from(caller.vm.array_length(array).unwrap()).unwrap();
    (0..length).map(|index| caller.vm.short_at(array, index).unwrap()).collect()
}

fn repack(name: &str) -> String {
    format!("{LOGIC}.{name}(Ljava/lang/Object;SSLjava/lang/Object;S)S")
}

#[test]
fn small_elements_make_up_large_ones() {
    fresh(|caller| {
        let bytes = caller.array(&hex!("00 12345678 9ABCDEF0"));
        let target = ints(caller, &[0; 3]);
        for name in ["arrayCopyRepack", "arrayCopyRepackNonAtomic"] {
            let cells = [bytes.to_cell(), 1, 8, target.to_cell(), 1];
            assert_eq!(caller.fixed(&repack(name), &cells), Ok(3));
            assert_eq!(in_ints(caller, target), [0, 0x1234_5678, 0x9ABC_DEF0_u32.cast_signed()]);
            let target = shorts(caller, &[0; 4]);
            let cells = [bytes.to_cell(), 1, 4, target.to_cell(), 2];
            assert_eq!(caller.fixed(&repack(name), &cells), Ok(4));
            assert_eq!(in_shorts(caller, target), [0, 0, 0x1234, 0x5678]);
        }
        let cells = [bytes.to_cell(), 1, 3, target.to_cell(), 0];
        assert_eq!(caller.fixed(&repack("arrayCopyRepack"), &cells), Err(ILLEGAL_VALUE));
    });
}

#[test]
fn large_elements_become_small_ones() {
    fresh(|caller| {
        let source = ints(caller, &[0x1234_5678, -1]);
        let bytes = caller.array(&[0; 9]);
        let cells = [source.to_cell(), 0, 2, bytes.to_cell(), 1];
        assert_eq!(caller.fixed(&repack("arrayCopyRepack"), &cells), Ok(9));
        assert_eq!(caller.bytes(bytes), hex!("00 12345678 FFFFFFFF"));
        let target = shorts(caller, &[0; 2]);
        let cells = [source.to_cell(), 0, 1, target.to_cell(), 0];
        assert_eq!(caller.fixed(&repack("arrayCopyRepack"), &cells), Ok(2));
        assert_eq!(in_shorts(caller, target), [0x1234, 0x5678]);
        let cells = [source.to_cell(), 0, 2, target.to_cell(), 0];
        assert_eq!(caller.fixed(&repack("arrayCopyRepack"), &cells), Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn elements_overlap_safely() {
    fresh(|caller| {
        let array = shorts(caller, &[1, 2, 3, 4]);
        let cells = [array.to_cell(), 0, 3, array.to_cell(), 1];
        assert_eq!(caller.fixed(&repack("arrayCopyRepack"), &cells), Ok(4));
        assert_eq!(in_shorts(caller, array), [1, 1, 2, 3]);
    });
}

#[test]
fn only_arrays_of_primitives_are_taken() {
    fresh(|caller| {
        let bytes = caller.array(&[0; 4]).to_cell();
        let class = ClassId::REFERENCE_ARRAY;
        let objects = caller.vm.new_array(class, 4, Lifetime::Persistent).unwrap().to_cell();
        let copy = repack("arrayCopyRepack");
        assert_eq!(caller.fixed(&copy, &[objects, 0, 1, bytes, 0]), Err(ILLEGAL_VALUE));
        assert_eq!(caller.fixed(&copy, &[bytes, 0, 1, objects, 0]), Err(ILLEGAL_VALUE));
        assert_eq!(caller.fixed(&copy, &[0, 0, 1, bytes, 0]), Err(NULL));
        assert_eq!(caller.fixed(&copy, &[bytes, 0, 1, 0, 0]), Err(NULL));
        assert_eq!(caller.fixed(&copy, &[bytes, 0, -1, bytes, 0]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.fixed(&copy, &[bytes, -1, 1, bytes, 0]), Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn elements_are_filled_compared_and_found() {
    fresh(|caller| {
        let array = shorts(caller, &[0x1234, 0, -5, 7]);
        let cell = array.to_cell();
        let bytes = caller.array(&hex!("00 FFFB")).to_cell();
        let fill = |name: &str| repack(name);
        for name in ["arrayFillGeneric", "arrayFillGenericNonAtomic"] {
            assert_eq!(caller.fixed(&fill(name), &[cell, 1, 1, cell, 0]), Ok(2));
            assert_eq!(caller.fixed(&fill(name), &[cell, 1, 1, bytes, 0]), Err(TYPE_MISMATCHED));
            assert_eq!(caller.fixed(&fill(name), &[cell, 1, 1, cell, 4]), Err(OUT_OF_BOUNDS));
        }
        assert_eq!(in_shorts(caller, array), [0x1234, 0x1234, -5, 7]);
        let compare =
            format!("{LOGIC}.arrayCompareGeneric(Ljava/lang/Object;SLjava/lang/Object;SS)B");
        assert_eq!(caller.fixed(&compare, &[cell, 0, cell, 1, 1]), Ok(0));
        assert_eq!(caller.fixed(&compare, &[cell, 2, cell, 3, 1]), Ok(-1), "shorts have a sign");
        assert_eq!(caller.fixed(&compare, &[bytes, 1, bytes, 0, 1]), Ok(1), "bytes have none");
        assert_eq!(caller.fixed(&compare, &[cell, 0, bytes, 0, 1]), Err(TYPE_MISMATCHED));
        assert_eq!(caller.fixed(&compare, &[cell, 3, cell, 0, 2]), Err(OUT_OF_BOUNDS));
        let find = format!("{LOGIC}.arrayFindGeneric(Ljava/lang/Object;S[BS)S");
        assert_eq!(caller.fixed(&find, &[cell, 0, bytes, 1]), Ok(2));
        assert_eq!(caller.fixed(&find, &[cell, 3, bytes, 1]), Ok(-1));
        assert_eq!(caller.fixed(&find, &[cell, 4, bytes, 1]), Ok(-1));
        assert_eq!(caller.fixed(&find, &[cell, 5, bytes, 1]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.fixed(&find, &[cell, 0, bytes, 2]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.fixed(&find, &[0, 0, bytes, 2]), Err(NULL));
    });
}

#[test]
fn an_atomic_copy_is_undone_with_its_transaction() {
    fresh(|caller| {
        let array = ints(caller, &[1, 2]);
        let bytes = caller.array(&[9; 8]).to_cell();
        let cells = [bytes, 0, 8, array.to_cell(), 0];
        caller.vm.begin_transaction().unwrap();
        caller.fixed(&repack("arrayCopyRepack"), &cells).unwrap();
        caller.vm.abort_transaction().unwrap();
        assert_eq!(in_ints(caller, array), [1, 2]);
        caller.vm.begin_transaction().unwrap();
        caller.fixed(&repack("arrayCopyRepackNonAtomic"), &cells).unwrap();
        caller.vm.abort_transaction().unwrap();
        assert_eq!(in_ints(caller, array), [0x0909_0909; 2]);
        caller.fixed(&repack("arrayCopyRepack"), &cells).unwrap();
        assert!(!caller.vm.heap().in_transaction());
    });
}

/// The number of a static method.
fn native(name: &str) -> u16 {
    let (owner, signature) = name.split_once('.').unwrap();
    let mut classes = TABLE.packages.iter().flat_map(|package| package.classes);
    let class = classes.find(|class| class.name == owner).unwrap();
    let is = |name: &str, descriptor: &str| format!("{name}{descriptor}") == signature;
    class.methods.iter().find(|method| is(method.name, method.descriptor)).unwrap().native
}

#[test]
fn an_atomic_copy_that_the_power_cuts_is_undone() {
    let mut bed = Bed::new();
    let array = within(&mut bed, |caller| ints(caller, &[1, 2, 3, 4]));
    for after in 1..4 {
        bed.machine.heap_mut().set_power_failure(Some(after));
        let (mut api, machine) = bed.api();
        let outcome = api.run(machine, None, |vm, api| {
            let source = vm.new_array(ClassId::INT_ARRAY, 4, Lifetime::ClearOnReset)?;
            let cells = [source.to_cell(), 0, 4, array.to_cell(), 0];
            api.invoke(vm, native(&repack("arrayCopyRepack")), Arguments(&cells))
        });
        assert!(outcome.is_err(), "the power failed");
        bed.machine.heap_mut().set_power_failure(None);
        bed.reset();
        let kept = within(&mut bed, |caller| in_ints(caller, array));
        assert_eq!(kept, [1, 2, 3, 4]);
    }
}

#[test]
fn ints_are_made_of_parts() {
    fresh(|caller| {
        assert_eq!(
            caller.fixed(&format!("{INT}.makeInt(BBBB)I"), &[0x12, -1, 0, -2]),
            Ok(0x12FF_00FE)
        );
        assert_eq!(caller.fixed(&format!("{INT}.makeInt(SS)I"), &[-1, 0x1234]), Ok(-0xEDCC));
        let array = caller.array(&[0; 5]);
        let set = format!("{INT}.setInt([BSI)S");
        assert_eq!(caller.fixed(&set, &[array.to_cell(), 1, -2, 0]), Ok(5));
        assert_eq!(caller.bytes(array), hex!("00FFFFFFFE"));
        assert_eq!(caller.fixed(&set, &[array.to_cell(), 2, -2, 0]), Err(OUT_OF_BOUNDS));
        let get = format!("{INT}.getInt([BS)I");
        assert_eq!(caller.fixed(&get, &[array.to_cell(), 1]), Ok(-2));
        assert_eq!(caller.fixed(&get, &[array.to_cell(), 2]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.fixed(&get, &[0, 2]), Err(NULL));
        let transient = format!("{INT}.makeTransientIntArray(SB)[I");
        let made = caller.make(&transient, &[3, 1]).unwrap();
        assert_eq!(in_ints(caller, made), [0; 3]);
        assert_eq!(caller.make(&transient, &[3, 0]), Err(("SystemException", 1)));
        assert_eq!(caller.make(&transient, &[-1, 1]), Err(("NegativeArraySizeException", 0)));
    });
}
