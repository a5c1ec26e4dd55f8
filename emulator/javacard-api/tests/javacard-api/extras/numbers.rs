//! `BigNumber`, `BCDUtil`, `ParityBit`.

use hex_literal::hex;
use jcvm::Reference;

use super::{ARITHMETIC, NULL, OUT_OF_BOUNDS, all, written};
use crate::security::caller::{Caller, Thrown, fresh};

const NUMBER: &str = "javacardx/framework/math/BigNumber";
const BCD: i32 = 1;
const HEX: i32 = 2;

fn number(caller: &mut Caller<'_, '_, '_>, size: i32) -> Result<Reference, Thrown> {
    caller.construct(&format!("{NUMBER}(S)V"), &[size])
}

/// A method with a number in an array.
fn with(
    caller: &mut Caller<'_, '_, '_>,
    number: Reference,
    method: &str,
    bytes: &[u8],
    format: i32,
) -> Result<i32, Thrown> {
    let [array, offset, length] = all(caller, bytes);
    caller.on(number, method, &[array, offset, length, format])
}

fn value(
    caller: &mut Caller<'_, '_, '_>,
    number: Reference,
    count: i32,
    format: i32,
) -> Result<Vec<u8>, Thrown> {
    written(caller, |caller, [array, offset]| {
        let written = caller.on(number, "toBytes([BSSB)V", &[array, offset, count, format]);
        written.map(|_| count)
    })
}

#[test]
fn numbers_have_a_size() {
    fresh(|caller| {
        let supported = caller.fixed(&format!("{NUMBER}.getMaxBytesSupported()S"), &[]).unwrap();
        assert!(supported >= 8);
        for size in [0, -1, supported + 1] {
            assert_eq!(number(caller, size), Err(ARITHMETIC));
        }
        let number = number(caller, supported).unwrap();
        assert_eq!(value(caller, number, 1, HEX), Ok(vec![0]));
        assert_eq!(caller.on(number, "getByteLength(B)S", &[BCD]), Ok(1));
    });
}

#[test]
fn numbers_are_read_and_written_in_both_formats() {
    fresh(|caller| {
        let number = number(caller, 2).unwrap();
        with(caller, number, "init([BSSB)V", &hex!("0000065535"), BCD).unwrap();
        assert_eq!(value(caller, number, 2, HEX), Ok(hex!("FFFF").to_vec()));
        assert_eq!(value(caller, number, 4, BCD), Ok(hex!("00065535").to_vec()));
        assert_eq!(value(caller, number, 2, BCD), Err(ARITHMETIC));
        assert_eq!(value(caller, number, 0, HEX), Err(ARITHMETIC));
        assert_eq!(value(caller, number, 2, 3), Err(ARITHMETIC));
        assert_eq!(caller.on(number, "getByteLength(B)S", &[BCD]), Ok(3));
        assert_eq!(caller.on(number, "getByteLength(B)S", &[HEX]), Ok(2));
        assert_eq!(caller.on(number, "getByteLength(B)S", &[0]), Err(ARITHMETIC));
        let wrong: [(&[u8], i32); 4] =
            [(&hex!("065536"), BCD), (&hex!("010000"), HEX), (&hex!("1A"), BCD), (&[], HEX)];
        for (bytes, format) in wrong {
            assert_eq!(with(caller, number, "init([BSSB)V", bytes, format), Err(ARITHMETIC));
        }
        assert_eq!(value(caller, number, 2, HEX), Ok(hex!("FFFF").to_vec()), "it is as it was");
        assert_eq!(caller.on(number, "init([BSSB)V", &[0, 0, 1, HEX]), Err(NULL));
        assert_eq!(caller.on(number, "toBytes([BSSB)V", &[0, 0, 1, HEX]), Err(NULL));
        caller.on(number, "reset()V", &[]).unwrap();
        assert_eq!(value(caller, number, 2, HEX), Ok(hex!("0000").to_vec()));
    });
}

#[test]
fn arithmetic_stops_at_the_ends() {
    fresh(|caller| {
        let number = number(caller, 2).unwrap();
        with(caller, number, "init([BSSB)V", &hex!("0100"), HEX).unwrap();
        with(caller, number, "add([BSSB)V", &hex!("10"), BCD).unwrap();
        with(caller, number, "multiply([BSSB)V", &hex!("0000000003"), HEX).unwrap();
        with(caller, number, "subtract([BSSB)V", &hex!("01"), HEX).unwrap();
        let expected = 797_u16.to_be_bytes().to_vec();
        assert_eq!(value(caller, number, 2, HEX), Ok(expected.clone()));
        for (method, operand) in [
            ("add([BSSB)V", &hex!("FFFF")[..]),
            ("subtract([BSSB)V", &hex!("031E")),
            ("multiply([BSSB)V", &hex!("53")),
            ("multiply([BSSB)V", &[1; 40]),
            ("add([BSSB)V", &[1; 40]),
            ("subtract([BSSB)V", &[1; 40]),
        ] {
            assert_eq!(with(caller, number, method, operand, HEX), Err(ARITHMETIC), "{method}");
            assert_eq!(value(caller, number, 2, HEX), Ok(expected.clone()));
        }
        caller.on(number, "reset()V", &[]).unwrap();
        with(caller, number, "multiply([BSSB)V", &[1; 40], HEX).unwrap();
        assert_eq!(value(caller, number, 1, HEX), Ok(vec![0]), "nothing is nothing however often");
    });
}

#[test]
fn a_largest_value_is_kept() {
    fresh(|caller| {
        let number = number(caller, 2).unwrap();
        with(caller, number, "setMaximum([BSSB)V", &hex!("0999"), BCD).unwrap();
        with(caller, number, "init([BSSB)V", &hex!("0998"), BCD).unwrap();
        with(caller, number, "add([BSSB)V", &[1], HEX).unwrap();
        assert_eq!(with(caller, number, "add([BSSB)V", &[1], HEX), Err(ARITHMETIC));
        assert_eq!(with(caller, number, "setMaximum([BSSB)V", &[1], HEX), Err(ARITHMETIC));
        let large = hex!("010000");
        assert_eq!(with(caller, number, "setMaximum([BSSB)V", &large, HEX), Err(ARITHMETIC));
    });
}

#[test]
fn numbers_compare() {
    fresh(|caller| {
        let [small, large] = [2, 4].map(|size| number(caller, size).unwrap());
        with(caller, small, "init([BSSB)V", &[200], HEX).unwrap();
        with(caller, large, "init([BSSB)V", &hex!("0201"), BCD).unwrap();
        let compare = "compareTo(Ljavacardx/framework/math/BigNumber;)B";
        assert_eq!(caller.on(small, compare, &[large.to_cell()]), Ok(-1));
        assert_eq!(caller.on(large, compare, &[small.to_cell()]), Ok(1));
        assert_eq!(caller.on(large, compare, &[0]), Err(NULL));
        let bytes = "compareTo([BSSB)B";
        assert_eq!(with(caller, small, bytes, &hex!("0200"), BCD), Ok(0));
        assert_eq!(with(caller, small, bytes, &[1; 40], HEX), Ok(-1));
        assert_eq!(with(caller, small, bytes, &[0xFA; 40], BCD), Err(ARITHMETIC));
    });
}

#[test]
fn digits_are_converted_in_place_too() {
    fresh(|caller| {
        let util = "javacardx/framework/math/BCDUtil";
        let to_hex = format!("{util}.convertToHex([BSS[BS)S");
        let to_bcd = format!("{util}.convertToBCD([BSS[BS)S");
        let array = caller.array(&hex!("00001000 0000"));
        let cell = array.to_cell();
        assert_eq!(caller.fixed(&to_hex, &[cell, 0, 4, cell, 1]), Ok(2));
        assert_eq!(caller.bytes(array), hex!("0003E8000000"));
        assert_eq!(caller.fixed(&to_bcd, &[cell, 1, 2, cell, 0]), Ok(2));
        assert_eq!(caller.bytes(array)[..2], hex!("1000"));
        assert_eq!(caller.fixed(&to_hex, &[cell, 0, 0, cell, 1]), Err(ARITHMETIC));
        assert_eq!(
            caller.fixed(&to_hex, &[cell, 2, 1, cell, 0]),
            Err(ARITHMETIC),
            "E8 is no digit"
        );
        assert_eq!(caller.fixed(&to_hex, &[cell, 0, 1, cell, 6]), Err(OUT_OF_BOUNDS));
        let [long, _, length] = all(caller, &[0x99; 90]);
        assert_eq!(caller.fixed(&to_hex, &[long, 0, length, long, 0]), Err(ARITHMETIC));
        assert_eq!(caller.fixed(&to_bcd, &[long, 0, length, long, 0]), Err(ARITHMETIC));
        let is_bcd = format!("{util}.isBCDFormat([BSS)Z");
        assert_eq!(caller.fixed(&is_bcd, &[long, 0, length]), Ok(1));
        assert_eq!(caller.fixed(&is_bcd, &[cell, 2, 1]), Ok(0));
        assert_eq!(caller.fixed(&is_bcd, &[cell, 2, 0]), Err(ARITHMETIC));
    });
}

#[test]
fn parity_is_in_the_last_bit() {
    fresh(|caller| {
        let set = "javacardx/framework/math/ParityBit.set([BSSZ)V";
        let array = caller.array(&hex!("00 01 02 FE FF"));
        caller.fixed(set, &[array.to_cell(), 0, 5, 0]).unwrap();
        assert_eq!(caller.bytes(array), hex!("01 01 02 FE FE"));
        caller.fixed(set, &[array.to_cell(), 1, 3, 1]).unwrap();
        assert_eq!(caller.bytes(array), hex!("01 00 03 FF FE"));
        assert_eq!(caller.fixed(set, &[array.to_cell(), 3, 3, 1]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.fixed(set, &[0, 0, 0, 1]), Err(NULL));
    });
}
