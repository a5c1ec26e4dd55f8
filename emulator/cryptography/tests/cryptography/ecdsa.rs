//! ECDSA [SEC 1 §4.1]: published signatures, and every curve with itself.

use cryptography::{
    CryptoRng, Key, NamedCurve, Purpose, Signature, SignatureAlgorithm,
    ec::{EcKeyPair, EcPrivateKey, EcPublicKey},
};
use hex_literal::hex;

use crate::support::{Given, rng, sign, verify};

/// `MessageDigest.ALG_NULL`.
const NULL: u8 = 0;
/// `MessageDigest.ALG_SHA`.
const SHA: u8 = 1;
/// `MessageDigest.ALG_SHA_256`.
const SHA_256: u8 = 4;
/// `MessageDigest.ALG_SHA_512`.
const SHA_512: u8 = 6;
/// `Signature.SIG_CIPHER_ECDSA`.
const DER: u8 = 5;
/// `Signature.SIG_CIPHER_ECDSA_PLAIN`.
const PLAIN: u8 = 9;

fn engine(digest: u8, cipher: u8) -> Signature {
    Signature::new(SignatureAlgorithm::from_parts(digest, cipher, 0).unwrap())
}

fn made(
    digest: u8,
    cipher: u8,
    key: EcPrivateKey,
    rng: &mut dyn CryptoRng,
    message: &[u8],
) -> Vec<u8> {
    let mut signature = engine(digest, cipher);
    signature.init(Key::EcPrivate(key), Purpose::Sign, &[]).unwrap();
    signature.sign(rng, message).unwrap().to_vec()
}

fn verified(digest: u8, cipher: u8, key: &EcPublicKey, message: &[u8], received: &[u8]) -> bool {
    let mut signature = engine(digest, cipher);
    signature.init(Key::EcPublic(key.clone()), Purpose::Verify, &[]).unwrap();
    signature.verify(message, received).unwrap()
}

struct Known {
    curve: NamedCurve,
    digest: u8,
    private: &'static [u8],
    nonce: &'static [u8],
    signature: &'static [u8],
}

/// Of the message "sample" [RFC 6979 §A.2.3, §A.2.5, §A.2.7]; the nonces there are what is drawn here.
const KNOWN: [Known; 3] = [
    Known {
        curve: NamedCurve::Secp192r1,
        digest: SHA,
        private: &hex!("6fab034934e4c0fc9ae67f5b5659a9d7d1fefd187ee09fd4"),
        nonce: &hex!("37d7ca00d2c7b0e5e412ac03bd44ba837fdd5b28cd3b0021"),
        signature: &hex!(
            "98c6bd12b23eaf5e2a2045132086be3eb8ebd62abf6698ff"
            "57a22b07dea9530f8de9471b1dc6624472e8e2844bc25b64"
        ),
    },
    Known {
        curve: NamedCurve::Secp256r1,
        digest: SHA_256,
        private: &hex!("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
        nonce: &hex!("a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60"),
        signature: &hex!(
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        ),
    },
    Known {
        curve: NamedCurve::Secp521r1,
        digest: SHA_512,
        private: &hex!(
            "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75ca"
            "a896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538"
        ),
        nonce: &hex!(
            "01dae2ea071f8110dc26882d4d5eae0621a3256fc8847fb9022e2b7d28e6f10198"
            "b1574fdd03a9053c08a1854a168aa5a57470ec97dd5ce090124ef52a2f7ecbffd3"
        ),
        signature: &hex!(
            "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
            "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa"
            "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
            "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"
        ),
    },
];

#[test]
fn signatures_of_the_rfc() {
    for known in KNOWN {
        let curve = known.curve.curve().unwrap();
        let key = EcPrivateKey::new(curve.clone(), known.private).unwrap();
        let public = EcPublicKey::new(curve, &key.public().unwrap()).unwrap();
        let mut rng = Given(known.nonce.to_vec());
        assert_eq!(made(known.digest, PLAIN, key, &mut rng, b"sample"), known.signature);
        assert!(verified(known.digest, PLAIN, &public, b"sample", known.signature));
        assert!(!verified(known.digest, PLAIN, &public, b"simple", known.signature));
    }
}

#[test]
fn every_curve_signs() {
    for (named, digest) in NamedCurve::ALL.iter().zip([1, 4, 5, 6, 7, 8].into_iter().cycle()) {
        let curve = named.curve().unwrap();
        let pair = EcKeyPair::generate(&mut rng(), &curve).unwrap();
        let public = EcPublicKey::new(curve.clone(), &pair.public).unwrap();
        for cipher in [DER, PLAIN] {
            let key = EcPrivateKey::new(curve.clone(), &pair.private).unwrap();
            let mut engine = engine(digest, cipher);
            engine.init(Key::EcPrivate(key.clone()), Purpose::Sign, &[]).unwrap();
            let signature = made(digest, cipher, key, &mut rng(), b"message");
            assert!(signature.len() <= engine.length().unwrap());
            assert!(verified(digest, cipher, &public, b"message", &signature), "{named:?}");
            for place in (0..signature.len()).step_by(signature.len() / 2) {
                let mut wrong = signature.clone();
                wrong[place] ^= 0x40;
                assert!(
                    !verified(digest, cipher, &public, b"message", &wrong),
                    "{named:?} {place}"
                );
            }
        }
    }
}

/// What the message is digested to may be digested elsewhere, and then be the message.
#[test]
fn a_digest_is_a_message_without_one() {
    let known = &KNOWN[1];
    let key = EcPrivateKey::new(known.curve.curve().unwrap(), known.private).unwrap();
    let algorithm = cryptography::DigestAlgorithm::Sha256;
    let digest = cryptography::MessageDigest::digest(algorithm, b"sample");
    let signature = made(NULL, PLAIN, key, &mut Given(known.nonce.to_vec()), &digest);
    assert_eq!(signature, known.signature);
}

#[test]
fn der_is_read_as_it_is_written() {
    let curve = NamedCurve::Secp256r1.curve().unwrap();
    let pair = EcKeyPair::generate(&mut rng(), &curve).unwrap();
    let private = || Key::EcPrivate(EcPrivateKey::new(curve.clone(), &pair.private).unwrap());
    let public = || Key::EcPublic(EcPublicKey::new(curve.clone(), &pair.public).unwrap());
    let good = sign(33, private(), b"message").unwrap();
    assert_eq!(verify(33, public(), b"message", &good), Ok(true));
    let longer = [&[0x30, good[1] + 1], &good[2..], &[0]].concat();
    let after = [&good[..], &[0]].concat();
    let long_form = [&[0x30, 0x81], &good[1..]].concat();
    let padded = [&[0x30, good[1] + 1, 2, good[3] + 1, 0], &good[4..]].concat();
    for bad in
        [&longer[..], &after, &long_form, &good[..good.len() - 1], &good[1..], &[], &[0x30, 0]]
    {
        assert_eq!(verify(33, public(), b"message", bad), Ok(false));
    }
    // A zero before a number that needs none; before one that needs it, there is one already.
    assert_eq!(verify(33, public(), b"message", &padded), Ok(false));
    let zeros = hex!("3006020100020100");
    assert_eq!(verify(33, public(), b"message", &zeros), Ok(false));
}
