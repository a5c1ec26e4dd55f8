//! Signatures that hold a part of their message [ISO/IEC 9796-2 §8].

use cryptography::{
    CryptoError, Key, Purpose, RecoveryAlgorithm, RecoverySignature, RsaPrivateKey, RsaPublicKey,
    Signature, SignatureAlgorithm,
};

use crate::{
    rsa_vectors::{EXPONENT, OAEP_MODULUS, OAEP_PRIVATE},
    support::{rng, sign, verify},
};

/// Room in a signature of 1024 bits with a digest of 20 bytes.
const ROOM: usize = 106;

fn private() -> Key {
    Key::RsaPrivate(RsaPrivateKey::new(&OAEP_MODULUS, &OAEP_PRIVATE).unwrap())
}

fn public() -> RsaPublicKey {
    RsaPublicKey::new(&OAEP_MODULUS, &EXPONENT).unwrap()
}

fn engine(constant: u8) -> RecoverySignature {
    RecoverySignature::new(RecoveryAlgorithm::from_constant(constant).unwrap())
}

fn message(length: usize) -> Vec<u8> {
    (0..=255).cycle().take(length).collect()
}

#[test]
fn a_signature_gives_back_what_it_holds() {
    for (constant, length) in [30, 31].into_iter().flat_map(|constant| {
        [0, 1, ROOM - 1, ROOM, ROOM + 1, 1000].map(|length| (constant, length))
    }) {
        let message = message(length);
        let mut signer = engine(constant);
        signer.init(private(), Purpose::Sign).unwrap();
        signer.update(&message[..length / 2]).unwrap();
        let (signature, held) = signer.sign(&message[length / 2..]).unwrap();
        assert_eq!((signature.len(), held), (128, length.min(ROOM)));
        // What was signed is forgotten.
        assert_eq!(signer.sign(&message).unwrap(), (signature.clone(), held));

        let mut verifier = engine(constant);
        verifier.init(Key::RsaPublic(public()), Purpose::Verify).unwrap();
        for (rest, expected) in [(&message[held..], true), (b"more", false)] {
            assert_eq!(*verifier.begin_verify(&signature).unwrap(), message[..held]);
            assert_eq!(verifier.verify(rest), Ok(expected));
        }
    }
}

/// Header and trailer as EMV has them [EMV 4.3 Book 2 §A2.1].
#[test]
fn a_block_has_its_form() {
    for (length, start) in [(3, [0x4B, 0xBB]), (ROOM, [0x4A, 0]), (ROOM + 1, [0x6A, 0])] {
        let signature = sign(9, private(), &message(length)).unwrap();
        let block = public().raw(&signature).unwrap();
        assert_eq!((block[..2].to_vec(), block[127]), (start.to_vec(), 0xBC));
        assert_eq!(verify(9, Key::RsaPublic(public()), &message(length), &signature), Ok(true));
        let other = message(length + 1);
        assert_eq!(verify(9, Key::RsaPublic(public()), &other, &signature), Ok(false));
        let shorter = &signature[1..];
        assert_eq!(verify(9, Key::RsaPublic(public()), &message(length), shorter), Ok(false));
    }
}

#[test]
fn what_does_not_suit_is_refused() {
    let mut engine = engine(30);
    assert_eq!(engine.update(&[]), Err(CryptoError::InvalidInit));
    assert_eq!(engine.length(), Err(CryptoError::InvalidInit));
    let key = || Key::RsaPublic(public());
    assert_eq!(engine.init(key(), Purpose::Sign), Err(CryptoError::IllegalValue));
    engine.init(key(), Purpose::Verify).unwrap();
    assert_eq!(engine.length(), Ok(128));
    assert_eq!(engine.update(&[]), Err(CryptoError::IllegalUse));
    assert_eq!(engine.verify(&[]), Err(CryptoError::IllegalUse));
    assert_eq!(engine.sign(&[]).err(), Some(CryptoError::InvalidInit));
    for signature in [&[1; 127][..], &[1; 128], &[0xFF; 128]] {
        assert_eq!(engine.begin_verify(signature).err(), Some(CryptoError::IllegalUse));
    }
    // A digest made elsewhere does not tell the start of the message.
    let mut plain = Signature::new(SignatureAlgorithm::from_constant(9).unwrap());
    plain.init(private(), Purpose::Sign, &[]).unwrap();
    assert_eq!(plain.sign_hash(&mut rng(), &[0; 20]).err(), Some(CryptoError::IllegalUse));
}
