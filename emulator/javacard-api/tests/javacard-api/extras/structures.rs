//! `BERTLV`, `PrimitiveBERTLV`, `ConstructedBERTLV`.

use hex_literal::hex;
use jcvm::Reference;

use super::{
    NULL, OUT_OF_BOUNDS, all, over,
    tags::{tag, tlv},
    written,
};
use crate::security::caller::{Caller, Thrown, fresh};

const TLV: &str = "javacardx/framework/tlv/BERTLV";
const PRIMITIVE: &str = "javacardx/framework/tlv/PrimitiveBERTLV";
const CONSTRUCTED: &str = "javacardx/framework/tlv/ConstructedBERTLV";
const APPEND: &str = "append(Ljavacardx/framework/tlv/BERTLV;)S";
const DELETE: &str = "delete(Ljavacardx/framework/tlv/BERTLV;S)S";
const FIND: &str = "find(Ljavacardx/framework/tlv/BERTag;)Ljavacardx/framework/tlv/BERTLV;";
const FIND_NEXT: &str = "findNext(Ljavacardx/framework/tlv/BERTag;Ljavacardx/framework/tlv/BERTLV;S)Ljavacardx/framework/tlv/BERTLV;";

fn parse(caller: &mut Caller<'_, '_, '_>, bytes: &[u8]) -> Result<Reference, Thrown> {
    let cells = all(caller, bytes);
    caller.make(&format!("{TLV}.getInstance([BSS)L{TLV};"), &cells)
}

fn encoding(caller: &mut Caller<'_, '_, '_>, tlv: Reference) -> Result<Vec<u8>, Thrown> {
    written(caller, |caller, to| caller.on(tlv, "toBytes([BS)S", &to))
}

fn empty(caller: &mut Caller<'_, '_, '_>, class: &str, capacity: i32) -> Reference {
    caller.construct(&format!("{class}(S)V"), &[capacity]).unwrap()
}

#[test]
fn a_structure_reads_back_as_it_was() {
    fresh(|caller| {
        let bytes = hex!("7F49 0D 8101 01 A206 8201 02 9F0200 05 00");
        let made = parse(caller, &bytes).unwrap();
        assert_eq!(encoding(caller, made), Ok(bytes.to_vec()));
        assert_eq!(caller.on(made, "size()S", &[]), Ok(16));
        assert_eq!(caller.on(made, "getLength()S", &[]), Ok(13));
        assert!(caller.is(made, CONSTRUCTED));
    });
}

#[test]
fn what_is_no_structure_is_malformed() {
    fresh(|caller| {
        for (bytes, reason) in [
            (&hex!("3003 0201")[..], 6),
            (&hex!("3002 0201"), 6),
            (&hex!("0401AABB"), 6),
            (&hex!("0480AA0000"), 6),
            (&hex!("04840001000000"), 2),
            (&hex!("5F818283840101AA"), 2),
        ] {
            assert_eq!(parse(caller, bytes), Err(tlv(reason)), "{bytes:02X?}");
            let cells = all(caller, bytes);
            assert_eq!(caller.fixed(&format!("{TLV}.verifyFormat([BSS)Z"), &cells), Ok(0));
        }
        let cells = all(caller, &hex!("3003 0201 05"));
        assert_eq!(caller.fixed(&format!("{TLV}.verifyFormat([BSS)Z"), &cells), Ok(1));
        let name = format!("{TLV}.getInstance([BSS)L{TLV};");
        assert_eq!(caller.make(&name, &[cells[0], 0, 6]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.make(&name, &[0, 0, 6]), Err(NULL));
    });
}

#[test]
fn nesting_is_bounded() {
    fresh(|caller| {
        let nested = |depth: usize| {
            (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| {
                let mut outer = vec![0x30, 0x82];
                outer.extend(u16::try_from(inner.len()).unwrap().to_be_bytes());
                outer.extend(inner);
                outer
            })
        };
        assert!(parse(caller, &nested(60)).is_ok());
        assert_eq!(parse(caller, &nested(1000)), Err(tlv(2)));
    });
}

#[test]
fn an_empty_structure_says_so() {
    fresh(|caller| {
        for class in [PRIMITIVE, CONSTRUCTED] {
            let made = empty(caller, class, 4);
            for method in ["size()S", "getLength()S", "getTag()Ljavacardx/framework/tlv/BERTag;"] {
                assert_eq!(caller.on(made, method, &[]), Err(tlv(4)), "{class} {method}");
            }
            assert_eq!(encoding(caller, made), Err(tlv(4)));
            let negative = caller.construct(&format!("{class}(S)V"), &[-1]);
            assert_eq!(negative, Err(tlv(1)));
        }
        let made = empty(caller, PRIMITIVE, 4);
        let value = all(caller, b"abc");
        assert_eq!(caller.on(made, "appendValue([BSS)S", &value), Err(tlv(4)));
        assert_eq!(caller.on(made, "replaceValue([BSS)S", &value), Err(tlv(4)));
    });
}

#[test]
fn a_value_grows_beyond_its_capacity() {
    fresh(|caller| {
        let made = empty(caller, PRIMITIVE, 2);
        let tag = tag(caller, &hex!("81")).unwrap().to_cell();
        let init = "init(Ljavacardx/framework/tlv/PrimitiveBERTag;[BSS)S";
        let [array, _, _] = all(caller, b"abcdef");
        assert_eq!(caller.on(made, init, &[tag, array, 1, 2]), Ok(4));
        assert_eq!(caller.on(made, "appendValue([BSS)S", &[array, 0, 6]), Ok(10));
        assert_eq!(encoding(caller, made), Ok(hex!("8108 6263 616263646566").to_vec()));
        assert_eq!(caller.on(made, "replaceValue([BSS)S", &[array, 5, 1]), Ok(3));
        let value = written(caller, |caller, to| caller.on(made, "getValue([BS)S", &to));
        assert_eq!(value, Ok(b"f".to_vec()));
        let large = all(caller, &vec![7; 0x7FFF]);
        assert_eq!(caller.on(made, "replaceValue([BSS)S", &large), Err(tlv(2)));
        assert_eq!(encoding(caller, made), Ok(hex!("810166").to_vec()), "nothing has changed");
    });
}

#[test]
fn a_tag_is_shared_with_its_structure() {
    fresh(|caller| {
        let made = empty(caller, PRIMITIVE, 1);
        let tag = tag(caller, &hex!("81")).unwrap();
        let value = all(caller, &[9]);
        let init = "init(Ljavacardx/framework/tlv/PrimitiveBERTag;[BSS)S";
        caller.on(made, init, &[&[tag.to_cell()], &value[..]].concat()).unwrap();
        caller.on(tag, "init(BS)V", &[1, 0x24]).unwrap();
        assert_eq!(encoding(caller, made), Ok(hex!("5F240109").to_vec()));
        let got = caller.on(made, "getTag()Ljavacardx/framework/tlv/BERTag;", &[]);
        assert_eq!(got, Ok(tag.to_cell()));
        // Bytes bring a tag of their own: the applet's stays as it is.
        let bytes = all(caller, &hex!("8201 08"));
        caller.on(made, "init([BSS)S", &bytes).unwrap();
        assert_eq!(caller.on(tag, "tagNumber()S", &[]), Ok(0x24));
        assert_eq!(encoding(caller, made), Ok(hex!("820108").to_vec()));
    });
}

#[test]
fn structures_are_appended_found_and_deleted() {
    fresh(|caller| {
        let outer = empty(caller, CONSTRUCTED, 1);
        let bytes = all(caller, &hex!("3000"));
        caller.on(outer, "init([BSS)S", &bytes).unwrap();
        let [a, b] = [hex!("810101"), hex!("820102")].map(|bytes| parse(caller, &bytes).unwrap());
        for (child, size) in [(a, 5), (b, 8), (a, 11)] {
            assert_eq!(caller.on(outer, APPEND, &[child.to_cell()]), Ok(size));
        }
        assert_eq!(encoding(caller, outer), Ok(hex!("3009 810101 820102 810101").to_vec()));
        let wanted = tag(caller, &hex!("82")).unwrap().to_cell();
        assert_eq!(caller.on(outer, FIND, &[wanted]), Ok(b.to_cell()));
        assert_eq!(caller.on(outer, FIND, &[0]), Ok(a.to_cell()));
        let next = |number| [0, a.to_cell(), number];
        assert_eq!(caller.on(outer, FIND_NEXT, &next(1)), Ok(b.to_cell()));
        assert_eq!(caller.on(outer, FIND_NEXT, &next(2)), Ok(0));
        assert_eq!(caller.on(outer, FIND_NEXT, &next(3)), Err(tlv(1)));
        assert_eq!(caller.on(outer, FIND_NEXT, &next(0)), Err(tlv(1)));
        assert_eq!(caller.on(outer, DELETE, &[a.to_cell(), 2]), Ok(8));
        assert_eq!(caller.on(outer, DELETE, &[a.to_cell(), 2]), Err(tlv(1)));
        assert_eq!(caller.on(outer, DELETE, &[a.to_cell(), 1]), Ok(5));
        assert_eq!(encoding(caller, outer), Ok(hex!("3003 820102").to_vec()));
        assert_eq!(caller.on(outer, DELETE, &[0, 1]), Err(NULL));
    });
}

#[test]
fn a_structure_never_contains_itself() {
    fresh(|caller| {
        let [outer, inner] = [(); 2].map(|()| parse(caller, &hex!("3000")).unwrap());
        assert_eq!(caller.on(outer, APPEND, &[outer.to_cell()]), Err(tlv(1)));
        caller.on(outer, APPEND, &[inner.to_cell()]).unwrap();
        assert_eq!(caller.on(inner, APPEND, &[outer.to_cell()]), Err(tlv(1)));
        let tag = tag(caller, &hex!("30")).unwrap().to_cell();
        let init =
            "init(Ljavacardx/framework/tlv/ConstructedBERTag;Ljavacardx/framework/tlv/BERTLV;)S";
        assert_eq!(caller.on(inner, init, &[tag, outer.to_cell()]), Err(tlv(1)));
    });
}

#[test]
fn structures_that_double_at_each_level_end_soon() {
    fresh(|caller| {
        let mut child = parse(caller, &hex!("8100")).unwrap();
        let mut refused = None;
        for _ in 0..40 {
            let outer = parse(caller, &hex!("3000")).unwrap();
            for _ in 0..2 {
                if let Err(thrown) = caller.on(outer, APPEND, &[child.to_cell()]) {
                    refused = Some(thrown);
                }
            }
            child = outer;
        }
        assert_eq!(refused, Some(tlv(2)));
    });
}

#[test]
fn a_change_within_is_seen_outside() {
    fresh(|caller| {
        let outer = parse(caller, &hex!("3000")).unwrap();
        let inner = parse(caller, &hex!("8100")).unwrap();
        caller.on(outer, APPEND, &[inner.to_cell()]).unwrap();
        let value = all(caller, &[1; 200]);
        caller.on(inner, "replaceValue([BSS)S", &value).unwrap();
        assert_eq!(caller.on(outer, "size()S", &[]), Ok(3 + 3 + 200));
        let value = all(caller, &vec![1; 0x7FF0]);
        caller.on(inner, "replaceValue([BSS)S", &value).unwrap();
        assert_eq!(caller.on(outer, "getLength()S", &[]), Ok(0x7FF4));
        let other = parse(caller, &hex!("3000")).unwrap();
        caller.on(other, APPEND, &[inner.to_cell()]).unwrap();
        assert_eq!(caller.on(outer, APPEND, &[other.to_cell()]), Err(tlv(2)));
    });
}

#[test]
fn bytes_become_structures_under_a_tag() {
    fresh(|caller| {
        let outer = empty(caller, CONSTRUCTED, 0);
        let tag = tag(caller, &hex!("E1")).unwrap().to_cell();
        let init = "init(Ljavacardx/framework/tlv/ConstructedBERTag;[BSS)S";
        let value = all(caller, &hex!("8100 820105"));
        assert_eq!(caller.on(outer, init, &[&[tag], &value[..]].concat()), Ok(7));
        assert_eq!(encoding(caller, outer), Ok(hex!("E105 8100 820105").to_vec()));
        let value = all(caller, &hex!("8100 8201"));
        assert_eq!(caller.on(outer, init, &[&[tag], &value[..]].concat()), Err(tlv(6)));
        assert_eq!(caller.on(outer, init, &[&[0], &value[..]].concat()), Err(NULL));
    });
}

#[test]
fn structures_in_arrays_are_read() {
    fresh(|caller| {
        let mut ask = |method: &str, bytes: &[u8]| over(caller, method, bytes, &[]);
        assert_eq!(ask(&format!("{TLV}.getLength([BS)S"), &hex!("04820100")), Ok(256));
        assert_eq!(ask(&format!("{TLV}.getLength([BS)S"), &hex!("04828000")), Err(tlv(11)));
        assert_eq!(ask(&format!("{TLV}.getLength([BS)S"), &hex!("0480")), Err(tlv(6)));
        assert_eq!(ask(&format!("{TLV}.getLength([BS)S"), &hex!("04")), Err(OUT_OF_BOUNDS));
        assert_eq!(ask(&format!("{PRIMITIVE}.getValueOffset([BS)S"), &hex!("5F24820001AA")), Ok(5));
        assert_eq!(ask(&format!("{PRIMITIVE}.getValueOffset([BS)S"), &hex!("3000")), Err(tlv(6)));
        let copied = written(caller, |caller, to| {
            over(caller, &format!("{TLV}.getTag([BS[BS)S"), &hex!("7F4901AA"), &to)
        });
        assert_eq!(copied, Ok(hex!("7F49").to_vec()));
    });
}

#[test]
fn structures_in_arrays_are_searched() {
    fresh(|caller| {
        let array = caller.array(&hex!("00 3009 810101 820102 810103")).to_cell();
        let wanted = caller.array(&hex!("81")).to_cell();
        let find = format!("{CONSTRUCTED}.find([BS[BS)S");
        let next = format!("{CONSTRUCTED}.findNext([BSS[BS)S");
        assert_eq!(caller.fixed(&find, &[array, 1, wanted, 0]), Ok(3));
        assert_eq!(caller.fixed(&find, &[array, 1, 0, 0]), Ok(3));
        assert_eq!(caller.fixed(&next, &[array, 1, 3, wanted, 0]), Ok(9));
        assert_eq!(caller.fixed(&next, &[array, 1, 3, 0, 0]), Ok(6));
        assert_eq!(caller.fixed(&next, &[array, 1, 9, wanted, 0]), Ok(-1));
        assert_eq!(caller.fixed(&next, &[array, 1, 4, wanted, 0]), Err(tlv(1)));
        assert_eq!(caller.fixed(&find, &[array, 3, wanted, 0]), Err(tlv(6)), "not constructed");
        assert_eq!(caller.fixed(&find, &[0, 3, wanted, 0]), Err(NULL));
        let bad = caller.array(&hex!("5F80")).to_cell();
        assert_eq!(caller.fixed(&find, &[array, 1, bad, 0]), Err(tlv(5)));
    });
}

#[test]
fn structures_in_arrays_are_edited() {
    fresh(|caller| {
        let array = caller.array(&[&hex!("3003 810101")[..], &[0; 300]].concat());
        let added = caller.array(&hex!("820102")).to_cell();
        let append = format!("{CONSTRUCTED}.append([BS[BS)S");
        assert_eq!(caller.fixed(&append, &[added, 0, array.to_cell(), 0]), Ok(8));
        assert_eq!(caller.bytes(array)[..8], hex!("3006 810101 820102"));
        assert_eq!(caller.fixed(&append, &[array.to_cell(), 0, added, 0]), Err(tlv(6)));

        let value = caller.array(&[7; 130]).to_cell();
        let append = format!("{PRIMITIVE}.appendValue([BS[BSS)S");
        assert_eq!(caller.fixed(&append, &[array.to_cell(), 5, value, 0, 130]), Ok(134));
        let bytes = caller.bytes(array);
        assert_eq!((&bytes[5..9], &bytes[9..139]), (&hex!("82818302")[..], &[7; 130][..]));
        assert_eq!(caller.fixed(&append, &[added, 0, value, 0, 1]), Err(OUT_OF_BOUNDS), "no room");

        let tag = caller.array(&hex!("5F24 30")).to_cell();
        let to_bytes = format!("{PRIMITIVE}.toBytes([BS[BSS[BS)S");
        let cells = [tag, 0, value, 0, 1, array.to_cell(), 2];
        assert_eq!(caller.fixed(&to_bytes, &cells), Ok(4));
        assert_eq!(caller.bytes(array)[2..6], hex!("5F240107"));
        let cells = [tag, 2, value, 0, 1, array.to_cell(), 2];
        assert_eq!(caller.fixed(&to_bytes, &cells), Err(tlv(5)));
    });
}
