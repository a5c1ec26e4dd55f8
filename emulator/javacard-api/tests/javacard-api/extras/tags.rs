//! `BERTag`, `PrimitiveBERTag`, `ConstructedBERTag`.

use hex_literal::hex;
use jcvm::Reference;

use super::{NULL, OUT_OF_BOUNDS, over, written};
use crate::security::caller::{Caller, Thrown, fresh};

const TAG: &str = "javacardx/framework/tlv/BERTag";

pub(super) const fn tlv(reason: i16) -> Thrown {
    ("TLVException", reason)
}

/// A new tag object, empty.
fn empty(caller: &mut Caller<'_, '_, '_>, class: &str) -> Reference {
    caller.construct(&format!("javacardx/framework/tlv/{class}()V"), &[]).unwrap()
}

/// The tag object for this encoding.
pub(super) fn tag(caller: &mut Caller<'_, '_, '_>, bytes: &[u8]) -> Result<Reference, Thrown> {
    over(caller, &format!("{TAG}.getInstance([BS)L{TAG};"), bytes, &[]).map(Reference::from_cell)
}

fn octets(caller: &mut Caller<'_, '_, '_>, tag: Reference) -> Result<Vec<u8>, Thrown> {
    written(caller, |caller, to| caller.on(tag, "toBytes([BS)S", &to))
}

#[test]
fn an_empty_tag_says_so() {
    fresh(|caller| {
        let tag = empty(caller, "PrimitiveBERTag");
        for method in ["size()B", "tagNumber()S", "tagClass()B", "isConstructed()Z"] {
            assert_eq!(caller.on(tag, method, &[]), Err(tlv(3)), "{method}");
        }
        assert_eq!(octets(caller, tag), Err(tlv(3)));
    });
}

#[test]
fn a_tag_is_made_of_class_and_number() {
    fresh(|caller| {
        let tag = empty(caller, "ConstructedBERTag");
        caller.on(tag, "init(BS)V", &[2, 300]).unwrap();
        assert_eq!(octets(caller, tag), Ok(hex!("BF822C").to_vec()));
        assert_eq!(caller.on(tag, "size()B", &[]), Ok(3));
        assert_eq!(caller.on(tag, "tagNumber()S", &[]), Ok(300));
        assert_eq!(caller.on(tag, "tagClass()B", &[]), Ok(2));
        assert_eq!(caller.on(tag, "isConstructed()Z", &[]), Ok(1));
        for (class, number) in [(4, 1), (-1, 1), (0, -1)] {
            assert_eq!(caller.on(tag, "init(BS)V", &[class, number]), Err(tlv(1)));
        }
        assert_eq!(caller.on(tag, "tagNumber()S", &[]), Ok(300), "it is as it was");
    });
}

#[test]
fn a_tag_keeps_its_kind() {
    fresh(|caller| {
        let (primitive, constructed) = (hex!("9F02"), hex!("7F49"));
        let made = tag(caller, &primitive).unwrap();
        assert!(caller.is(made, "javacardx/framework/tlv/PrimitiveBERTag"));
        let array = caller.array(&constructed).to_cell();
        assert_eq!(caller.on(made, "init([BS)V", &[array, 0]), Err(tlv(5)));
        let made = tag(caller, &constructed).unwrap();
        assert!(caller.is(made, "javacardx/framework/tlv/ConstructedBERTag"));
        let array = caller.array(&primitive).to_cell();
        assert_eq!(caller.on(made, "init([BS)V", &[array, 0]), Err(tlv(5)));
        assert_eq!(caller.on(made, "init([BS)V", &[array, 3]), Err(OUT_OF_BOUNDS));
        assert_eq!(caller.on(made, "init([BS)V", &[0, 0]), Err(NULL));
    });
}

#[test]
fn tags_are_equal_by_value() {
    fresh(|caller| {
        let [left, right, other] =
            [hex!("5F24"), hex!("5F24"), hex!("5F25")].map(|bytes| tag(caller, &bytes).unwrap());
        for method in ["equals(Ljava/lang/Object;)Z", "equals(Ljavacardx/framework/tlv/BERTag;)Z"] {
            let mut equal = |tag: Reference| caller.on(left, method, &[tag.to_cell()]);
            assert_eq!((equal(left), equal(right), equal(other)), (Ok(1), Ok(1), Ok(0)));
            assert_eq!(equal(Reference::NULL), Ok(0));
        }
    });
}

#[test]
fn tags_in_arrays_are_read_and_refused() {
    fresh(|caller| {
        let mut ask =
            |method: &str, bytes: &[u8]| over(caller, &format!("{TAG}.{method}"), bytes, &[]);
        assert_eq!(ask("size([BS)B", &hex!("5F8101 FF")), Ok(3));
        assert_eq!(ask("tagNumber([BS)S", &hex!("5F81FF7F")), Ok(0x7FFF));
        assert_eq!(ask("tagNumber([BS)S", &hex!("5F828000")), Err(tlv(9)));
        assert_eq!(ask("tagClass([BS)B", &hex!("C1")), Ok(3));
        assert_eq!(ask("isConstructed([BS)Z", &hex!("30")), Ok(1));
        assert_eq!(ask("size([BS)B", &hex!("5F8182838405")), Err(tlv(2)));
        assert_eq!(ask("tagClass([BS)B", &hex!("5F8182838405")), Err(tlv(5)));
        assert_eq!(ask("size([BS)B", &hex!("5F80")), Err(tlv(5)));
        assert_eq!(ask("size([BS)B", &hex!("5F81")), Err(OUT_OF_BOUNDS));
        assert_eq!(ask("verifyFormat([BS)Z", &hex!("5F21")), Ok(1));
        assert_eq!(ask("verifyFormat([BS)Z", &hex!("5F8182838405")), Ok(0));
        assert_eq!(ask("verifyFormat([BS)Z", &[]), Err(OUT_OF_BOUNDS));
    });
}

#[test]
fn tags_are_written_from_parts() {
    fresh(|caller| {
        let name = format!("{TAG}.toBytes(SZS[BS)S");
        let mut write = |class, constructed, number| {
            written(caller, |caller, to| {
                caller.fixed(&name, &[&[class, constructed, number], &to[..]].concat())
            })
        };
        assert_eq!(write(1, 1, 0x49), Ok(hex!("7F49").to_vec()));
        assert_eq!(write(4, 0, 1), Err(tlv(1)));
        assert_eq!(write(0, 0, -1), Err(tlv(1)));
    });
}
