//! The tables of the Java Card API's constants, against the API's own lists.

use cryptography::{
    AeadAlgorithm, AgreementAlgorithm, ChecksumAlgorithm, CipherAlgorithm, DigestAlgorithm,
    NamedCurve, RecoveryAlgorithm, SignatureAlgorithm,
};

/// `Cipher.ALG_*` that the chip does not have: ISO 14888, ISO 9796, Korean SEED, and Rijndael with longer blocks.
const MISSING_CIPHERS: [u8; 8] = [9, 11, 16, 17, 18, 19, 20, 21];
/// `Signature.ALG_*` that the chip does not have: message recovery, which has an engine of its own, Korean SEED, and Rijndael with
/// longer blocks.
const MISSING_SIGNATURES: [u8; 5] = [30, 31, 32, 35, 36];

#[test]
fn ciphers_have_the_constants_of_the_api() {
    let known = (1..=29).chain([0xF0]);
    for constant in 0..=u8::MAX {
        let exists = known.clone().any(|known| known == constant);
        let expected = exists && !MISSING_CIPHERS.contains(&constant);
        assert_eq!(CipherAlgorithm::from_constant(constant).is_some(), expected, "{constant}");
    }
}

#[test]
fn signatures_have_the_constants_of_the_api() {
    for constant in 0..=u8::MAX {
        let expected = (1..=49).contains(&constant) && !MISSING_SIGNATURES.contains(&constant);
        assert_eq!(SignatureAlgorithm::from_constant(constant).is_some(), expected, "{constant}");
    }
}

#[test]
fn the_parts_of_an_algorithm_name_it() {
    for algorithm in (0..=u8::MAX).filter_map(CipherAlgorithm::from_constant) {
        let (cipher, padding) = (algorithm.cipher_constant(), algorithm.padding_constant());
        assert_eq!(CipherAlgorithm::from_parts(cipher, padding), Some(algorithm));
        assert_eq!(CipherAlgorithm::from_constant(algorithm.constant()), Some(algorithm));
    }
    for algorithm in (0..=u8::MAX).filter_map(SignatureAlgorithm::from_constant) {
        let parts = (algorithm.digest_constant(), algorithm.cipher_constant());
        let padding = algorithm.padding_constant();
        assert_eq!(SignatureAlgorithm::from_parts(parts.0, parts.1, padding), Some(algorithm));
        assert_eq!(SignatureAlgorithm::from_constant(algorithm.constant()), Some(algorithm));
    }
}

#[test]
fn every_combination_of_parts_is_stable() {
    for (cipher, padding) in (0..=30).flat_map(|cipher| (0..=30).map(move |pad| (cipher, pad))) {
        if let Some(algorithm) = CipherAlgorithm::from_parts(cipher, padding) {
            assert_eq!(
                (algorithm.cipher_constant(), algorithm.padding_constant()),
                (cipher, padding)
            );
        }
        for digest in 0..=12 {
            let Some(algorithm) = SignatureAlgorithm::from_parts(digest, cipher, padding) else {
                continue;
            };
            let parts = [algorithm.digest_constant(), algorithm.cipher_constant()];
            let again =
                SignatureAlgorithm::from_parts(parts[0], parts[1], algorithm.padding_constant());
            assert_eq!(again, Some(algorithm));
        }
    }
}

#[test]
fn the_other_tables_go_both_ways() {
    for constant in 0..=u8::MAX {
        let digest = DigestAlgorithm::from_constant(constant);
        assert_eq!(
            digest.map(DigestAlgorithm::constant),
            (1..=11).contains(&constant).then_some(constant)
        );
        let recovery = RecoveryAlgorithm::from_constant(constant);
        assert!(recovery.is_none_or(|recovery| {
            let digest = recovery.digest().constant();
            let parts = [recovery.cipher_constant(), recovery.padding_constant()];
            recovery.constant() == constant
                && RecoveryAlgorithm::from_parts(digest, parts[0], parts[1]) == Some(recovery)
        }));
        let agreement = AgreementAlgorithm::from_constant(constant);
        assert!(agreement.is_none_or(|agreement| agreement.constant() == constant));
        let checksum = ChecksumAlgorithm::from_constant(constant);
        assert!(checksum.is_none_or(|checksum| checksum.constant() == constant));
        let aead = AeadAlgorithm::from_constant(constant);
        assert!(aead.is_none_or(|aead| aead.constant() == constant));
        assert!(aead.is_none_or(|aead| {
            AeadAlgorithm::from_parts(aead.cipher_constant(), 1) == Some(aead)
        }));
    }
    for curve in NamedCurve::ALL {
        let constant = curve.constant();
        assert!(
            constant.is_none_or(|constant| NamedCurve::from_constant(constant) == Some(*curve))
        );
    }
}
