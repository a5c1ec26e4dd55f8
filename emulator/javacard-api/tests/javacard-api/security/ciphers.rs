//! `Cipher` and `AEADCipher`.

use hex_literal::hex;
use jcvm::Reference;

use super::{
    caller::{Caller, Thrown, crypto, fresh, within},
    keys::{build, secret},
};
use crate::bed::Bed;

const DECRYPT: i32 = 1;
const ENCRYPT: i32 = 2;

pub(super) fn cipher(caller: &mut Caller<'_, '_, '_>, algorithm: i32) -> Result<Reference, Thrown> {
    let name = "javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;";
    caller.make(name, &[algorithm, 0])
}

pub(super) fn init(
    caller: &mut Caller<'_, '_, '_>,
    cipher: Reference,
    key: Reference,
    mode: i32,
) -> Result<i32, Thrown> {
    caller.on(cipher, "init(Ljavacard/security/Key;B)V", &[key.to_cell(), mode])
}

fn init_with(
    caller: &mut Caller<'_, '_, '_>,
    cipher: Reference,
    (key, mode): (Reference, i32),
    vector: &[u8],
) -> Result<i32, Thrown> {
    let array = caller.array(vector).to_cell();
    let length = i32::try_from(vector.len()).unwrap();
    let cells = [key.to_cell(), mode, array, 0, length];
    caller.on(cipher, "init(Ljavacard/security/Key;B[BSS)V", &cells)
}

// The first and the second block of NIST SP 800-38A §F.2.1.
const KEY: [u8; 16] = hex!("2B7E151628AED2A6ABF7158809CF4F3C");
const VECTOR: [u8; 16] = hex!("000102030405060708090A0B0C0D0E0F");
const PLAIN: [u8; 32] = hex!("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51");
const CBC: [u8; 32] = hex!("7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2");

#[test]
fn cbc_in_pieces_whole_and_in_place() {
    fresh(|caller| {
        let key = secret(caller, 15, &KEY);
        let aes = cipher(caller, 13).unwrap();
        init_with(caller, aes, (key, ENCRYPT), &VECTOR).unwrap();
        assert_eq!(caller.transform(aes, "update", &PLAIN[..5]).unwrap(), []);
        assert_eq!(caller.transform(aes, "update", &PLAIN[5..20]).unwrap(), CBC[..16]);
        assert_eq!(caller.transform(aes, "doFinal", &PLAIN[20..]).unwrap(), CBC[16..]);
        init_with(caller, aes, (key, DECRYPT), &VECTOR).unwrap();
        let array = caller.array(&[&[0; 3], CBC.as_slice(), &[0; 3]].concat());
        let cell = array.to_cell();
        assert_eq!(caller.on(aes, "doFinal([BSS[BS)S", &[cell, 3, 32, cell, 6]), Ok(32));
        assert_eq!(caller.bytes(array)[6..38], PLAIN);
        assert_eq!(caller.on(aes, "getAlgorithm()B", &[]), Ok(13));
    });
}

#[test]
fn after_the_end_the_initial_vector_is_zero() {
    fresh(|caller| {
        let key = secret(caller, 15, &KEY);
        let (first, second) = (cipher(caller, 13).unwrap(), cipher(caller, 13).unwrap());
        init_with(caller, first, (key, ENCRYPT), &VECTOR).unwrap();
        init(caller, second, key, ENCRYPT).unwrap();
        assert_eq!(caller.transform(first, "doFinal", &PLAIN).unwrap(), CBC);
        let zero = caller.transform(second, "doFinal", &PLAIN).unwrap();
        assert_eq!(caller.transform(first, "doFinal", &PLAIN).unwrap(), zero);
    });
}

#[test]
fn after_a_reset_a_cipher_is_as_init_left_it() {
    let mut bed = Bed::new();
    let (aes, transient) = within(&mut bed, |caller| {
        let key = secret(caller, 15, &KEY);
        let aes = cipher(caller, 13).unwrap();
        init_with(caller, aes, (key, ENCRYPT), &VECTOR).unwrap();
        caller.transform(aes, "update", &[1; 7]).unwrap();
        let key = secret(caller, 13, &KEY);
        let transient = cipher(caller, 14).unwrap();
        init(caller, transient, key, ENCRYPT).unwrap();
        (aes, transient)
    });
    bed.reset();
    within(&mut bed, |caller| {
        assert_eq!(caller.transform(aes, "doFinal", &PLAIN).unwrap(), CBC);
        assert_eq!(caller.transform(transient, "doFinal", &PLAIN), Err(crypto(2)));
    });
}

#[test]
fn a_key_that_changes_after_init_is_the_one_that_is_used() {
    fresh(|caller| {
        let key = secret(caller, 15, &[0; 16]);
        let aes = cipher(caller, 13).unwrap();
        init_with(caller, aes, (key, ENCRYPT), &VECTOR).unwrap();
        let array = caller.array(&KEY).to_cell();
        caller.through(key, "javacard/security/AESKey.setKey([BS)V", &[array, 0]).unwrap();
        assert_eq!(caller.transform(aes, "doFinal", &PLAIN).unwrap(), CBC);
        caller.through(key, "javacard/security/Key.clearKey()V", &[]).unwrap();
        assert_eq!(caller.transform(aes, "doFinal", &PLAIN), Err(crypto(2)));
    });
}

#[test]
fn init_refuses_what_does_not_suit() {
    fresh(|caller| {
        let (des, aes) = (secret(caller, 3, &[1; 16]), secret(caller, 15, &KEY));
        let blank = build(caller, 15, 128).unwrap();
        let ecb = cipher(caller, 14).unwrap();
        assert_eq!(caller.transform(ecb, "doFinal", &PLAIN), Err(crypto(4)), "not initialised");
        assert_eq!(init(caller, ecb, blank, ENCRYPT), Err(crypto(2)));
        assert_eq!(init(caller, ecb, des, ENCRYPT), Err(crypto(1)));
        assert_eq!(init(caller, ecb, aes, 3), Err(crypto(1)));
        assert_eq!(init(caller, ecb, Reference::NULL, 1), Err(("NullPointerException", 0)));
        assert_eq!(init_with(caller, ecb, (aes, ENCRYPT), &VECTOR), Err(crypto(1)));
        let cbc = cipher(caller, 13).unwrap();
        for length in [0, 8, 15] {
            let refused = init_with(caller, cbc, (aes, ENCRYPT), &VECTOR[..length]);
            assert_eq!(refused, Err(crypto(1)));
        }
        init(caller, ecb, aes, ENCRYPT).unwrap();
        assert_eq!(caller.transform(ecb, "doFinal", &PLAIN[..15]), Err(crypto(5)));
    });
}

#[test]
fn every_algorithm_and_every_padding() {
    let known = (1..=8).chain([10, 12, 13, 14, 15]).chain(22..=29).chain([-16, -13, -12]);
    let known: Vec<i32> = known.collect();
    fresh(|caller| {
        for algorithm in -20..40 {
            let made = cipher(caller, algorithm);
            assert_eq!(made.is_ok(), known.contains(&algorithm), "{algorithm}");
            if let Ok(made) = made {
                assert_eq!(caller.on(made, "getAlgorithm()B", &[]), Ok(algorithm));
                let aead = caller.is(made, "javacardx/crypto/AEADCipher");
                assert_eq!(aead, matches!(algorithm, -13 | -12));
            }
        }
        let (des, aes) = (secret(caller, 3, &[7; 24]), secret(caller, 15, &[7; 32]));
        let parts = "javacardx/crypto/Cipher.getInstance(BBZ)Ljavacardx/crypto/Cipher;";
        for (kind, key) in [(1, aes), (2, aes), (3, des), (4, des)] {
            for padding in [1, 2, 3, 6] {
                let made = caller.make(parts, &[kind, padding, 0]).unwrap();
                assert_eq!(caller.on(made, "getCipherAlgorithm()B", &[]), Ok(kind));
                assert_eq!(caller.on(made, "getPaddingAlgorithm()B", &[]), Ok(padding));
                let message = if padding == 1 { &PLAIN[..16] } else { &PLAIN[..13] };
                init(caller, made, key, ENCRYPT).unwrap();
                let enciphered = caller.transform(made, "doFinal", message).unwrap();
                init(caller, made, key, DECRYPT).unwrap();
                let mut plain = caller.transform(made, "doFinal", &enciphered).unwrap();
                if padding == 2 {
                    plain.truncate(13);
                }
                assert_eq!(plain, message, "{kind} {padding}");
            }
        }
        assert_eq!(caller.make(parts, &[11, 1, 0]), Err(crypto(3)));
        assert_eq!(caller.make(parts, &[1, 9, 0]), Err(crypto(3)));
    });
}

#[test]
fn xts_takes_a_key_of_two() {
    fresh(|caller| {
        let name = "javacardx/crypto/Cipher.getInstance(BBZ)Ljavacardx/crypto/Cipher;";
        let xts = caller.make(name, &[10, 1, 0]).unwrap();
        for length in [32, 64] {
            let key = build(caller, 15, 8 * length).unwrap();
            let value: Vec<u8> = (0..u8::try_from(length).unwrap()).collect();
            let array = caller.array(&value).to_cell();
            caller.through(key, "javacard/security/AESKey.setKey([BS)V", &[array, 0]).unwrap();
            init_with(caller, xts, (key, ENCRYPT), &VECTOR).unwrap();
            let enciphered = caller.transform(xts, "doFinal", &PLAIN[..20]).unwrap();
            init_with(caller, xts, (key, DECRYPT), &VECTOR).unwrap();
            assert_eq!(caller.transform(xts, "doFinal", &enciphered).unwrap(), PLAIN[..20]);
        }
    });
}

#[test]
fn a_one_shot_cipher_keeps_no_key() {
    let open = "javacardx/crypto/Cipher$OneShot.open(BB)Ljavacardx/crypto/Cipher$OneShot;";
    fresh(|caller| {
        let key = secret(caller, 15, &KEY);
        let aes = caller.make(open, &[1, 1]).unwrap();
        init_with(caller, aes, (key, ENCRYPT), &VECTOR).unwrap();
        assert_eq!(caller.transform(aes, "doFinal", &PLAIN).unwrap(), CBC);
        assert_eq!(caller.transform(aes, "update", &PLAIN), Err(crypto(5)));
        caller.on(aes, "close()V", &[]).unwrap();
        assert_eq!(init(caller, aes, key, ENCRYPT), Err(crypto(5)));
        let again = caller.make(open, &[1, 1]).unwrap();
        assert_eq!(caller.transform(again, "doFinal", &PLAIN), Err(crypto(4)));
        assert_eq!(caller.make(open, &[-15, 1]), Err(crypto(3)), "none for authenticated modes");
    });
}

// The fourth test case of the proposal of GCM, as far as the algorithms of the API go.
#[test]
fn gcm_tags_and_verifies() {
    fresh(|caller| {
        let key = secret(caller, 15, &[0; 16]);
        let gcm = cipher(caller, -13).unwrap();
        assert_eq!(init(caller, gcm, key, ENCRYPT), Err(crypto(1)), "it needs a nonce");
        init_with(caller, gcm, (key, ENCRYPT), &[0; 12]).unwrap();
        let enciphered = caller.transform(gcm, "doFinal", &[0; 16]).unwrap();
        assert_eq!(enciphered, hex!("0388DACE60B6A392F328C2B971B2FE78"));
        let tag = caller.array(&[0; 16]);
        assert_eq!(caller.on(gcm, "retrieveTag([BSS)S", &[tag.to_cell(), 0, 16]), Ok(16));
        assert_eq!(caller.bytes(tag), hex!("AB6E47D42CEC13BDF53A67B21257BDDF"));
        let verify = "verifyTag([BSSS)Z";
        assert_eq!(caller.on(gcm, verify, &[tag.to_cell(), 0, 16, 16]), Err(crypto(5)));

        for (first, valid) in [(0xAB, 1), (0xAA, 0)] {
            init_with(caller, gcm, (key, DECRYPT), &[0; 12]).unwrap();
            assert_eq!(caller.transform(gcm, "doFinal", &enciphered).unwrap(), [0; 16]);
            let tag =
                caller.array(&[&[first], &hex!("6E47D42CEC13BDF53A67B21257BDDF")[..]].concat());
            assert_eq!(caller.on(gcm, verify, &[tag.to_cell(), 0, 16, 16]), Ok(valid));
            assert_eq!(caller.on(gcm, verify, &[tag.to_cell(), 0, 16, 12]), Ok(valid));
            assert_eq!(caller.on(gcm, verify, &[tag.to_cell(), 0, 12, 16]), Err(crypto(1)));
        }
    });
}

// Example 1 of NIST SP 800-38C.
#[test]
fn ccm_is_told_all_lengths() {
    fresh(|caller| {
        let key = secret(caller, 15, &hex!("404142434445464748494A4B4C4D4E4F"));
        let ccm = cipher(caller, -12).unwrap();
        let nonce = caller.array(&hex!("10111213141516")).to_cell();
        assert_eq!(init_with(caller, ccm, (key, ENCRYPT), &[0; 7]), Err(crypto(1)));
        let init = "init(Ljavacard/security/Key;B[BSSSSS)V";
        caller.on(ccm, init, &[key.to_cell(), ENCRYPT, nonce, 0, 7, 8, 4, 4]).unwrap();
        caller.feed(ccm, "updateAAD", &hex!("0001020304050607")).unwrap();
        let enciphered = caller.transform(ccm, "doFinal", &hex!("20212223")).unwrap();
        assert_eq!(enciphered, hex!("7162015B"));
        let tag = caller.array(&[0; 4]);
        assert_eq!(caller.on(ccm, "retrieveTag([BSS)S", &[tag.to_cell(), 0, 4]), Ok(4));
        assert_eq!(caller.bytes(tag), hex!("4DAC255D"));
        let negative = [key.to_cell(), ENCRYPT, nonce, 0, 7, -1, 4, 4];
        assert_eq!(caller.on(ccm, init, &negative), Err(crypto(1)));
    });
}

#[test]
fn an_authenticated_cipher_forgets_its_nonce_at_reset() {
    let mut bed = Bed::new();
    let gcm = within(&mut bed, |caller| {
        let key = secret(caller, 15, &[0; 16]);
        let gcm = cipher(caller, -13).unwrap();
        init_with(caller, gcm, (key, ENCRYPT), &[0; 12]).unwrap();
        gcm
    });
    bed.reset();
    within(&mut bed, |caller| {
        assert_eq!(caller.transform(gcm, "doFinal", &PLAIN), Err(crypto(4)));
    });
}
