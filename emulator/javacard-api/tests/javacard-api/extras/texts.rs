//! `StringUtil`.

use hex_literal::hex;

use super::{INDEX, NULL, OUT_OF_BOUNDS, all, written};
use crate::security::caller::{Caller, Thrown, fresh};

const UTIL: &str = "javacardx/framework/string/StringUtil";
const TEXT: &str = "aé€z";

const fn string(reason: i16) -> Thrown {
    ("StringException", reason)
}

/// A method with a text and other cells.
fn ask(
    caller: &mut Caller<'_, '_, '_>,
    method: &str,
    text: &[u8],
    more: &[i32],
) -> Result<i32, Thrown> {
    let text = all(caller, text);
    caller.fixed(&format!("{UTIL}.{method}"), &[&text[..], more].concat())
}

/// What a method with a text and other cells writes; `after` follows the destination.
fn made(
    caller: &mut Caller<'_, '_, '_>,
    method: &str,
    text: &[u8],
    between: &[i32],
    after: &[i32],
) -> Result<Vec<u8>, Thrown> {
    written(caller, |caller, to| ask(caller, method, text, &[between, &to, after].concat()))
}

#[test]
fn code_points_are_counted_and_copied() {
    fresh(|caller| {
        let text = TEXT.as_bytes();
        assert_eq!(ask(caller, "codePointCount([BSS)S", text, &[]), Ok(4));
        let at = "codePointAt([BSSS[BS)S";
        assert_eq!(made(caller, at, text, &[1], &[]), Ok("é".as_bytes().to_vec()));
        assert_eq!(made(caller, at, text, &[7], &[]), Err(INDEX));
        assert_eq!(made(caller, at, text, &[-1], &[]), Err(INDEX));
        let before = "codePointBefore([BSSS[BS)S";
        assert_eq!(made(caller, before, text, &[6], &[]), Ok("€".as_bytes().to_vec()));
        assert_eq!(made(caller, before, text, &[0], &[]), Err(INDEX));
        let offset = "offsetByCodePoints([BSSSS)S";
        assert_eq!(ask(caller, offset, text, &[1, 2]), Ok(6));
        assert_eq!(ask(caller, offset, text, &[6, -3]), Ok(0));
        assert_eq!(ask(caller, offset, text, &[6, 2]), Err(INDEX));
        let substring = "substring([BSSSS[BS)S";
        assert_eq!(made(caller, substring, text, &[1, 3], &[]), Ok("é€".as_bytes().to_vec()));
        assert_eq!(made(caller, substring, text, &[3, -1], &[]), Ok(b"z".to_vec()));
        assert_eq!(made(caller, substring, text, &[3, 2], &[]), Err(INDEX));
        assert_eq!(caller.fixed(&format!("{UTIL}.codePointCount([BSS)S"), &[0, 0, 0]), Err(NULL));
        let [array, ..] = all(caller, text);
        let count = format!("{UTIL}.codePointCount([BSS)S");
        assert_eq!(caller.fixed(&count, &[array, 5, 3]), Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn texts_are_compared_and_searched() {
    fresh(|caller| {
        let mut compare = |ignoring: i32, left: &str, right: &str| {
            let cells =
                [&[ignoring], &all(caller, left.as_bytes())[..], &all(caller, right.as_bytes())]
                    .concat();
            caller.fixed(&format!("{UTIL}.compare(Z[BSS[BSS)S"), &cells).unwrap()
        };
        assert_eq!(compare(0, "abc", "abc"), 0);
        assert!(compare(0, "abc", "abd") < 0 && compare(0, "é", "z") > 0);
        assert_eq!(compare(0, "abc", "a"), 2);
        assert_eq!(compare(1, "aBc", "AbC"), 0);
        assert!(compare(0, "aBc", "AbC") > 0);
        let mut ask = |method: &str, text: &str, part: &str, more: &[i32]| {
            let part = all(caller, part.as_bytes());
            ask(caller, method, text.as_bytes(), &[&part[..], more].concat())
        };
        assert_eq!(ask("indexOf([BSS[BSS)S", TEXT, "€", &[]), Ok(3));
        assert_eq!(ask("indexOf([BSS[BSS)S", TEXT, "b", &[]), Ok(-1));
        let (starts, ends) = ("startsWith([BSS[BSSS)Z", "endsWith([BSS[BSSS)Z");
        assert_eq!(ask(starts, TEXT, "aé", &[-1]), Ok(1));
        assert_eq!(ask(starts, TEXT, "aéx", &[-1]), Ok(0));
        assert_eq!(ask(starts, TEXT, "aéx", &[2]), Ok(1));
        assert_eq!(ask(starts, TEXT, "aéx", &[4]), Err(INDEX));
        assert_eq!(ask(ends, TEXT, "€z", &[-1]), Ok(1));
        assert_eq!(ask(ends, TEXT, "zz", &[1]), Ok(1));
    });
}

#[test]
fn texts_are_changed() {
    fresh(|caller| {
        let old = all(caller, b"an");
        let new = all(caller, b"AAA");
        let cells = [old, new].concat();
        let replaced = made(caller, "replace([BSS[BSS[BSS[BS)S", b"banana", &cells, &[]);
        assert_eq!(replaced, Ok(b"bAAAAAAa".to_vec()));
        assert_eq!(made(caller, "trim([BSS[BS)S", b"\t a b \n", &[], &[]), Ok(b"a b".to_vec()));
        let upper = made(caller, "toUpperCase([BSS[BS)S", "aé".as_bytes(), &[], &[]);
        assert_eq!(upper, Ok("Aé".as_bytes().to_vec()));
        let lower = made(caller, "toLowerCase([BSS[BS)S", b"A\xFFB", &[], &[]);
        assert_eq!(lower, Ok(b"ab".to_vec()), "what is no character is left out");
        let long = all(caller, &vec![b'x'; 30000]);
        let cells = [all(caller, b"a"), long].concat();
        let replaced = made(caller, "replace([BSS[BSS[BSS[BS)S", b"aaaa", &cells, &[]);
        assert_eq!(replaced, Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn numbers_are_texts() {
    fresh(|caller| {
        let text = written(caller, |caller, to| {
            caller.fixed(&format!("{UTIL}.valueOf(S[BS)S"), &[&[-32768], &to[..]].concat())
        });
        assert_eq!(text, Ok(b"-32768".to_vec()));
        let parse = "parseShortInteger([BSS)S";
        assert_eq!(ask(caller, parse, b"-32768", &[]), Ok(-32768));
        assert_eq!(ask(caller, parse, b"0x7F", &[]), Ok(127));
        for wrong in ["", "32768", "1x", " 1", "010"] {
            assert_eq!(ask(caller, parse, wrong.as_bytes(), &[]), Err(string(2)), "{wrong}");
        }
        let shorts = caller.shorts(4);
        let parse = "parseLongInteger([BSS[SS)S";
        assert_eq!(ask(caller, parse, b"4294967296", &[shorts.to_cell(), 0]), Ok(3));
        assert_eq!(caller.vm.short_at(shorts, 0), Ok(1));
        assert_eq!(ask(caller, parse, b"-1", &[shorts.to_cell(), 1]), Err(OUT_OF_BOUNDS));
        assert_eq!(ask(caller, parse, b"-2", &[shorts.to_cell(), 0]), Ok(4));
        let text = written(caller, |caller, to| {
            caller
                .fixed(&format!("{UTIL}.valueOf([S[BS)S"), &[&[shorts.to_cell()], &to[..]].concat())
        });
        assert_eq!(text, Ok(b"-2".to_vec()));
        assert_eq!(ask(caller, "parseBoolean([BSS)Z", b"TrUe", &[]), Ok(1));
        assert_eq!(ask(caller, "parseBoolean([BSS)Z", b"yes", &[]), Ok(0));
        let text = written(caller, |caller, to| {
            caller.fixed(&format!("{UTIL}.valueOf(Z[BS)S"), &[&[0], &to[..]].concat())
        });
        assert_eq!(text, Ok(b"false".to_vec()));
    });
}

#[test]
fn texts_are_encoded_and_decoded() {
    fresh(|caller| {
        let text = "é€".as_bytes();
        let (to, from) = ("convertTo([BSS[BSB)S", "convertFrom([BSS[BSB)S");
        assert_eq!(made(caller, to, text, &[], &[5]), Ok(hex!("00E920AC").to_vec()));
        assert_eq!(made(caller, from, &hex!("E900AC20"), &[], &[3]), Ok(text.to_vec()));
        assert_eq!(made(caller, to, text, &[], &[7]), Err(string(3)), "Latin-1 has no euro");
        assert_eq!(made(caller, to, b"\xC3", &[], &[4]), Err(string(3)));
        for encoding in [0, 6, 8, 64] {
            assert_eq!(made(caller, to, text, &[], &[encoding]), Err(string(1)));
        }
        assert_eq!(ask(caller, "check([BSS)Z", text, &[]), Ok(1));
        assert_eq!(ask(caller, "check([BSS)Z", &text[..1], &[]), Ok(0));
    });
}
