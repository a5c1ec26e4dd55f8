//! Whatever bytes an applet makes keys and messages of: an answer or an error, and soon.

use cryptography::{
    AgreementAlgorithm, Cipher, CipherAlgorithm, Curve, CurveParameters, Direction, Key, Purpose,
    RsaPrivateKey, RsaPublicKey, Signature, SignatureAlgorithm,
    ec::{EcKeyPair, EcPrivateKey, EcPublicKey, XecCurve, XecPrivateKey, XecPublicKey},
    finite_field::{FieldGroup, FieldKeyPair, FieldPrivateKey, FieldPublicKey},
    rsa::CrtParts,
};
use proptest::prelude::*;

use crate::support::{aes, des, rng, secret};

/// Numbers as a hostile applet sets them: short, long, even, with leading zeros.
fn number(lengths: impl Strategy<Value = usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0_u8), Just(1), Just(0xFF), any::<u8>()];
    (lengths, any::<bool>()).prop_flat_map(move |(length, odd)| {
        prop::collection::vec(byte.clone(), length).prop_map(move |mut bytes| {
            if let Some(last) = bytes.last_mut().filter(|_| odd) {
                *last |= 1;
            }
            bytes
        })
    })
}

fn rsa_number() -> impl Strategy<Value = Vec<u8>> {
    number(prop_oneof![0..4_usize, 16..20_usize, 60..70_usize, 120..135_usize])
}

fn ec_number() -> impl Strategy<Value = Vec<u8>> {
    number(prop_oneof![0..4_usize, 8..10_usize, 20..25_usize, 64..74_usize])
}

fn use_cipher(algorithm: u8, key: &Key, message: &[u8]) {
    let Some(algorithm) = CipherAlgorithm::from_constant(algorithm) else { return };
    for direction in [Direction::Encrypt, Direction::Decrypt] {
        let mut cipher = Cipher::new(algorithm);
        let _ = cipher.init(key.clone(), direction, &[]);
        let _ = cipher.update(message);
        let _ = cipher.finish(&mut rng(), message);
        let _ = cipher.finish(&mut rng(), message);
    }
}

fn use_signature(algorithm: SignatureAlgorithm, key: &Key, message: &[u8]) {
    let mut signature = Signature::new(algorithm);
    let _ = signature.init(key.clone(), Purpose::Sign, &[]);
    let _ = signature.length();
    let _ = signature.update(message);
    let _ = signature.sign(&mut rng(), message);
    let _ = signature.init(key.clone(), Purpose::Verify, &[]);
    let _ = signature.verify(message, message);
    let _ = signature.verify_hash(message, message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rsa_keys(p in rsa_number(), q in rsa_number(), e in rsa_number(), message in rsa_number(), constant in 0..=u8::MAX) {
        let crt = CrtParts { p: &p, q: &q, dp: &e, dq: &e, inverse: &message };
        let modulus = [&p[..], &q].concat();
        let keys = [
            RsaPublicKey::new(&modulus, &e).map(Key::RsaPublic),
            RsaPrivateKey::new(&modulus, &e).map(Key::RsaPrivate),
            RsaPrivateKey::from_crt(crt).map(Key::RsaPrivate),
        ];
        for key in keys.into_iter().flatten() {
            for cipher in [10, 12, 15] {
                use_cipher(cipher, &key, &message);
            }
            if let Some(algorithm) = SignatureAlgorithm::from_constant(constant) {
                use_signature(algorithm, &key, &message);
            }
            use_signature(SignatureAlgorithm::from_constant(10).unwrap(), &key, &message);
            use_signature(SignatureAlgorithm::from_constant(46).unwrap(), &key, &message);
            use_signature(SignatureAlgorithm::from_constant(9).unwrap(), &key, &message);
        }
    }

    /// A point that is on the curve by choice of b, so that the arithmetic is reached.
    #[test]
    fn curves(p in ec_number(), a in ec_number(), n in ec_number(), mut point in ec_number(), scalar in ec_number(), h in any::<u32>()) {
        let length = p.iter().skip_while(|byte| **byte == 0).count();
        point.resize(length, 3);
        // y is zero: b = -x³ - ax would be wanted; instead x is zero and b a square, y its root.
        let g = [&[4][..], &vec![0; length], &vec![0; length.saturating_sub(1)], &[2][..length.min(1)]].concat();
        let parameters = CurveParameters { p: &p, a: &a, b: &[4], g: &g, n: &n, h };
        let Ok(curve) = Curve::new(parameters) else { return Ok(()) };
        let _ = EcKeyPair::generate(&mut rng(), &curve);
        let _ = curve.decode(&[&[2][..], &point].concat());
        if let Ok(key) = EcPrivateKey::new(curve.clone(), &scalar) {
            for algorithm in (1..=8).filter_map(AgreementAlgorithm::from_constant) {
                let _ = algorithm.agree(&Key::EcPrivate(key.clone()), &g);
            }
            use_signature(SignatureAlgorithm::from_constant(17).unwrap(), &Key::EcPrivate(key), &scalar);
        }
        if let Ok(key) = EcPublicKey::new(curve, &g) {
            let algorithm = SignatureAlgorithm::from_parts(1, 9, 0).unwrap();
            use_signature(algorithm, &Key::EcPublic(key), &scalar);
        }
    }

    #[test]
    fn finite_fields(p in rsa_number(), q in rsa_number(), g in rsa_number(), number in rsa_number()) {
        let Ok(group) = FieldGroup::new(&p, &q, &g) else { return Ok(()) };
        let _ = FieldKeyPair::generate(&mut rng(), &group);
        let dsa = SignatureAlgorithm::from_constant(14).unwrap();
        if let Ok(key) = FieldPrivateKey::new(group.clone(), &number) {
            let _ = AgreementAlgorithm::DhPlain.agree(&Key::FieldPrivate(key.clone()), &g);
            use_signature(dsa, &Key::FieldPrivate(key), &number);
        }
        if let Ok(key) = FieldPublicKey::new(group, &number) {
            let one = [0x30, 6, 2, 1, 1, 2, 1, 1];
            let _ = crate::support::verify(14, Key::FieldPublic(key.clone()), &number, &one);
            use_signature(dsa, &Key::FieldPublic(key), &number);
        }
    }

    #[test]
    fn engines_with_any_key(cipher in any::<u8>(), digest in 0..=12_u8, mac in 0..=20_u8, padding in 0..=30_u8, message in number(0..80_usize)) {
        let mut keys = vec![aes(&[1; 32]), des(&[1; 8]), des(&[1; 24]), secret(&message)];
        for curve in [XecCurve::X25519, XecCurve::Ed25519] {
            keys.extend(XecPublicKey::new(curve, &message).ok().map(Key::XecPublic));
            keys.extend(XecPrivateKey::new(curve, &message).ok().map(Key::XecPrivate));
        }
        for key in &keys {
            use_cipher(cipher, key, &message);
            if let Some(algorithm) = SignatureAlgorithm::from_parts(digest, mac, padding) {
                use_signature(algorithm, key, &message);
            }
        }
    }
}
