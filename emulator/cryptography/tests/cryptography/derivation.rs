//! Key derivation functions: [RFC 5869 §A.1], [RFC 8448 §3], and the vectors of NIST's validation programme for SP 800-108 and X9.63.

use cryptography::{
    CryptoError, DigestAlgorithm,
    derivation::{
        Iteration, IterationMode, Prf, ansi_x963, hkdf, hkdf_expand_label, icao_mrtd, ieee1363,
        tls11, tls12,
    },
};
use hex_literal::hex;

use crate::support::{aes, des, secret};

#[test]
fn hkdf_of_the_rfc() {
    let key = hex!("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    let salt = hex!("000102030405060708090a0b0c");
    let information = hex!("f0f1f2f3f4f5f6f7f8f9");
    let expected = hex!(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        "34007208d5b887185865"
    );
    let parts = [&key[..], &salt, &information];
    assert_eq!(*hkdf(DigestAlgorithm::Sha256, parts, 42).unwrap(), expected);
    assert_eq!(hkdf(DigestAlgorithm::Sha256, parts, 255 * 32).unwrap().len(), 255 * 32);
    let refused = hkdf(DigestAlgorithm::Sha256, parts, 255 * 32 + 1);
    assert_eq!(refused.err(), Some(CryptoError::IllegalValue));
}

/// The secret for the handshake of the first example [RFC 8448 §3]: the early secret, with the label "derived".
#[test]
fn expansion_of_tls_1_3() {
    let early = hex!("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    let context = hex!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let expected = hex!("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba");
    let label = [&b"tls13 "[..], b"derived", &context];
    let derived = hkdf_expand_label(DigestAlgorithm::Sha256, &early, label, 32).unwrap();
    assert_eq!(*derived, expected);
    let long = [&b"tls13 "[..], &[b'a'; 250], &[]];
    let refused = hkdf_expand_label(DigestAlgorithm::Sha256, &early, long, 32);
    assert_eq!(refused.err(), Some(CryptoError::IllegalValue));
}

/// The first vector of SHA-256 in NIST's ANSI X9.63 file.
#[test]
fn x9_63_of_the_validation_programme() {
    let shared = hex!("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08");
    let expected = hex!("443024c3dae66b95e6f5670601558f71");
    assert_eq!(*ansi_x963(DigestAlgorithm::Sha256, &shared, &[], 16).unwrap(), expected);
    // Of a digest's length, it is one digest.
    let counted = [&shared[..], &[0, 0, 0, 1]].concat();
    let one = ansi_x963(DigestAlgorithm::Sha1, &shared, b"info", 20).unwrap();
    assert_eq!(one, ieee1363(DigestAlgorithm::Sha1, &counted, b"info"));
}

/// The keys of basic access control [ICAO 9303-11 §D.1]; parity is not adjusted.
#[test]
fn keys_of_a_passport() {
    let seed = hex!("239ab9cb282daf66231dc5a4df6bfbae");
    let encryption = icao_mrtd(DigestAlgorithm::Sha1, &seed, &[0, 0, 0, 1]);
    assert_eq!(encryption[..16], hex!("ab94fcedf2664edfb9b291f85d7f77f2"));
    let mac = icao_mrtd(DigestAlgorithm::Sha1, &seed, &[0, 0, 0, 2]);
    assert_eq!(mac[..16], hex!("7862d9ece03c1bcd4d77089dcf131442"));
}

/// The example that was published on the TLS working group's list for P_SHA256.
#[test]
fn prf_of_tls_1_2() {
    let key = hex!("9bbe436ba940f017b17652849a71db35");
    let seed = [&b"test label"[..], &hex!("a0ba9f936cda311827a6f796ffd5198c")].concat();
    let expected = hex!(
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
        "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
        "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66"
    );
    assert_eq!(*tls12(DigestAlgorithm::Sha256, &key, &seed, 100).unwrap(), expected);
}

/// Two functions combined; of a secret of odd length, both have the byte in the middle [RFC 4346 §5].
#[test]
fn prf_of_tls_1_1() {
    let derived = tls11(&[1, 2, 3], b"seed", 50).unwrap();
    let md5 = tls12(DigestAlgorithm::Md5, &[1, 2], b"seed", 50).unwrap();
    let sha = tls12(DigestAlgorithm::Sha1, &[2, 3], b"seed", 50).unwrap();
    let combined: Vec<u8> = md5.iter().zip(sha.iter()).map(|(md5, sha)| md5 ^ sha).collect();
    assert_eq!(*derived, combined);
    assert!(tls11(&[], b"seed", 50).is_ok());
}

/// The first vector with HMAC-SHA-256 and a counter of 32 bits before the fixed data in NIST's file of counter mode.
#[test]
fn counter_mode_of_the_validation_programme() {
    let key = hex!("dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0");
    let data = hex!(
        "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b8"
        "64a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac"
    );
    let prf = Prf::from_constant(25, secret(&key)).unwrap();
    let mode = IterationMode::Counter { before: &[], after: &data };
    let derived = Iteration { prf: &prf, mode, counter_bits: 32 }.derive(16).unwrap();
    assert_eq!(*derived, hex!("10621342bfb0fd40046c0e29f2cfdbf0"));
}

/// [NIST SP 800-108 §4]: the modes against their definitions, with CMAC.
#[test]
fn modes_are_what_they_are_defined_as() {
    let prf = Prf::from_constant(49, aes(&[7; 16])).unwrap();
    let apply = |message: &[u8]| crate::support::sign(49, aes(&[7; 16]), message).unwrap();
    let derive = |mode, counter_bits, length| {
        Iteration { prf: &prf, mode, counter_bits }.derive(length).map(|output| output.to_vec())
    };
    let first = apply(b"vector\x00\x01data");
    let second = apply(&[&first[..], b"\x00\x02data"].concat());
    let feedback = IterationMode::Feedback { vector: b"vector", data: b"data" };
    assert_eq!(derive(feedback, 16, 20).unwrap(), [&first[..], &second[..4]].concat());

    let (one, two) = (apply(b"data"), apply(&apply(b"data")));
    let first = apply(&[&one[..], b"data"].concat());
    let second = apply(&[&two[..], b"data"].concat());
    let pipeline = IterationMode::DoublePipeline { data: b"data" };
    assert_eq!(derive(pipeline, 0, 32).unwrap(), [first, second].concat());

    let counter = IterationMode::Counter { before: b"data", after: &[] };
    for (bits, length, expected) in [
        (0, 16, false),
        (12, 16, false),
        (40, 16, false),
        (8, 255 * 16, true),
        (8, 255 * 16 + 1, false),
    ] {
        assert_eq!(derive(counter, bits, length).is_ok(), expected);
    }
    assert_eq!(derive(counter, 32, 0x8000), Err(CryptoError::IllegalValue));
}

#[test]
fn functions_that_are_none_are_refused() {
    let refused = |constant, key| Prf::from_constant(constant, key).err();
    assert_eq!(refused(10, secret(&[1; 16])), Some(CryptoError::NoSuchAlgorithm));
    assert_eq!(refused(0, secret(&[1; 16])), Some(CryptoError::NoSuchAlgorithm));
    assert_eq!(refused(25, des(&[1; 16])), Some(CryptoError::IllegalValue));
    assert_eq!(refused(49, secret(&[1; 15])), Some(CryptoError::IllegalValue));
}
