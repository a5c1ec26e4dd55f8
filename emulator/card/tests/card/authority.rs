//! Tokens, receipts, load file signatures and encrypted load files against what OpenSSL made.

use card::authority::{
    AuthorityAlgorithm, AuthorityError, LoadFileCipher, LoadFileHash, Signer, TokenReference,
    Verifier,
};
use cryptography::{
    BlockKey, Cipher, CipherAlgorithm, DigestAlgorithm, Direction, Key, MessageDigest,
    cipher::{BlockCipher, Mode, Padding},
};
use globalplatform::data::{Confirmation, ReceiptData};
use hex_literal::hex;
use iso7816::{Aid, StatusWord};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use serde::Deserialize;

/// What OpenSSL made; the file says how.
#[derive(Deserialize)]
struct Vectors {
    data: String,
    block: String,
    signatures: Vec<SignatureVector>,
    hashes: Vec<HashVector>,
    ciphers: Vec<CipherVector>,
    receipt: ReceiptVector,
}

#[derive(Deserialize)]
struct SignatureVector {
    name: String,
    algorithm: String,
    parts: Vec<[String; 2]>,
    private: Option<Vec<[String; 2]>>,
    salted: bool,
    signature: String,
}

#[derive(Deserialize)]
struct HashVector {
    name: String,
    hash: String,
}

#[derive(Deserialize)]
struct CipherVector {
    command: String,
    key: [String; 2],
    icv: Option<String>,
    enciphered: String,
}

#[derive(Deserialize)]
struct ReceiptVector {
    key: [String; 2],
    data: String,
    receipt: String,
}

pub(crate) fn sha1(data: &[u8]) -> Vec<u8> {
    MessageDigest::digest(DigestAlgorithm::Sha1, data).to_vec()
}

pub(crate) fn sha256(data: &[u8]) -> Vec<u8> {
    MessageDigest::digest(DigestAlgorithm::Sha256, data).to_vec()
}

pub(crate) fn sha512(data: &[u8]) -> Vec<u8> {
    MessageDigest::digest(DigestAlgorithm::Sha512, data).to_vec()
}

/// What a load file data block is enciphered to, with a key of type 80 or 88.
pub(crate) fn encipher(kind: u8, key: &[u8], icv: Option<&[u8]>, data: &[u8]) -> Vec<u8> {
    let (cipher, key) = match kind {
        0x80 => (BlockCipher::Des, BlockKey::des(key)),
        _ => (BlockCipher::Aes, BlockKey::aes(key)),
    };
    let algorithm = CipherAlgorithm::Block { cipher, mode: Mode::Cbc, padding: Padding::Iso9797M2 };
    let mut engine = Cipher::new(algorithm);
    let key = Key::Block(key.unwrap());
    engine.init(key, Direction::Encrypt, icv.unwrap_or_default()).unwrap();
    engine.finish(&mut StdRng::seed_from_u64(1), data).unwrap().to_vec()
}

/// The components of a key of OpenSSL's: those that verify and those that sign.
pub(crate) fn openssl_key(name: &str) -> [KeyParts; 2] {
    let vectors = vectors();
    let vector = vectors.signatures.iter().find(|vector| vector.name == name).unwrap();
    [Parts::of(&vector.parts).0, Parts::of(vector.private.as_ref().unwrap()).0]
}

fn vectors() -> Vectors {
    toml::from_str(include_str!("authority/openssl.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// The components of a key, as types and values.
pub(crate) type KeyParts = Vec<(u8, Vec<u8>)>;

/// The same, to be handed on.
struct Parts(KeyParts);

impl Parts {
    fn of(parts: &[[String; 2]]) -> Self {
        let part = |[kind, value]: &[String; 2]| (bytes(kind)[0], bytes(value));
        Self(parts.iter().map(part).collect())
    }

    fn refs(&self) -> Vec<(u8, &[u8])> {
        self.0.iter().map(|(kind, value)| (*kind, &value[..])).collect()
    }

    fn without(mut self, kind: u8) -> Self {
        self.0.retain(|(found, _)| *found != kind);
        self
    }
}

fn verifier(parts: &[[String; 2]]) -> Verifier {
    Verifier::new(&Parts::of(parts).refs()).unwrap()
}

#[test]
fn every_algorithm_verifies_a_signature_of_openssl_and_no_other() {
    let vectors = vectors();
    let data = bytes(&vectors.data);
    for vector in &vectors.signatures {
        let verifier = verifier(&vector.parts);
        assert_eq!(format!("{:?}", verifier.algorithm()), vector.algorithm, "{}", vector.name);
        let signature = bytes(&vector.signature);
        assert!(verifier.verify(&data, &signature).unwrap(), "{}", vector.name);
        for position in [0, signature.len() / 2, signature.len() - 1] {
            let mut wrong = signature.clone();
            wrong[position] ^= 1;
            assert!(!verifier.verify(&data, &wrong).unwrap(), "{} at {position}", vector.name);
        }
        let mut other = data.clone();
        other[0] ^= 1;
        assert!(!verifier.verify(&other, &signature).unwrap(), "{}", vector.name);
        for wrong in [&signature[1..], &[&signature[..], &[0]].concat(), &[]] {
            assert!(!verifier.verify(&data, wrong).unwrap(), "{}", vector.name);
        }
    }
}

#[test]
fn the_vectors_cover_every_algorithm() {
    let vectors = vectors();
    for algorithm in AuthorityAlgorithm::ALL {
        let name = format!("{algorithm:?}");
        assert!(vectors.signatures.iter().any(|vector| vector.algorithm == name), "{name}");
    }
    let bits = AuthorityAlgorithm::ALL.iter().fold(0, |bits, one| bits | one.capability());
    assert_eq!(bits, 0xFF03, "each has a bit of its own");
    assert_eq!(AuthorityAlgorithm::ALL.len(), 10);
}

#[test]
fn what_the_card_signs_verifies_and_is_the_same_where_it_is_not_salted() {
    let vectors = vectors();
    let data = bytes(&vectors.data);
    let mut rng = StdRng::seed_from_u64(7);
    for vector in &vectors.signatures {
        let private = Parts::of(vector.private.as_ref().unwrap_or(&vector.parts));
        let signer = Signer::new(&private.refs()).unwrap();
        let verifier = verifier(&vector.parts);
        assert_eq!(signer.algorithm(), verifier.algorithm());
        let signature = signer.sign(&mut rng, &data).unwrap();
        assert!(verifier.verify(&data, &signature).unwrap(), "{}", vector.name);
        if vector.salted {
            assert_ne!(signature, bytes(&vector.signature), "{}", vector.name);
        } else {
            assert_eq!(signature, bytes(&vector.signature), "{}", vector.name);
        }
    }
}

#[test]
fn a_key_without_a_component_is_none() {
    for vector in &vectors().signatures {
        for parts in [Some(&vector.parts), vector.private.as_ref()].into_iter().flatten() {
            for [kind, _] in parts {
                let incomplete = Parts::of(parts).without(bytes(kind)[0]);
                let verifies = Verifier::new(&incomplete.refs()).is_ok();
                let signs = Signer::new(&incomplete.refs()).is_ok();
                assert!(!verifies && !signs, "{} without {kind}", vector.name);
            }
        }
    }
}

#[test]
fn keys_that_are_too_weak_or_of_another_kind_are_refused() {
    let short_modulus = vec![0xFF; 64];
    let refused: [&[(u8, &[u8])]; 8] = [
        &[],
        &[(0x80, &hex!("0123456789ABCDEF"))],
        &[(0x80, &[0; 15])],
        &[(0x88, &[0; 17])],
        &[(0x90, &[0; 20])],
        &[(0xA1, &short_modulus), (0xA0, &hex!("010001"))],
        &[(0xB0, &[4; 65]), (0xF0, &[0])],
        &[(0xB0, &[4; 65]), (0xF0, &[0x40])],
    ];
    for parts in refused {
        assert!(Verifier::new(parts).is_err());
        assert!(Signer::new(parts).is_err());
    }
}

#[test]
fn a_point_may_come_without_its_first_byte() {
    let vectors = vectors();
    let p256 = vectors.signatures.iter().find(|vector| vector.name == "prime256v1").unwrap();
    let mut parts = Parts::of(&p256.parts);
    parts.0[0].1.remove(0);
    let verifier = Verifier::new(&parts.refs()).unwrap();
    assert!(verifier.verify(&bytes(&vectors.data), &bytes(&p256.signature)).unwrap());
}

#[test]
fn hashes_are_told_by_their_length() {
    let vectors = vectors();
    let block = bytes(&vectors.block);
    for (vector, algorithm) in vectors.hashes.iter().zip(LoadFileHash::ALL) {
        let mut hash = bytes(&vector.hash);
        assert_eq!(LoadFileHash::of(&hash), Ok(algorithm), "{}", vector.name);
        assert_eq!(LoadFileHash::check(&hash, &block), Ok(()), "{}", vector.name);
        assert_eq!(LoadFileHash::check(&hash, &block[1..]), Err(AuthorityError::WrongHash));
        hash[0] ^= 0x80;
        assert_eq!(LoadFileHash::check(&hash, &block), Err(AuthorityError::WrongHash));
        assert_eq!(LoadFileHash::check(&hash[1..], &block), Err(AuthorityError::UnknownHash));
    }
}

#[test]
fn a_strong_signature_wants_a_strong_hash() {
    let vectors = vectors();
    // Shortest hash that each algorithm signs, in bytes [GPCS 2.3.1 §C.2, table C-3].
    let shortest = [
        ("RetailMac", 20),
        ("RsaPkcs1", 20),
        ("Cmac128", 32),
        ("RsaPss", 32),
        ("Ecdsa256", 32),
        ("Cmac192", 48),
        ("Ecdsa384", 48),
        ("Cmac256", 64),
        ("Ecdsa512", 64),
        ("Ecdsa521", 64),
    ];
    for (algorithm, shortest) in shortest {
        let vector = vectors.signatures.iter().find(|one| one.algorithm == algorithm).unwrap();
        let verifier = verifier(&vector.parts);
        for length in [20, 32, 48, 64] {
            let expected = if length < shortest { Err(AuthorityError::WeakHash) } else { Ok(()) };
            assert_eq!(verifier.check_hash(&vec![0; length]), expected, "{algorithm} {length}");
        }
        assert_eq!(verifier.check_hash(&[]), Err(AuthorityError::UnknownHash));
    }
}

#[test]
fn a_load_file_signature_covers_the_hash_itself() {
    let vectors = vectors();
    let hash = bytes(&vectors.hashes[3].hash);
    let mut rng = StdRng::seed_from_u64(8);
    for vector in &vectors.signatures {
        let private = Parts::of(vector.private.as_ref().unwrap_or(&vector.parts));
        let signature = Signer::new(&private.refs()).unwrap().sign(&mut rng, &hash).unwrap();
        let verifier = verifier(&vector.parts);
        assert_eq!(verifier.check_load_file(&hash, &signature), Ok(()), "{}", vector.name);
        let wrong = verifier.check_load_file(&[0; 64], &signature);
        assert_eq!(wrong, Err(AuthorityError::WrongSignature), "{}", vector.name);
    }
}

#[test]
fn load_files_are_deciphered_with_and_without_an_initial_chaining_value() {
    let vectors = vectors();
    let block = bytes(&vectors.block);
    for vector in &vectors.ciphers {
        let parts = Parts::of(core::slice::from_ref(&vector.key));
        let cipher = LoadFileCipher::new(&parts.refs()).unwrap();
        let icv = vector.icv.as_deref().map(bytes);
        let enciphered = bytes(&vector.enciphered);
        let plain = cipher.decipher(icv.as_deref(), &enciphered).unwrap();
        assert_eq!(*plain, block, "{}", vector.command);
        // A byte too many or too few, nothing at all, a chaining value of another length, and a last block that is none.
        let longer = [&enciphered[..], &[0]].concat();
        for wrong in [&enciphered[1..], &longer, &[]] {
            let refused = cipher.decipher(icv.as_deref(), wrong);
            assert_eq!(refused.err(), Some(AuthorityError::Undecipherable));
        }
        let refused = cipher.decipher(Some(&[0; 7]), &enciphered);
        assert_eq!(refused.err(), Some(AuthorityError::Undecipherable));
        let mut cut = enciphered.clone();
        cut.truncate(enciphered.len() - if parts.0[0].0 == 0x80 { 8 } else { 16 });
        let refused = cipher.decipher(icv.as_deref(), &cut);
        assert_eq!(refused.err(), Some(AuthorityError::Undecipherable));
    }
}

#[test]
fn the_hash_of_an_encrypted_load_file_is_as_strong_as_its_cipher() {
    let lengths = [(0x80, 16), (0x88, 16), (0x88, 24), (0x88, 32)];
    for ((kind, length), weakest) in lengths.into_iter().zip(LoadFileHash::ALL) {
        let cipher = LoadFileCipher::new(&[(kind, &vec![7; length])]).unwrap();
        assert_eq!(cipher.weakest_hash(), weakest);
    }
    assert!(LoadFileCipher::new(&[(0xA1, &[1; 128]), (0xA0, &[3])]).is_err());
}

#[test]
fn a_receipt_is_what_openssl_signs() {
    let vector = vectors().receipt;
    let signer = Signer::new(&Parts::of(core::slice::from_ref(&vector.key)).refs()).unwrap();
    let unique_data = hex!("42010203044501020304").to_vec();
    let confirmation = Confirmation { counter: 7, unique_data, ..Confirmation::default() };
    let load = ReceiptData::Load {
        load_file: Aid::new(&hex!("D0D1D2D3D4D501")).unwrap(),
        security_domain: Aid::new(&hex!("D4D4D4D4D4010101")).unwrap(),
    };
    let message = load.to_bytes(&confirmation);
    assert_eq!(message, bytes(&vector.data));
    let receipt = signer.sign(&mut StdRng::seed_from_u64(9), &message).unwrap();
    assert_eq!(receipt, bytes(&vector.receipt));
}

#[test]
fn a_token_may_name_the_domain_that_verifies_it() {
    let value = hex!("42 04 01020304 45 02 0A0B 5F20 01 77 93 02 0001");
    let reference = TokenReference::parse(&value).unwrap();
    assert_eq!(reference.provider, Some(&hex!("77")[..]));
    assert_eq!(reference.identifier, Some(&hex!("0001")[..]));
    let (issuer, image) = (&hex!("01020304")[..], &hex!("0A0B")[..]);
    assert!(reference.is_for(Some(issuer), Some(image)));
    assert!(!reference.is_for(Some(issuer), Some(issuer)));
    assert!(!reference.is_for(Some(issuer), None));
    assert!(!reference.is_for(Some(image), Some(image)));
    let silent = TokenReference::parse(&hex!("93 01 05")).unwrap();
    assert!(silent.is_for(None, None) && silent.is_for(Some(issuer), Some(image)));
    assert!(TokenReference::parse(&hex!("42 04 01")).is_err());
}

#[test]
fn each_error_has_a_status_word() {
    assert_eq!(AuthorityError::NoToken.status(), StatusWord::CONDITIONS_OF_USE);
    assert_eq!(AuthorityError::WrongSignature.status(), StatusWord::SECURITY_STATUS);
    assert_eq!(AuthorityError::WrongHash.status(), StatusWord::WRONG_DATA);
}

/// Components of any kind and length, some of them of real keys.
fn any_parts() -> impl Strategy<Value = KeyParts> {
    let kind = prop_oneof![Just(0x80_u8), Just(0x88), 0xA0..=0xA8_u8, 0xB0..=0xB7_u8, Just(0xF0)];
    let value = prop_oneof![
        any::<[u8; 1]>().prop_map(|byte| vec![byte[0] % 10]),
        proptest::collection::vec(any::<u8>(), 0..140),
        Just(vec![0xFF; 128]),
    ];
    let random = proptest::collection::vec((kind, value), 0..8);
    // A real key of which one component is another's, or cut.
    let real = (0_usize..23, any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let spoilt = real.prop_map(|(key, part, length)| {
        let vectors = vectors();
        let vector = &vectors.signatures[key % vectors.signatures.len()];
        let mut parts = Parts::of(vector.private.as_ref().unwrap_or(&vector.parts)).0;
        parts.extend(Parts::of(&vector.parts).0);
        let at = part.index(parts.len());
        let value = &mut parts[at].1;
        value.truncate(length.index(value.len() + 1));
        parts
    });
    prop_oneof![random, spoilt]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_key_and_no_signature_does_more_than_be_refused(
        parts in any_parts(),
        data in proptest::collection::vec(any::<u8>(), 0..80),
        signature in proptest::collection::vec(any::<u8>(), 0..140),
    ) {
        let refs: Vec<_> = parts.iter().map(|(kind, value)| (*kind, &value[..])).collect();
        if let Ok(verifier) = Verifier::new(&refs) {
            prop_assert!(!verifier.verify(&data, &signature).unwrap_or(false));
        }
        if let Ok(signer) = Signer::new(&refs) {
            let _ = signer.sign(&mut StdRng::seed_from_u64(3), &data);
        }
        if let Ok(cipher) = LoadFileCipher::new(&refs) {
            let _ = cipher.decipher(Some(&signature), &data);
            let _ = cipher.decipher(None, &data);
        }
        let _ = TokenReference::parse(&data);
    }
}
