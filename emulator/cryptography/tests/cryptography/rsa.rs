//! RSA [RFC 8017]: published examples, both forms of a private key, and what is refused.

use cryptography::{
    Cipher, CipherAlgorithm, CryptoError, Direction, Key, Purpose, RsaKeyPair, RsaPrivateKey,
    RsaPublicKey, Signature, SignatureAlgorithm, rsa::CrtParts,
};

use crate::{
    rsa_vectors::*,
    support::{Given, rng, sign, verify},
};

const RSA_PKCS1: u8 = 10;
const RSA_NOPAD: u8 = 12;
const RSA_PKCS1_OAEP: u8 = 15;
const RSA_SHA_PKCS1_PSS: u8 = 21;

fn public(modulus: &[u8]) -> Key {
    Key::RsaPublic(RsaPublicKey::new(modulus, &EXPONENT).unwrap())
}

fn oaep_private() -> [Key; 2] {
    let crt =
        CrtParts { p: &OAEP_P, q: &OAEP_Q, dp: &OAEP_DP, dq: &OAEP_DQ, inverse: &OAEP_INVERSE };
    [
        RsaPrivateKey::new(&OAEP_MODULUS, &OAEP_PRIVATE).unwrap(),
        RsaPrivateKey::from_crt(crt).unwrap(),
    ]
    .map(Key::RsaPrivate)
}

fn crypt(
    rng: &mut dyn cryptography::CryptoRng,
    constant: u8,
    (key, direction): (Key, Direction),
    message: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let mut cipher = Cipher::new(CipherAlgorithm::from_constant(constant).unwrap());
    cipher.init(key, direction, &[])?;
    assert!(cipher.update(&message[..message.len() / 2])?.is_empty());
    Ok(cipher.finish(rng, &message[message.len() / 2..])?.to_vec())
}

#[test]
fn oaep_of_the_examples() {
    for (message, seed, encrypted) in [
        (OAEP_MESSAGE_1, OAEP_SEED_1, OAEP_ENCRYPTED_1),
        (OAEP_MESSAGE_2, OAEP_SEED_2, OAEP_ENCRYPTED_2),
    ] {
        let by = (public(&OAEP_MODULUS), Direction::Encrypt);
        let result = crypt(&mut Given(seed.to_vec()), RSA_PKCS1_OAEP, by, &message);
        assert_eq!(result.unwrap(), encrypted);
        for key in oaep_private() {
            let result = crypt(&mut rng(), RSA_PKCS1_OAEP, (key, Direction::Decrypt), &encrypted);
            assert_eq!(result.unwrap(), message);
        }
    }
}

#[test]
fn pss_of_the_example() {
    let mut signature =
        Signature::new(SignatureAlgorithm::from_constant(RSA_SHA_PKCS1_PSS).unwrap());
    let key = RsaPrivateKey::new(&PSS_MODULUS, &PSS_PRIVATE).unwrap();
    signature.init(Key::RsaPrivate(key), Purpose::Sign, &[]).unwrap();
    let made = signature.sign(&mut Given(PSS_SALT.to_vec()), &PSS_MESSAGE).unwrap();
    assert_eq!(*made, PSS_SIGNATURE);
    let check = |message: &[u8], received: &[u8]| {
        verify(RSA_SHA_PKCS1_PSS, public(&PSS_MODULUS), message, received)
    };
    assert_eq!(check(&PSS_MESSAGE, &PSS_SIGNATURE), Ok(true));
    assert_eq!(check(&PSS_MESSAGE[1..], &PSS_SIGNATURE), Ok(false));
    for place in 0..PSS_SIGNATURE.len() {
        let mut wrong = PSS_SIGNATURE;
        wrong[place] ^= 1;
        assert_eq!(check(&PSS_MESSAGE, &wrong), Ok(false));
    }
}

/// A key of an odd number of bits has shorter representatives than its modulus is long.
#[test]
fn signatures_of_all_schemes_verify() {
    let pair = RsaKeyPair::generate(&mut rng(), 1040, &[]).unwrap();
    for constant in [10, 11, 13, 15, 16, 21, 22, 23, 39, 40, 41, 42, 43, 44, 45] {
        let private = RsaPrivateKey::new(&pair.modulus, &pair.private_exponent).unwrap();
        let made = sign(constant, Key::RsaPrivate(private), b"message").unwrap();
        assert_eq!(made.len(), 130);
        assert_eq!(verify(constant, public(&pair.modulus), b"message", &made), Ok(true));
        assert_eq!(verify(constant, public(&pair.modulus), b"massage", &made), Ok(false));
        assert_eq!(verify(constant, public(&pair.modulus), b"message", &made[1..]), Ok(false));
    }
}

/// [JCAPI 3.0.5 Signature.init]: two bytes tell the length of the salt.
#[test]
fn the_salt_of_pss_may_have_another_length() {
    let algorithm = SignatureAlgorithm::from_constant(RSA_SHA_PKCS1_PSS).unwrap();
    let [private, _] = oaep_private();
    let mut signature = Signature::new(algorithm);
    for (given, other) in [([0, 0], [0, 20]), ([0, 20], [0, 19]), ([0, 106], [0, 20])] {
        signature.init(private.clone(), Purpose::Sign, &given).unwrap();
        let made = signature.sign(&mut rng(), b"message").unwrap();
        for (length, expected) in [(given, true), (other, false)] {
            signature.init(public(&OAEP_MODULUS), Purpose::Verify, &length).unwrap();
            assert_eq!(signature.verify(b"message", &made), Ok(expected));
        }
    }
    signature.init(private.clone(), Purpose::Sign, &[0, 107]).unwrap();
    assert_eq!(signature.sign(&mut rng(), &[]).err(), Some(CryptoError::IllegalValue));
    for parameter in [&[20][..], &[0, 0, 20]] {
        let refused = signature.init(private.clone(), Purpose::Sign, parameter);
        assert_eq!(refused, Err(CryptoError::IllegalValue));
    }
    let mut pkcs1 = Signature::new(SignatureAlgorithm::from_constant(10).unwrap());
    let refused = pkcs1.init(private, Purpose::Sign, &[0, 20]);
    assert_eq!(refused, Err(CryptoError::IllegalValue));
}

#[test]
fn keys_too_short_for_a_digest_are_refused() {
    let pair = RsaKeyPair::generate(&mut rng(), 512, &[]).unwrap();
    let key =
        || Key::RsaPrivate(RsaPrivateKey::new(&pair.modulus, &pair.private_exponent).unwrap());
    for constant in [42, 45, 46] {
        assert_eq!(sign(constant, key(), &[]).err(), Some(CryptoError::IllegalValue));
        assert_eq!(verify(constant, public(&pair.modulus), &[], &pair.q), Ok(false));
        assert_eq!(verify(constant, public(&pair.modulus), &[], &[1; 64]), Ok(false));
    }
}

#[test]
fn a_digest_from_elsewhere_is_signed() {
    let algorithm = SignatureAlgorithm::from_constant(10).unwrap();
    let digest = cryptography::MessageDigest::digest(algorithm.digest().unwrap(), b"message");
    let mut signature = Signature::new(algorithm);
    let [key, _] = oaep_private();
    signature.init(key, Purpose::Sign, &[]).unwrap();
    let made = signature.sign_hash(&mut rng(), &digest).unwrap();
    assert_eq!(made, signature.sign(&mut rng(), b"message").unwrap());
    assert_eq!(signature.sign_hash(&mut rng(), &[0; 19]).err(), Some(CryptoError::IllegalUse));
    signature.init(public(&OAEP_MODULUS), Purpose::Verify, &[]).unwrap();
    assert_eq!(signature.verify_hash(&digest, &made), Ok(true));
}

/// What the private key encrypts, the public key decrypts: block type 1.
#[test]
fn padding_follows_the_key() {
    for key in oaep_private() {
        let encrypted =
            crypt(&mut rng(), RSA_PKCS1, (key.clone(), Direction::Encrypt), b"message").unwrap();
        let by = (public(&OAEP_MODULUS), Direction::Decrypt);
        assert_eq!(crypt(&mut rng(), RSA_PKCS1, by, &encrypted).unwrap(), b"message");
        // Block type 1 is none of a message to the private key.
        let again = crypt(&mut rng(), RSA_NOPAD, (key.clone(), Direction::Encrypt), &encrypted);
        assert!(again.is_ok());
        let by = (public(&OAEP_MODULUS), Direction::Encrypt);
        let encrypted = crypt(&mut rng(), RSA_PKCS1, by, &[]).unwrap();
        let decrypted = crypt(&mut rng(), RSA_PKCS1, (key, Direction::Decrypt), &encrypted);
        assert_eq!(decrypted.unwrap(), b"");
    }
}

#[test]
fn raw_rsa_takes_numbers_below_the_modulus() {
    let [plain, crt] = oaep_private();
    let mut message = OAEP_MODULUS;
    for (last, expected) in [(0xFB, false), (0xFC, false), (0xFA, true)] {
        message[127] = last;
        for key in [&plain, &crt, &public(&OAEP_MODULUS)] {
            let by = (key.clone(), Direction::Encrypt);
            assert_eq!(crypt(&mut rng(), RSA_NOPAD, by, &message).is_ok(), expected);
        }
    }
    for length in [0, 127, 129, 513, 2000] {
        let by = (plain.clone(), Direction::Encrypt);
        let refused = crypt(&mut rng(), RSA_NOPAD, by, &vec![0; length]);
        assert_eq!(refused.err(), Some(CryptoError::IllegalUse));
    }
    let by = |key: &Key| (key.clone(), Direction::Encrypt);
    for message in [[0; 128], [0x55; 128]] {
        let first = crypt(&mut rng(), RSA_NOPAD, by(&plain), &message).unwrap();
        assert_eq!(first, crypt(&mut rng(), RSA_NOPAD, by(&crt), &message).unwrap());
        let back = crypt(&mut rng(), RSA_NOPAD, by(&public(&OAEP_MODULUS)), &first).unwrap();
        assert_eq!(back, message);
    }
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    for (constant, longest) in [(RSA_PKCS1, 117), (RSA_PKCS1_OAEP, 86)] {
        for (length, expected) in [(longest, true), (longest + 1, false)] {
            let by = (public(&OAEP_MODULUS), Direction::Encrypt);
            let result = crypt(&mut rng(), constant, by, &vec![1; length]);
            assert_eq!(result.is_ok(), expected);
        }
    }
}

#[test]
fn a_pair_is_made_of_numbers_that_belong_together() {
    for (bits, exponent) in [(512, &[][..]), (736, &[3]), (1024, &[0, 0, 1, 0, 1])] {
        let pair = RsaKeyPair::generate(&mut rng(), bits, exponent).unwrap();
        assert_eq!(pair.modulus.len(), bits / 8);
        assert_ne!(pair.modulus[0] & 0x80, 0);
        let crt =
            CrtParts { p: &pair.p, q: &pair.q, dp: &pair.dp, dq: &pair.dq, inverse: &pair.inverse };
        let message = vec![0x2A; bits / 8];
        let plain = RsaPrivateKey::new(&pair.modulus, &pair.private_exponent).unwrap();
        let crt = RsaPrivateKey::from_crt(crt).unwrap();
        let signature = plain.raw(&message).unwrap();
        assert_eq!(signature, crt.raw(&message).unwrap());
        let public = RsaPublicKey::new(&pair.modulus, &pair.public_exponent).unwrap();
        assert_eq!(*public.raw(&signature).unwrap(), message);
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    let illegal = |result: Option<CryptoError>| assert_eq!(result, Some(CryptoError::IllegalValue));
    let generate = |bits, exponent: &[u8]| RsaKeyPair::generate(&mut rng(), bits, exponent).err();
    for exponent in [&[1][..], &[0], &[0, 0], &[4], &[0xFF; 64]] {
        illegal(generate(1024, exponent));
    }
    for bits in [0, 496, 520, 4112, 65536] {
        assert_eq!(generate(bits, &[]), Some(CryptoError::NoSuchAlgorithm));
    }
    let mut even = OAEP_MODULUS;
    even[127] &= 0xFE;
    for modulus in [&even[..], &OAEP_MODULUS[..63], &[0xFF; 513], &[], &[0; 128]] {
        illegal(RsaPublicKey::new(modulus, &EXPONENT).err());
        illegal(RsaPrivateKey::new(modulus, &OAEP_PRIVATE).err());
    }
    illegal(RsaPublicKey::new(&OAEP_MODULUS, &[0; 3]).err());
    illegal(RsaPrivateKey::new(&OAEP_MODULUS, &[1; 129]).err());
}
