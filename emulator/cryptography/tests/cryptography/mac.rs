//! MACs [NIST SP 800-38B], [ISO/IEC 9797-1], [RFC 4231], [RFC 2202], [RFC 2286].

use cryptography::{CryptoError, Key, Purpose, Signature, SignatureAlgorithm};
use hex_literal::hex;

use crate::support::{aes, des, rng, secret, sign, verify};

const DES_MAC4_ISO9797_M2: u8 = 5;
const DES_MAC8_NOPAD: u8 = 2;
const DES_MAC8_ISO9797_M1: u8 = 4;
const DES_MAC8_ISO9797_M2: u8 = 6;
const DES_MAC8_ISO9797_1_M2_ALG3: u8 = 20;
const DES_MAC8_ISO9797_1_M1_ALG3: u8 = 48;
const AES_MAC_128_NOPAD: u8 = 18;
const AES_CMAC_128: u8 = 49;

/// [NIST SP 800-38B §D.1, §D.3]
#[test]
fn cmac_of_aes() {
    let message = hex!(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    );
    let key = hex!("2b7e151628aed2a6abf7158809cf4f3c");
    for (length, expected) in [
        (0, hex!("bb1d6929e95937287fa37d129b756746")),
        (16, hex!("070a16b46b4d4144f79bdd9dd04a287c")),
        (40, hex!("dfa66747de9ae63030ca32611497c827")),
        (64, hex!("51f0bebf7e3b9d92fc49741779363cfe")),
    ] {
        assert_eq!(sign(AES_CMAC_128, aes(&key), &message[..length]).unwrap(), expected);
    }
    let key = hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let expected = hex!("028962f61b7bf89efc6b551f4667d983");
    assert_eq!(sign(AES_CMAC_128, aes(&key), &[]).unwrap(), expected);
}

/// [ISO/IEC 9797-1 §B.2, §B.4]: "Now is the time for all ", algorithms 1 and 3.
#[test]
fn macs_of_des() {
    let message = b"Now is the time for all ";
    let key = hex!("0123456789abcdef");
    assert_eq!(sign(DES_MAC8_NOPAD, des(&key), message).unwrap(), hex!("70a30640cc76dd8b"));
    assert_eq!(sign(DES_MAC8_ISO9797_M1, des(&key), message).unwrap(), hex!("70a30640cc76dd8b"));
    assert_eq!(sign(DES_MAC8_ISO9797_M2, des(&key), message).unwrap(), hex!("10e1f0f108341b6d"));
    assert_eq!(sign(DES_MAC4_ISO9797_M2, des(&key), message).unwrap(), hex!("10e1f0f1"));
    let key = hex!("0123456789abcdeffedcba9876543210");
    assert_eq!(
        sign(DES_MAC8_ISO9797_1_M1_ALG3, des(&key), message).unwrap(),
        hex!("a1c72e74ea3fa9b6")
    );
    assert_eq!(
        sign(DES_MAC8_ISO9797_1_M2_ALG3, des(&key), message).unwrap(),
        hex!("e9086230ca3be796")
    );
}

/// The MAC of basic access control [ICAO 9303-11 §D.4]: the message is padded already, by method 2.
#[test]
fn retail_mac_of_a_passport() {
    let key = hex!("7962d9ece03d1acd4c76089dce131543");
    let message = hex!("72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f2");
    let expected = hex!("5f1448eea8ad90a7");
    assert_eq!(sign(DES_MAC8_ISO9797_1_M2_ALG3, des(&key), &message).unwrap(), expected);
}

/// A MAC is the last block of CBC encryption [ISO/IEC 9797-1 §7.2].
#[test]
fn mac_of_aes_is_the_last_block() {
    let message = [7; 48];
    let encrypted =
        crate::support::crypt(13, aes(&[3; 24]), cryptography::Direction::Encrypt, &[], &message);
    let mac = sign(AES_MAC_128_NOPAD, aes(&[3; 24]), &message).unwrap();
    assert_eq!(mac, encrypted.unwrap()[32..]);
}

/// [RFC 4231 §4.2, §4.3, §4.7], [RFC 2202 §2, §3], [RFC 2286 §2]
#[test]
fn hmac_of_the_rfcs() {
    let jefe = (b"Jefe".to_vec(), b"what do ya want for nothing?".to_vec());
    let (jefe_key, question) = jefe;
    let expected: [(u8, &[u8]); 6] = [
        (24, &hex!("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")),
        (25, &hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")),
        (
            26,
            &hex!(
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                "8e2240ca5e69e2c78b3239ecfab21649"
            ),
        ),
        (
            27,
            &hex!(
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
            ),
        ),
        (28, &hex!("750c783e6ab0b503eaa86e310a5db738")),
        (29, &hex!("dda6c0213a485a9e24f4742064a7f033b43c4069")),
    ];
    for (constant, expected) in expected {
        assert_eq!(sign(constant, secret(&jefe_key), &question).unwrap(), expected);
        assert_eq!(verify(constant, secret(&jefe_key), &question, expected), Ok(true));
        assert_eq!(verify(constant, secret(&jefe_key), b"nothing", expected), Ok(false));
        assert_eq!(verify(constant, secret(&jefe_key), &question, &expected[1..]), Ok(false));
    }
    let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
    let expected = hex!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_eq!(sign(25, secret(&[0xAA; 131]), long).unwrap(), expected);
}

#[test]
fn keys_of_another_kind_are_refused() {
    let refused = |constant, key: Key| {
        assert_eq!(sign(constant, key, &[]).err(), Some(CryptoError::IllegalValue));
    };
    refused(AES_CMAC_128, des(&[1; 16]));
    refused(DES_MAC8_NOPAD, aes(&[1; 16]));
    refused(25, aes(&[1; 16]));
    let mut cmac = Signature::new(SignatureAlgorithm::from_constant(AES_CMAC_128).unwrap());
    let vector = cmac.init(aes(&[1; 16]), Purpose::Sign, &[0; 16]);
    assert_eq!(vector, Err(CryptoError::IllegalValue));
    // The retail MAC wants more than one key.
    refused(DES_MAC8_ISO9797_1_M2_ALG3, des(&[1; 8]));
}

#[test]
fn what_cannot_be_cut_into_blocks_is_refused() {
    for message in [&[][..], &[1; 7], &[1; 9]] {
        let refused = sign(DES_MAC8_NOPAD, des(&[1; 8]), message);
        assert_eq!(refused.err(), Some(CryptoError::IllegalUse));
    }
}

/// [JCAPI 3.0.5 Signature.sign]
#[test]
fn a_mac_starts_anew_from_a_vector_of_zeros() {
    let algorithm = SignatureAlgorithm::from_constant(DES_MAC8_NOPAD).unwrap();
    let mut mac = Signature::new(algorithm);
    mac.init(des(&[1; 8]), Purpose::Sign, &[9; 8]).unwrap();
    let first = mac.sign(&mut rng(), &[2; 8]).unwrap();
    let second = mac.sign(&mut rng(), &[2; 8]).unwrap();
    assert_ne!(first, second);
    assert_eq!(*second, sign(DES_MAC8_NOPAD, des(&[1; 8]), &[2; 8]).unwrap());
}

#[test]
fn a_purpose_is_kept() {
    let algorithm = SignatureAlgorithm::from_constant(AES_CMAC_128).unwrap();
    let mut mac = Signature::new(algorithm);
    assert_eq!(mac.update(&[1]), Err(CryptoError::InvalidInit));
    assert_eq!(mac.verify(&[], &[]), Err(CryptoError::InvalidInit));
    mac.init(aes(&[1; 16]), Purpose::Sign, &[]).unwrap();
    assert_eq!(mac.verify(&[], &[]), Err(CryptoError::InvalidInit));
    assert_eq!(mac.sign_hash(&mut rng(), &[0; 20]).err(), Some(CryptoError::IllegalUse));
    assert_eq!(mac.set_initial_digest(&[0; 20], &[64]).err(), Some(CryptoError::IllegalUse));
    mac.init(aes(&[1; 16]), Purpose::Verify, &[]).unwrap();
    assert_eq!(mac.sign(&mut rng(), &[]).err(), Some(CryptoError::InvalidInit));
}
