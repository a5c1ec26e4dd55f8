//! Block ciphers and their modes [FIPS 197], [NIST SP 800-38A], [IEEE 1619].

use cryptography::{Cipher, CipherAlgorithm, CryptoError, Direction};
use hex_literal::hex;

use crate::support::{aes, crypt, des, rng, secret};

const DES_CBC_NOPAD: u8 = 1;
const DES_ECB_NOPAD: u8 = 5;
const AES_CBC_NOPAD: u8 = 13;
const AES_ECB_NOPAD: u8 = 14;
const AES_CBC_ISO9797_M1: u8 = 22;
const AES_CBC_ISO9797_M2: u8 = 23;
const AES_CBC_PKCS5: u8 = 24;
const AES_CTR: u8 = 0xF0;
const AES_CFB: u8 = 28;
const AES_XTS: u8 = 29;

/// The plaintext of all examples [NIST SP 800-38A §F].
const PLAIN: [u8; 64] = hex!(
    "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710"
);
const KEY_128: [u8; 16] = hex!("2b7e151628aed2a6abf7158809cf4f3c");
const KEY_192: [u8; 24] = hex!("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b");
const KEY_256: [u8; 32] = hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
const VECTOR: [u8; 16] = hex!("000102030405060708090a0b0c0d0e0f");
const COUNTER: [u8; 16] = hex!("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

/// Encrypts to what is expected, and back.
fn check(
    constant: u8,
    key: impl Fn() -> cryptography::Key,
    vector: &[u8],
    plain: &[u8],
    expected: &[u8],
) {
    let encrypted = crypt(constant, key(), Direction::Encrypt, vector, plain).unwrap();
    assert_eq!(encrypted, expected);
    let decrypted = crypt(constant, key(), Direction::Decrypt, vector, expected).unwrap();
    assert_eq!(decrypted, plain);
}

/// [FIPS 197 §C.1, §C.2, §C.3]
#[test]
fn aes_encrypts_a_block() {
    let key = hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let plain = hex!("00112233445566778899aabbccddeeff");
    let expected = [
        (16, hex!("69c4e0d86a7b0430d8cdb78070b4c55a")),
        (24, hex!("dda97ca4864cdfe06eaf70a0ec0d7191")),
        (32, hex!("8ea2b7ca516745bfeafc49904b496089")),
    ];
    for (length, expected) in expected {
        check(AES_ECB_NOPAD, || aes(&key[..length]), &[], &plain, &expected);
    }
}

/// [NIST SP 800-38A §F.2.1, §F.2.3, §F.2.5]
#[test]
fn aes_chains_blocks() {
    let expected = hex!(
        "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2"
        "73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7"
    );
    check(AES_CBC_NOPAD, || aes(&KEY_128), &VECTOR, &PLAIN, &expected);
    let expected = hex!("4f021db243bc633d7178183a9fa071e8");
    check(AES_CBC_NOPAD, || aes(&KEY_192), &VECTOR, &PLAIN[..16], &expected);
    let expected = hex!("f58c4c04d6e5f1ba779eabfb5f7bfbd6");
    check(AES_CBC_NOPAD, || aes(&KEY_256), &VECTOR, &PLAIN[..16], &expected);
}

/// [NIST SP 800-38A §F.5.1, §F.5.5]
#[test]
fn aes_counts() {
    let expected = hex!(
        "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee"
    );
    check(AES_CTR, || aes(&KEY_128), &COUNTER, &PLAIN, &expected);
    check(AES_CTR, || aes(&KEY_128), &COUNTER, &PLAIN[..21], &expected[..21]);
    let expected = hex!("601ec313775789a5b7a7f504bbf3d228");
    check(AES_CTR, || aes(&KEY_256), &COUNTER, &PLAIN[..16], &expected);
}

/// [NIST SP 800-38A §F.3.13]
#[test]
fn aes_feeds_back() {
    let expected = hex!(
        "3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b"
        "26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6"
    );
    check(AES_CFB, || aes(&KEY_128), &VECTOR, &PLAIN, &expected);
}

/// [IEEE 1619 §B, vectors 1, 2 and 15]
#[test]
fn aes_tweaks() {
    let expected = hex!("917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e");
    check(AES_XTS, || secret(&[0; 32]), &[0; 16], &[0; 32], &expected);
    let key = hex!("1111111111111111111111111111111122222222222222222222222222222222");
    let tweak = hex!("33333333330000000000000000000000");
    let expected = hex!("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0");
    check(AES_XTS, || secret(&key), &tweak, &[0x44; 32], &expected);
    let key = hex!("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0");
    let tweak = hex!("9a785634120000000000000000000000");
    let plain = hex!("000102030405060708090a0b0c0d0e0f10");
    let expected = hex!("6c1625db4671522d3d7599601de7ca09ed");
    check(AES_XTS, || secret(&key), &tweak, &plain, &expected);
}

/// The classical example of the Data Encryption Standard, and the variable key test of three equal keys [NIST SP 800-17 §A].
#[test]
fn des_encrypts_a_block() {
    let expected = hex!("85e813540f0ab405");
    let plain = hex!("0123456789abcdef");
    check(DES_ECB_NOPAD, || des(&hex!("133457799bbcdff1")), &[], &plain, &expected);
    let key = hex!("133457799bbcdff1133457799bbcdff1133457799bbcdff1");
    check(DES_ECB_NOPAD, || des(&key[..16]), &[], &plain, &expected);
    check(DES_ECB_NOPAD, || des(&key), &[], &plain, &expected);
    let expected = hex!("8000000000000000");
    check(
        DES_ECB_NOPAD,
        || des(&hex!("0101010101010101")),
        &[],
        &hex!("95f8a5e5dd31d900"),
        &expected,
    );
}

/// [NIST SP 800-67 §B.1]: three keys.
#[test]
fn triple_des_encrypts_with_three_keys() {
    let key = hex!("0123456789abcdef23456789abcdef01456789abcdef0123");
    let plain = hex!("5468652071756663 6b2062726f776e20 666f78206a756d70");
    let expected = hex!("a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900");
    check(DES_ECB_NOPAD, || des(&key), &[], &plain, &expected);
}

#[test]
fn padding_brings_a_message_to_blocks_and_goes_again() {
    for length in 0..=33_usize {
        for (constant, padded, left) in [
            (AES_CBC_ISO9797_M1, length.next_multiple_of(16), length.next_multiple_of(16)),
            (AES_CBC_ISO9797_M2, (length + 1).next_multiple_of(16), length),
            (AES_CBC_PKCS5, (length + 1).next_multiple_of(16), length),
        ] {
            // Zeros at the end are the message's own, but for method 1.
            let message = vec![0; length];
            let encrypted =
                crypt(constant, aes(&KEY_128), Direction::Encrypt, &VECTOR, &message).unwrap();
            assert_eq!(encrypted.len(), padded);
            let decrypted =
                crypt(constant, aes(&KEY_128), Direction::Decrypt, &VECTOR, &encrypted).unwrap();
            assert_eq!(decrypted, vec![0; left]);
        }
    }
}

#[test]
fn what_is_no_whole_number_of_blocks_is_refused() {
    for (constant, direction) in [
        (AES_CBC_NOPAD, Direction::Encrypt),
        (AES_CBC_NOPAD, Direction::Decrypt),
        (AES_CBC_PKCS5, Direction::Decrypt),
        (AES_CBC_ISO9797_M1, Direction::Decrypt),
    ] {
        let refused = crypt(constant, aes(&KEY_128), direction, &[], &[0; 17]);
        assert_eq!(refused, Err(CryptoError::IllegalUse));
    }
    for constant in [AES_CBC_PKCS5, AES_CBC_ISO9797_M2] {
        let refused = crypt(constant, aes(&KEY_128), Direction::Decrypt, &[], &[]);
        assert_eq!(refused, Err(CryptoError::IllegalUse));
    }
    let refused = crypt(AES_XTS, secret(&[1; 32]), Direction::Encrypt, &[], &[0; 15]);
    assert_eq!(refused, Err(CryptoError::IllegalUse));
    for constant in [AES_CBC_NOPAD, AES_ECB_NOPAD, AES_CTR, AES_CFB] {
        let refused = crypt(constant, aes(&KEY_128), Direction::Encrypt, &[], &[]);
        assert_eq!(refused, Err(CryptoError::IllegalUse));
    }
}

#[test]
fn padding_that_is_none_is_refused() {
    for (constant, last) in [
        (AES_CBC_PKCS5, hex!("00000000000000000000000000000000")),
        (AES_CBC_PKCS5, hex!("00000000000000000000000000000011")),
        (AES_CBC_PKCS5, hex!("00000000000000000000000000000102")),
        (AES_CBC_ISO9797_M2, hex!("00000000000000000000000000000000")),
        (AES_CBC_ISO9797_M2, hex!("80000000000000000000000000000001")),
    ] {
        let encrypted =
            crypt(AES_CBC_NOPAD, aes(&KEY_128), Direction::Encrypt, &[], &last).unwrap();
        let refused = crypt(constant, aes(&KEY_128), Direction::Decrypt, &[], &encrypted);
        assert_eq!(refused, Err(CryptoError::IllegalUse));
    }
}

#[test]
fn keys_and_vectors_that_do_not_suit_are_refused() {
    let refused = |constant, key, vector: &[u8]| {
        let mut cipher = Cipher::new(CipherAlgorithm::from_constant(constant).unwrap());
        let result = cipher.init(key, Direction::Encrypt, vector);
        assert_eq!(result, Err(CryptoError::IllegalValue));
        assert_eq!(cipher.update(&[]).err(), Some(CryptoError::InvalidInit));
        assert_eq!(cipher.finish(&mut rng(), &[]).err(), Some(CryptoError::InvalidInit));
    };
    refused(AES_CBC_NOPAD, des(&[1; 16]), &[]);
    refused(DES_CBC_NOPAD, aes(&[1; 16]), &[]);
    refused(AES_CBC_NOPAD, secret(&[1; 16]), &[]);
    refused(AES_CBC_NOPAD, aes(&[1; 16]), &[0; 15]);
    refused(AES_ECB_NOPAD, aes(&[1; 16]), &[0; 16]);
    refused(AES_XTS, secret(&[1; 48]), &[]);
    refused(AES_XTS, aes(&[1; 32]), &[]);
}

/// [JCAPI 3.0.5 Cipher.doFinal]
#[test]
fn a_cipher_starts_anew_after_the_end() {
    let chained = |cipher: &mut Cipher| cipher.finish(&mut rng(), &PLAIN[..16]).unwrap().to_vec();
    let mut cipher = Cipher::new(CipherAlgorithm::from_constant(AES_CBC_NOPAD).unwrap());
    cipher.init(aes(&KEY_128), Direction::Encrypt, &VECTOR).unwrap();
    let first = chained(&mut cipher);
    let zeros = crypt(AES_CBC_NOPAD, aes(&KEY_128), Direction::Encrypt, &[], &PLAIN[..16]).unwrap();
    assert_ne!(first, zeros);
    assert_eq!(chained(&mut cipher), zeros);

    let mut cipher = Cipher::new(CipherAlgorithm::from_constant(AES_CTR).unwrap());
    cipher.init(aes(&KEY_128), Direction::Encrypt, &COUNTER).unwrap();
    assert_eq!(chained(&mut cipher), chained(&mut cipher));
}
