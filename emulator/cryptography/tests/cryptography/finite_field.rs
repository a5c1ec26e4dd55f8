//! DSA [RFC 6979 §A.2.1] and Diffie-Hellman.

use cryptography::{
    AgreementAlgorithm, CryptoError, Key,
    finite_field::{FieldGroup, FieldKeyPair, FieldPrivateKey, FieldPublicKey},
};
use hex_literal::hex;

use crate::support::{rng, sign, verify};

const DSA_SHA: u8 = 14;

const PRIME: [u8; 128] = hex!(
    "86f5ca03dcfeb225063ff830a0c769b9dd9d6153ad91d7ce27f787c43278b447"
    "e6533b86b18bed6e8a48b784a14c252c5be0dbf60b86d6385bd2f12fb763ed88"
    "73abfd3f5ba2e0a8c0a59082eac056935e529daf7c610467899c77adedfc846c"
    "881870b7b19b2b58f9be0521a17002e3bdd6b86685ee90b3d9a1b02b782b1779"
);
const ORDER: [u8; 20] = hex!("996f967f6c8e388d9e28d01e205fba957a5698b1");
const GENERATOR: [u8; 128] = hex!(
    "07b0f92546150b62514bb771e2a0c0ce387f03bda6c56b505209ff25fd3c133d"
    "89bbcd97e904e09114d9a7defdeadfc9078ea544d2e401aeecc40bb9fbbf78fd"
    "87995a10a1c27cb7789b594ba7efb5c4326a9fe59a070e136db77175464adca4"
    "17be5dce2f40d10a46a3a3943f26ab7fd9c0398ff8c76ee0a56826a8a88f1dbd"
);
const PRIVATE: [u8; 20] = hex!("411602cb19a6ccc34494d79d98ef1e7ed5af25f7");
const PUBLIC: [u8; 128] = hex!(
    "5df5e01ded31d0297e274e1691c192fe5868fef9e19a84776454b100cf16f653"
    "92195a38b90523e2542ee61871c0440cb87c322fc4b4d2ec5e1e7ec766e1be8d"
    "4ce935437dc11c3c8fd426338933ebfe739cb3465f4d3668c5e473508253b1e6"
    "82f65cbdc4fae93c2ea212390e54905a86e2223170b44eaa7da5dd9ffcfb7f3b"
);
/// Of the message "sample", with SHA-1.
const SIGNATURE: [u8; 46] = hex!(
    "302c02142e1a0c2562b2912caaf89186fb0f42001585da55"
    "021429efb6b0aff2d7a68eb70ca313022253b9a88df5"
);

fn group() -> FieldGroup {
    FieldGroup::new(&PRIME, &ORDER, &GENERATOR).unwrap()
}

fn public(number: &[u8]) -> Key {
    Key::FieldPublic(FieldPublicKey::new(group(), number).unwrap())
}

fn private(number: &[u8]) -> Key {
    Key::FieldPrivate(FieldPrivateKey::new(group(), number).unwrap())
}

#[test]
fn the_signature_of_the_rfc_verifies() {
    assert_eq!(verify(DSA_SHA, public(&PUBLIC), b"sample", &SIGNATURE), Ok(true));
    assert_eq!(verify(DSA_SHA, public(&PUBLIC), b"simple", &SIGNATURE), Ok(false));
    for place in 0..SIGNATURE.len() {
        let mut wrong = SIGNATURE;
        wrong[place] ^= 1;
        assert_eq!(verify(DSA_SHA, public(&PUBLIC), b"sample", &wrong), Ok(false));
    }
}

#[test]
fn what_is_signed_verifies() {
    let signature = sign(DSA_SHA, private(&PRIVATE), b"message").unwrap();
    assert_eq!(verify(DSA_SHA, public(&PUBLIC), b"message", &signature), Ok(true));
    let pair = FieldKeyPair::generate(&mut rng(), &group()).unwrap();
    assert_eq!((pair.private.len(), pair.public.len()), (20, 128));
    let signature = sign(DSA_SHA, private(&pair.private), b"message").unwrap();
    assert_eq!(verify(DSA_SHA, public(&pair.public), b"message", &signature), Ok(true));
    assert_eq!(verify(DSA_SHA, public(&PUBLIC), b"message", &signature), Ok(false));
}

#[test]
fn parties_agree() {
    for order in [&ORDER[..], &[]] {
        let group = FieldGroup::new(&PRIME, order, &GENERATOR).unwrap();
        let pairs = [(); 2].map(|()| FieldKeyPair::generate(&mut rng(), &group).unwrap());
        let secrets = [0, 1].map(|mine| {
            let key = FieldPrivateKey::new(group.clone(), &pairs[mine].private).unwrap();
            let key = Key::FieldPrivate(key);
            AgreementAlgorithm::DhPlain.agree(&key, &pairs[1 - mine].public).unwrap()
        });
        assert_eq!(secrets[0], secrets[1]);
        assert_eq!(secrets[0].len(), PRIME.len());
    }
    let refused =
        |public: &[u8]| AgreementAlgorithm::DhPlain.agree(&private(&PRIVATE), public).err();
    let mut last = PRIME;
    last[127] -= 1;
    for public in [&[][..], &[0], &[1], &PRIME, &last, &[0xFF; 200]] {
        assert_eq!(refused(public), Some(CryptoError::IllegalValue));
    }
}

#[test]
fn groups_that_are_none_are_refused() {
    let mut even = PRIME;
    even[127] = 0;
    for (prime, order, generator) in [
        (&even[..], &ORDER[..], &GENERATOR[..]),
        (&PRIME[..63], &ORDER, &[2]),
        (&[0xFF; 513], &ORDER, &[2]),
        (&PRIME, &PRIME, &GENERATOR),
        (&PRIME, &[1], &GENERATOR),
        (&PRIME, &[4], &GENERATOR),
        (&PRIME, &ORDER, &[1]),
        (&PRIME, &ORDER, &[]),
        (&PRIME, &ORDER, &PRIME),
        (&PRIME, &[1; 200], &GENERATOR),
    ] {
        let refused = FieldGroup::new(prime, order, generator).err();
        assert_eq!(refused, Some(CryptoError::IllegalValue));
    }
    for number in [&[][..], &[0; 40], &ORDER, &[0xFF; 200]] {
        let refused = FieldPrivateKey::new(group(), number).err();
        assert_eq!(refused, Some(CryptoError::IllegalValue));
    }
    // Without an order there is no DSA.
    let group = FieldGroup::new(&PRIME, &[], &GENERATOR).unwrap();
    let key = Key::FieldPrivate(FieldPrivateKey::new(group, &PRIVATE).unwrap());
    assert_eq!(sign(DSA_SHA, key, &[]).err(), Some(CryptoError::IllegalValue));
}
