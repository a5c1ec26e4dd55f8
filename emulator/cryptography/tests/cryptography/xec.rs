//! X25519 [RFC 7748 §5.2, §6.1] and Ed25519 [RFC 8032 §7.1, §7.3].

use cryptography::{
    AgreementAlgorithm, CryptoError, Key, Purpose, Signature, SignatureAlgorithm,
    ec::{XecCurve, XecPrivateKey, XecPublicKey},
};
use hex_literal::hex;

use crate::support::rng;

fn x25519(key: &[u8]) -> XecPrivateKey {
    XecPrivateKey::new(XecCurve::X25519, key).unwrap()
}

#[test]
fn agreement_of_the_rfc() {
    let scalar = hex!("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    let point = hex!("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    let expected = hex!("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    let secret = AgreementAlgorithm::Xdh.agree(&Key::XecPrivate(x25519(&scalar)), &point).unwrap();
    assert_eq!(*secret, expected);
}

#[test]
fn parties_agree() {
    let [first, second] = [(); 2].map(|()| XecPrivateKey::generate(&mut rng(), XecCurve::X25519));
    let secret = first.agree(&second.public()).unwrap();
    assert_eq!(secret, second.agree(&first.public()).unwrap());
    assert_eq!(first.agree(&[0; 32]).err(), Some(CryptoError::IllegalValue));
    assert_eq!(first.agree(&[9; 31]).err(), Some(CryptoError::IllegalValue));
}

fn check(prehashed: bool, secret: &[u8], public: &[u8], message: &[u8], expected: &[u8]) {
    let cipher = if prehashed { 17 } else { 15 };
    let engine = || Signature::new(SignatureAlgorithm::from_parts(0, cipher, 0).unwrap());
    let key = XecPrivateKey::new(XecCurve::Ed25519, secret).unwrap();
    assert_eq!(key.public(), public);
    let mut signer = engine();
    signer.init(Key::XecPrivate(key), Purpose::Sign, &[]).unwrap();
    message.chunks(1).for_each(|piece| signer.update(piece).unwrap());
    assert_eq!(*signer.sign(&mut rng(), &[]).unwrap(), expected);
    assert_eq!(signer.length(), Ok(64));
    let mut verifier = engine();
    let key = XecPublicKey::new(XecCurve::Ed25519, public).unwrap();
    verifier.init(Key::XecPublic(key), Purpose::Verify, &[]).unwrap();
    assert_eq!(verifier.verify(message, expected), Ok(true));
    assert_eq!(verifier.verify(b"another", expected), Ok(false));
    assert_eq!(verifier.verify(message, &expected[1..]), Ok(false));
}

#[test]
fn signatures_of_the_rfc() {
    check(
        false,
        &hex!("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        &hex!("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        &[],
        &hex!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    );
    check(
        false,
        &hex!("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
        &hex!("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
        &hex!("af82"),
        &hex!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    );
    check(
        true,
        &hex!("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
        &hex!("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
        b"abc",
        &hex!(
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
            "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
        ),
    );
}

#[test]
fn keys_of_the_other_curve_are_refused() {
    let mut signature = Signature::new(SignatureAlgorithm::from_parts(0, 15, 0).unwrap());
    let refused = signature.init(Key::XecPrivate(x25519(&[1; 32])), Purpose::Sign, &[]);
    assert_eq!(refused, Err(CryptoError::IllegalValue));
    let ed25519 = XecPrivateKey::new(XecCurve::Ed25519, &[1; 32]).unwrap();
    assert_eq!(ed25519.agree(&[9; 32]).err(), Some(CryptoError::IllegalValue));
    for curve in [XecCurve::X25519, XecCurve::Ed25519] {
        assert_eq!(XecPrivateKey::new(curve, &[1; 31]).err(), Some(CryptoError::IllegalValue));
        assert_eq!(XecPublicKey::new(curve, &[1; 33]).err(), Some(CryptoError::IllegalValue));
        assert_eq!(XecCurve::from_constant(curve.constant()), Some(curve));
    }
    // No point of Ed25519 has this y.
    let refused = XecPublicKey::new(XecCurve::Ed25519, &[[2].as_slice(), &[0; 31]].concat());
    assert_eq!(refused.err(), Some(CryptoError::IllegalValue));
}
