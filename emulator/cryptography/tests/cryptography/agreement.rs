//! Key agreement on curves over prime fields [RFC 5903 §8.1], [RFC 7027 §A.1].

use cryptography::{
    AgreementAlgorithm, CryptoError, DigestAlgorithm, Key, MessageDigest, NamedCurve,
    ec::{EcKeyPair, EcPrivateKey},
};
use hex_literal::hex;

use crate::support::{aes, rng};

fn private(curve: NamedCurve, scalar: &[u8]) -> Key {
    Key::EcPrivate(EcPrivateKey::new(curve.curve().unwrap(), scalar).unwrap())
}

#[test]
fn agreement_on_p_256() {
    let key = || {
        private(
            NamedCurve::Secp256r1,
            &hex!("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
        )
    };
    let public = hex!(
        "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
        "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"
    );
    let x = hex!("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
    let y = hex!("522bde0af0d8585b8def9c183b5ae38f50235206a8674ecb5d98edb20eb153a2");
    let agree = |algorithm: AgreementAlgorithm| algorithm.agree(&key(), &public).unwrap().to_vec();
    assert_eq!(agree(AgreementAlgorithm::EcDhPlain), x);
    assert_eq!(agree(AgreementAlgorithm::EcDhcPlain), x);
    assert_eq!(agree(AgreementAlgorithm::EcDhPlainXy), [&[4][..], &x, &y].concat());
    let digest = MessageDigest::digest(DigestAlgorithm::Sha1, &x);
    assert_eq!(agree(AgreementAlgorithm::EcDhKdf), *digest);
    assert_eq!(agree(AgreementAlgorithm::EcDhcKdf), *digest);
}

#[test]
fn agreement_on_a_brainpool_curve() {
    let first = hex!("81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d");
    let second = hex!("55e40bc41e37e3e2ad25c3c6654511ffa8474a91a0032087593852d3e7d76bd3");
    let x = hex!("89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b");
    for (mine, theirs) in [(first, second), (second, first)] {
        let curve = NamedCurve::BrainpoolP256r1;
        let public = EcPrivateKey::new(curve.curve().unwrap(), &theirs).unwrap().public().unwrap();
        let secret = AgreementAlgorithm::EcDhPlain.agree(&private(curve, &mine), &public).unwrap();
        assert_eq!(*secret, x);
    }
}

/// Both parties of PACE map to the same generator: the nonce times the base point plus the agreed point [ICAO 9303-11 §4.4.3.3.1].
#[test]
fn the_generic_mapping_adds() {
    let curve = NamedCurve::BrainpoolP224r1;
    let pair = EcKeyPair::generate(&mut rng(), &curve.curve().unwrap()).unwrap();
    let three = AgreementAlgorithm::EcPaceGm.agree(&private(curve, &[3]), &pair.public).unwrap();
    let two = AgreementAlgorithm::EcPaceGm.agree(&private(curve, &[2]), &pair.public).unwrap();
    assert_eq!(AgreementAlgorithm::EcPaceGm.agree(&private(curve, &[1]), &two).unwrap(), three);
}

#[test]
fn what_does_not_suit_is_refused() {
    let key = private(NamedCurve::Secp256r1, &[5]);
    let other = NamedCurve::Secp224r1.parameters().g;
    for algorithm in [1, 2, 3, 4, 5, 6] {
        let algorithm = AgreementAlgorithm::from_constant(algorithm).unwrap();
        for public in [&[][..], &[0], &[4; 65], other] {
            assert_eq!(algorithm.agree(&key, public).err(), Some(CryptoError::IllegalValue));
        }
        let base = NamedCurve::Secp256r1.parameters().g;
        assert_eq!(algorithm.agree(&aes(&[1; 16]), base).err(), Some(CryptoError::IllegalValue));
    }
    assert_eq!(
        AgreementAlgorithm::Xdh.agree(&key, &[9; 32]).err(),
        Some(CryptoError::IllegalValue)
    );
}
