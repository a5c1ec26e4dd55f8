//! Key import: what a server made or recovered comes onto the card and works there.

use applets::coolkey::Build;
use coolkey::{
    Command, KeyAcl, Nonce, ObjectAcl, ObjectId,
    blob::{KeyBlob, RsaPrivateCrtKey, RsaPublicKey},
    command::{
        CryptInput, CryptParameters, CryptStep, Direction, ImportKeyEncrypted, WrappingAlgorithm,
    },
    status,
};
use globalplatform::Key;
use iso7816::StatusWord;
use pkcs8::EncodePrivateKey;
use rand::{SeedableRng, rngs::StdRng};
use rsa::{
    RsaPrivateKey,
    hazmat::rsa_encrypt,
    traits::{PrivateKeyParts, PublicKeyParts},
};

use crate::token::{SCP02, SCP03, Token, slots};

const DES_KEY: [u8; 16] = *b"0123456789abcdef";
const AES_KEY: [u8; 16] = *b"fedcba9876543210";
const IV: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const MESSAGE: &[u8] = b"what was encrypted for the first token";

fn server_key(bits: usize) -> RsaPrivateKey {
    RsaPrivateKey::new(&mut StdRng::seed_from_u64(99), bits).unwrap()
}

fn pkcs7(bytes: &[u8], block: usize) -> Vec<u8> {
    let count = block - bytes.len() % block;
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len() + count, u8::try_from(count).unwrap());
    padded
}

/// AES key wrap with padding, written from RFC 5649 §4.1 for the test's end.
fn key_wrap(key: &Key, plain: &[u8]) -> Vec<u8> {
    let length = u32::try_from(plain.len()).unwrap();
    let mut a = [&[0xA6, 0x59, 0x59, 0xA6][..], &length.to_be_bytes()].concat();
    let mut r = plain.to_vec();
    r.resize(plain.len().next_multiple_of(8), 0);
    let mut t = 0_u64;
    for _ in 0..6 {
        for semiblock in r.chunks_exact_mut(8) {
            t += 1;
            let block = key.encrypt_ecb(&[&a, &*semiblock].concat()).unwrap();
            a = (u64::from_be_bytes(block[..8].try_into().unwrap()) ^ t).to_be_bytes().to_vec();
            semiblock.copy_from_slice(&block[8..]);
        }
    }
    [a, r].concat()
}

/// How a server wraps.
struct Wrapping {
    algorithm: WrappingAlgorithm,
    key: Key,
    iv: Vec<u8>,
}

impl Wrapping {
    fn des() -> Self {
        let key = Key::des3(DES_KEY);
        Self { algorithm: WrappingAlgorithm::DES3, key, iv: IV.to_vec() }
    }

    fn aes(algorithm: WrappingAlgorithm) -> Self {
        Self { algorithm, key: Key::aes(&AES_KEY).unwrap(), iv: vec![0; 16] }
    }

    fn wrap(&self, plain: &[u8]) -> Vec<u8> {
        match self.algorithm {
            WrappingAlgorithm::AES_KEY_WRAP_PADDED => key_wrap(&self.key, plain),
            WrappingAlgorithm::AES_CBC => self.key.encrypt_cbc(&[], &pkcs7(plain, 16)).unwrap(),
            _ => self.key.encrypt_cbc(&self.iv, &pkcs7(plain, 8)).unwrap(),
        }
    }

    fn import(&self, token: &Token) -> ImportKeyEncrypted {
        ImportKeyEncrypted {
            slots: slots(0, 4, 5),
            blob: ObjectId::WRAPPED_KEY,
            algorithm: self.algorithm,
            wrapped_key: token.encrypt(self.key.bytes()),
            check_value: self.key.check_value().to_vec(),
            iv: self.iv.clone(),
        }
    }
}

fn write_blob(token: &mut Token, blob: &KeyBlob) {
    token.write_all(ObjectId::WRAPPED_KEY, ObjectAcl::RA_ONLY, &blob.to_bytes());
}

fn blob_is_erased(token: &mut Token, blob: &KeyBlob) -> bool {
    let size = u32::try_from(blob.to_bytes().len()).unwrap();
    token.read_all(ObjectId::WRAPPED_KEY, size).iter().all(|byte| *byte == 0)
}

/// Deciphers with slot 4 what was encrypted with the public key, through the I/O buffer.
fn assert_decrypts(token: &mut Token, key: &RsaPrivateKey) {
    let mut block = vec![0x00, 0x02];
    block.resize(key.size() - MESSAGE.len() - 1, 0x55);
    block.push(0x00);
    block.extend_from_slice(MESSAGE);
    let number = rsa::BoxedUint::from_be_slice(&block, key.n_bits_precision()).unwrap();
    let ciphertext = rsa_encrypt(key, &number).unwrap().to_be_bytes();
    let length = u16::try_from(ciphertext.len()).unwrap().to_be_bytes();
    let nonce = token.log_in();
    for (piece, offset) in [&length[..], &ciphertext].concat().chunks(238).zip((0..).step_by(238)) {
        let write = Command::WriteObject { id: ObjectId::IO_BUFFER, offset, data: piece.to_vec() };
        assert_eq!(token.with_nonce(write, &nonce).status, StatusWord::OK);
    }
    let step =
        CryptStep::OneStep(CryptParameters::rsa(Direction::Decrypt), CryptInput::io_buffer());
    let response = token.with_nonce(Command::ComputeCrypt { key: 4, step }, &nonce);
    assert_eq!(response.status, StatusWord::OK);
    let size = u32::try_from(block.len() + 2).unwrap();
    assert_eq!(token.read_all(ObjectId::IO_BUFFER, size)[2..], block);
}

fn token_for(build: &'static Build) -> Token {
    let protocol = if build == Build::DEFAULT { SCP02 } else { SCP03 };
    let mut token = Token::installed(build, protocol, &[0, 2, 0x13, 0x88]);
    token.create_pin();
    token
}

#[test]
fn key_of_the_server_is_imported_and_decrypts() {
    let key = server_key(2048);
    let plain = key.to_pkcs8_der().unwrap();
    for (build, wrapping) in [
        (Build::DEFAULT, Wrapping::des()),
        (Build::LATEST, Wrapping::des()),
        (Build::LATEST, Wrapping::aes(WrappingAlgorithm::AES_KEY_WRAP_PADDED)),
        (Build::LATEST, Wrapping::aes(WrappingAlgorithm::AES_CBC)),
    ] {
        let mut token = token_for(build);
        let blob = KeyBlob::wrapped_pkcs8(2048, wrapping.wrap(plain.as_bytes()));
        write_blob(&mut token, &blob);
        let import = wrapping.import(&token);
        token.secured_ok(Command::ImportKeyEncrypted(import));
        assert!(blob_is_erased(&mut token, &blob));
        assert_decrypts(&mut token, &key);
        assert_eq!(token.exchange("B03A00000B"), "04030508000000400000019000");
        assert_eq!(token.exchange("B03A01000B"), "0501040800FFFF4000FFFF9000");
    }
}

#[test]
fn wrong_wrappings_have_their_status() {
    let key = server_key(1024);
    let plain = key.to_pkcs8_der().unwrap();
    let wrapping = Wrapping::des();
    let blob = KeyBlob::wrapped_pkcs8(1024, wrapping.wrap(plain.as_bytes()));
    let mut token = token_for(Build::DEFAULT);
    write_blob(&mut token, &blob);
    let good = wrapping.import(&token);
    let change = |change: &dyn Fn(&mut ImportKeyEncrypted)| {
        let mut import = good.clone();
        change(&mut import);
        import
    };
    for (import, expected) in [
        (change(&|i| i.check_value[0] ^= 1), status::WRAPPED_KEY_CHECK_FAILED),
        (change(&|i| i.wrapped_key[0] ^= 2), status::WRAPPED_KEY_CHECK_FAILED),
        (change(&|i| i.check_value = vec![1]), status::WRAPPED_KEY_CHECK_FAILED),
        (change(&|i| i.algorithm = WrappingAlgorithm::AES_CBC), status::WRAPPED_KEY_CHECK_FAILED),
        (change(&|i| i.wrapped_key.truncate(8)), status::KEY_SIZE_INVALID),
        (change(&|i| i.iv = vec![0; 16]), StatusWord::WRONG_LENGTH),
        (change(&|i| i.blob = ObjectId(*b"C9\0\0")), status::OBJECT_NOT_FOUND),
        (change(&|i| i.slots = slots(9, 4, 5)), status::INCORRECT_P1),
    ] {
        let response = token.secured(Command::ImportKeyEncrypted(import.clone()));
        assert_eq!(response.status, expected, "{import:?}");
        assert!(!blob_is_erased(&mut token, &blob));
    }
    let wrong_key = change(&|i| {
        i.wrapped_key[0] ^= 2;
        i.check_value.clear();
    });
    let response = token.secured(Command::ImportKeyEncrypted(wrong_key));
    assert_eq!(response.status, status::WRAPPED_PRIVATE_KEY_INVALID);
    assert!(blob_is_erased(&mut token, &blob), "erased although the import failed");
    assert_eq!(token.exchange("B03A00000B"), "9000");
}

#[test]
fn contents_that_are_no_rsa_key_are_refused_and_erased() {
    let key = server_key(1024);
    let plain = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
    let mut other_algorithm = plain.clone();
    let oid = plain.windows(2).position(|pair| pair == [0x2A, 0x86]).unwrap();
    other_algorithm[oid + 8] ^= 1;
    let mut other_modulus = plain.clone();
    other_modulus[60] ^= 1;
    let wrapping = Wrapping::des();
    for (contents, bits, expected) in [
        (other_algorithm, 1024, status::ALGORITHM_ID_INVALID),
        (other_modulus, 1024, status::WRAPPED_PRIVATE_KEY_INVALID),
        (plain[..plain.len() / 2].to_vec(), 1024, status::DER_INVALID),
        (plain.clone(), 2048, status::WRAPPED_PRIVATE_KEY_INVALID),
        (b"no sequence".to_vec(), 1024, status::WRAPPED_PRIVATE_KEY_INVALID),
    ] {
        let mut token = token_for(Build::DEFAULT);
        let blob = KeyBlob::wrapped_pkcs8(bits, wrapping.wrap(&contents));
        write_blob(&mut token, &blob);
        let import = wrapping.import(&token);
        assert_eq!(token.secured(Command::ImportKeyEncrypted(import)).status, expected);
        assert!(blob_is_erased(&mut token, &blob));
        token.power_cycle();
        token.authority();
        assert!(blob_is_erased(&mut token, &blob));
    }
}

#[test]
fn plain_blobs_are_imported_by_halves_or_as_a_pair() {
    let key = server_key(1024);
    let bytes = |number: &rsa::BoxedUint| number.to_be_bytes_trimmed_vartime().into_vec();
    let public = RsaPublicKey {
        bits: 1024,
        modulus: key.n_bytes().into_vec(),
        exponent: key.e_bytes().into_vec(),
    };
    let [p, q] = key.primes() else { panic!("two primes") };
    let private = RsaPrivateCrtKey {
        bits: 1024,
        p: bytes(p),
        q: bytes(q),
        pq: bytes(&key.crt_coefficient().unwrap()),
        dp: bytes(key.dp().unwrap()),
        dq: bytes(key.dq().unwrap()),
    };
    let owner = KeyAcl::private(0).unwrap();
    let mut token = token_for(Build::DEFAULT);
    let import = |key, mate, public_acl| Command::ImportKey {
        key,
        mate,
        blob: ObjectId::WRAPPED_KEY,
        acl: owner,
        public_acl,
    };
    for (bytes, slot) in
        [(public.to_bytes().unwrap(), 7), (private.to_bytes().unwrap().to_vec(), 4)]
    {
        token.write_all(ObjectId::WRAPPED_KEY, ObjectAcl::RA_ONLY, &bytes);
        token.secured_ok(import(slot, 0, None));
        let size = u32::try_from(bytes.len()).unwrap();
        assert!(token.read_all(ObjectId::WRAPPED_KEY, size).iter().all(|byte| *byte == 0));
    }
    assert_decrypts(&mut token, &key);

    let pkcs8 = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
    let blob = KeyBlob { encoding: 0, key_type: 9, bits: 1024, body: pkcs8 };
    write_blob(&mut token, &blob);
    assert_eq!(token.secured(import(10, 11, None)).status, status::INVALID_PARAMETER);
    assert_eq!(token.secured(import(24, 11, Some(KeyAcl::PUBLIC))).status, status::INCORRECT_P1);
    token.secured_ok(import(10, 11, Some(KeyAcl::PUBLIC)));
    write_blob(&mut token, &KeyBlob { encoding: 1, body: blob.body.clone(), ..blob });
    assert_eq!(
        token.secured(import(12, 13, Some(KeyAcl::PUBLIC))).status,
        status::UNSUPPORTED_FEATURE
    );
    write_blob(&mut token, &KeyBlob { key_type: 5, body: blob.body.clone(), ..blob });
    assert_eq!(token.secured(import(12, 13, None)).status, status::KEY_TYPE_UNSUPPORTED);
    let response = token.with_nonce(import(12, 13, None), &Nonce::ZERO);
    assert_eq!(response.status, status::UNAUTHORIZED);
}
