//! `MessageDigest`, `InitializedMessageDigest`, `Checksum`, `RandomData`, and what is one-shot.

use hex_literal::hex;
use jcvm::Reference;

use super::caller::{Caller, Thrown, crypto, fresh, within};
use crate::bed::Bed;

fn digest(caller: &mut Caller<'_, '_, '_>, algorithm: i32) -> Result<Reference, Thrown> {
    let name = "javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;";
    caller.make(name, &[algorithm, 0])
}

const SHA1_ABC: [u8; 20] = hex!("A9993E364706816ABA3E25717850C26C9CD0D89D");

#[test]
fn a_digest_is_of_all_pieces_and_starts_anew() {
    fresh(|caller| {
        let sha = digest(caller, 1).unwrap();
        for _ in 0..2 {
            caller.feed(sha, "update", b"a").unwrap();
            caller.feed(sha, "update", b"b").unwrap();
            assert_eq!(caller.transform(sha, "doFinal", b"c").unwrap(), SHA1_ABC);
        }
        caller.feed(sha, "update", b"lost").unwrap();
        caller.on(sha, "reset()V", &[]).unwrap();
        assert_eq!(caller.transform(sha, "doFinal", b"abc").unwrap(), SHA1_ABC);
        assert_eq!(caller.on(sha, "getLength()B", &[]), Ok(20));
        assert_eq!(caller.on(sha, "getAlgorithm()B", &[]), Ok(1));
    });
}

#[test]
fn a_reset_of_the_card_forgets_the_pieces() {
    let mut bed = Bed::new();
    let sha = within(&mut bed, |caller| {
        let sha = digest(caller, 1).unwrap();
        caller.feed(sha, "update", b"lost").unwrap();
        sha
    });
    bed.reset();
    within(&mut bed, |caller| {
        assert_eq!(caller.transform(sha, "doFinal", b"abc").unwrap(), SHA1_ABC);
    });
}

#[test]
fn a_digest_may_go_where_the_message_was() {
    fresh(|caller| {
        let sha = digest(caller, 1).unwrap();
        let array = caller.array(&[b"..abc".as_slice(), &[0; 20]].concat());
        let cell = array.to_cell();
        assert_eq!(caller.on(sha, "doFinal([BSS[BS)S", &[cell, 2, 3, cell, 1]), Ok(20));
        assert_eq!(caller.bytes(array)[1..21], SHA1_ABC);
    });
}

#[test]
fn what_there_is_none_of_is_no_such_algorithm() {
    fresh(|caller| {
        for algorithm in [0, 12, -1] {
            assert_eq!(digest(caller, algorithm), Err(crypto(3)));
        }
        for algorithm in 1..=11 {
            assert!(digest(caller, algorithm).is_ok());
        }
        let name = "javacard/security/Checksum.getInstance(BZ)Ljavacard/security/Checksum;";
        assert_eq!(caller.make(name, &[3, 0]), Err(crypto(3)));
        let name = "javacard/security/RandomData.getInstance(B)Ljavacard/security/RandomData;";
        assert_eq!(caller.make(name, &[7]), Err(crypto(3)));
    });
}

#[test]
fn arrays_are_checked() {
    fresh(|caller| {
        let sha = digest(caller, 1).unwrap();
        let (from, to) = (caller.array(&[0; 8]).to_cell(), caller.array(&[0; 19]).to_cell());
        let name = "doFinal([BSS[BS)S";
        let bounds = Err(("ArrayIndexOutOfBoundsException", 0));
        assert_eq!(caller.on(sha, name, &[from, 1, 8, to, 0]), bounds);
        assert_eq!(caller.on(sha, name, &[from, -1, 8, to, 0]), bounds);
        assert_eq!(caller.on(sha, name, &[from, 0, -1, to, 0]), bounds);
        assert_eq!(caller.on(sha, name, &[from, 0, 8, to, 0]), bounds);
        assert_eq!(caller.on(sha, name, &[from, 0, 8, 0, 0]), Err(("NullPointerException", 0)));
        assert_eq!(caller.on(sha, name, &[0, 0, 8, to, 0]), Err(("NullPointerException", 0)));
    });
}

#[test]
fn an_initialised_digest_goes_on_from_a_value() {
    fresh(|caller| {
        let name = "javacard/security/MessageDigest.getInitializedMessageDigestInstance(BZ)\
                    Ljavacard/security/InitializedMessageDigest;";
        let block = [0x41; 64];
        let whole = digest(caller, 4).unwrap();
        caller.feed(whole, "update", &block).unwrap();
        let expected = caller.transform(whole, "doFinal", b"tail").unwrap();
        let half = caller.make(name, &[4, 0]).unwrap();
        caller.feed(half, "update", &block).unwrap();
        let value = caller.array(&[0; 32]);
        let made = caller.on(half, "doIntermediateMessageDigest([BS)S", &[value.to_cell(), 0]);
        assert_eq!(made, Ok(32));
        let count = caller.array(&[0, 64]).to_cell();
        let resumed = caller.make(name, &[4, 0]).unwrap();
        let set = "setInitialDigest([BSS[BSS)V";
        caller.on(resumed, set, &[value.to_cell(), 0, 32, count, 0, 2]).unwrap();
        assert_eq!(caller.transform(resumed, "doFinal", b"tail").unwrap(), expected);
        let short = caller.on(resumed, set, &[value.to_cell(), 0, 31, count, 0, 2]);
        assert_eq!(short, Err(crypto(1)));
        assert_eq!(caller.make(name, &[9, 0]), Err(crypto(3)), "SHA-3 cannot be resumed");
    });
}

#[test]
fn checksums() {
    fresh(|caller| {
        let name = "javacard/security/Checksum.getInstance(BZ)Ljavacard/security/Checksum;";
        let crc = caller.make(name, &[2, 0]).unwrap();
        caller.feed(crc, "init", &[0xFF; 4]).unwrap();
        caller.feed(crc, "update", b"12345").unwrap();
        assert_eq!(caller.transform(crc, "doFinal", b"6789").unwrap(), hex!("CBF43926"));
        let crc = caller.make(name, &[1, 0]).unwrap();
        assert_eq!(caller.transform(crc, "doFinal", b"").unwrap().len(), 2);
        assert_eq!(caller.feed(crc, "init", &[0xFF; 3]), Err(crypto(1)));
    });
}

#[test]
fn random_data() {
    fresh(|caller| {
        let name = "javacard/security/RandomData.getInstance(B)Ljavacard/security/RandomData;";
        for algorithm in 1..=6 {
            let random = caller.make(name, &[algorithm]).unwrap();
            let array = caller.array(&[0; 40]);
            let cell = array.to_cell();
            caller.on(random, "generateData([BSS)V", &[cell, 4, 16]).unwrap();
            assert_eq!(caller.on(random, "nextBytes([BSS)S", &[cell, 20, 16]), Ok(36));
            let bytes = caller.bytes(array);
            assert_ne!(bytes[4..20], bytes[20..36]);
            assert_eq!((&bytes[..4], &bytes[36..]), (&[0; 4][..], &[0; 4][..]));
            assert_eq!(caller.on(random, "nextBytes([BSS)S", &[cell, 20, 0]), Err(crypto(1)));
            let seeded = caller.feed(random, "setSeed", b"seed");
            assert_eq!(seeded, if algorithm == 3 { Err(crypto(5)) } else { Ok(0) });
        }
    });
}

#[test]
fn one_shots_are_borrowed_and_given_back() {
    let open = "javacard/security/MessageDigest$OneShot.open(B)\
                Ljavacard/security/MessageDigest$OneShot;";
    fresh(|caller| {
        let sha = caller.make(open, &[1]).unwrap();
        assert_eq!(caller.transform(sha, "doFinal", b"abc").unwrap(), SHA1_ABC);
        assert_eq!(caller.feed(sha, "update", b"abc"), Err(crypto(5)), "not in pieces");
        caller.on(sha, "close()V", &[]).unwrap();
        caller.on(sha, "close()V", &[]).unwrap();
        assert_eq!(caller.transform(sha, "doFinal", b"abc"), Err(crypto(5)), "closed");
        let other = caller.make(open, &[4]).unwrap();
        assert_eq!(other, sha, "the same object, for another algorithm");
        assert_eq!(caller.transform(other, "doFinal", b"abc").unwrap().len(), 32);
        for _ in 1..8 {
            caller.make(open, &[1]).unwrap();
        }
        assert_eq!(caller.make(open, &[1]), Err(("SystemException", 5)), "no more at once");
    });
}
