//! What a card does not offer, no factory makes.

use javacard_api::AlgorithmFamily::{self, Aes, AesAuthenticated, Checksum, Derivation, Des, Sha1};
use javacard_api::AlgorithmFamily::{
    DiffieHellman, Dsa, EllipticCurves, Hmac, NamedCurves, Rsa, Sha256,
};

use super::{
    caller::{Caller, crypto, fresh, within},
    keys::build,
};
use crate::bed::Bed;

const NO_SUCH_ALGORITHM: i16 = 3;

type Make = fn(&mut Caller<'_, '_, '_>) -> Result<(), (&'static str, i16)>;

fn cipher(caller: &mut Caller<'_, '_, '_>, constant: i32) -> Result<(), (&'static str, i16)> {
    let name = "javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;";
    caller.make(name, &[constant, 0]).map(drop)
}

fn signature(caller: &mut Caller<'_, '_, '_>, constant: i32) -> Result<(), (&'static str, i16)> {
    let name = "javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;";
    caller.make(name, &[constant, 0]).map(drop)
}

fn digest(caller: &mut Caller<'_, '_, '_>, constant: i32) -> Result<(), (&'static str, i16)> {
    let name = "javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;";
    caller.make(name, &[constant, 0]).map(drop)
}

fn agreement(caller: &mut Caller<'_, '_, '_>, constant: i32) -> Result<(), (&'static str, i16)> {
    let name = "javacard/security/KeyAgreement.getInstance(BZ)Ljavacard/security/KeyAgreement;";
    caller.make(name, &[constant, 0]).map(drop)
}

fn pair(caller: &mut Caller<'_, '_, '_>, kind: i32, bits: i32) -> Result<(), (&'static str, i16)> {
    caller.construct("javacard/security/KeyPair(BS)V", &[kind, bits]).map(drop)
}

/// One row for each way to an object: how it is made, and each family without which it is not.
const FACTORIES: &[(&str, Make, &[AlgorithmFamily])] = &[
    ("AES key", |caller| build(caller, 15, 128).map(drop), &[Aes]),
    ("DES key", |caller| build(caller, 3, 128).map(drop), &[Des]),
    ("HMAC key", |caller| build(caller, 21, 128).map(drop), &[Hmac]),
    ("generic secret", |caller| build(caller, 42, 128).map(drop), &[]),
    ("RSA pair", |caller| pair(caller, 2, 1024), &[Rsa]),
    ("EC pair", |caller| pair(caller, 5, 256), &[EllipticCurves]),
    ("DSA pair", |caller| pair(caller, 3, 1024), &[Dsa]),
    ("DH pair", |caller| pair(caller, 6, 1024), &[DiffieHellman]),
    ("AES-CBC", |caller| cipher(caller, 13), &[Aes]),
    ("AES-GCM", |caller| cipher(caller, -13), &[Aes, AesAuthenticated]),
    ("DES-CBC", |caller| cipher(caller, 1), &[Des]),
    ("RSA-PKCS1", |caller| cipher(caller, 10), &[Rsa]),
    ("RSA-OAEP", |caller| cipher(caller, 15), &[Rsa, Sha1]),
    ("DES MAC", |caller| signature(caller, 1), &[Des]),
    ("HMAC-SHA256", |caller| signature(caller, 25), &[Hmac, Sha256]),
    ("RSA with SHA-1", |caller| signature(caller, 10), &[Rsa, Sha1]),
    ("ECDSA with SHA-256", |caller| signature(caller, 33), &[EllipticCurves, Sha256]),
    ("SHA-1", |caller| digest(caller, 1), &[Sha1]),
    ("SHA-256", |caller| digest(caller, 4), &[Sha256]),
    ("ECDH", |caller| agreement(caller, 3), &[EllipticCurves]),
    ("ECDH with SHA-1", |caller| agreement(caller, 1), &[EllipticCurves, Sha1]),
    ("DH", |caller| agreement(caller, 7), &[DiffieHellman]),
    ("XDH", |caller| agreement(caller, 8), &[NamedCurves]),
    (
        "CRC",
        |caller| {
            let name = "javacard/security/Checksum.getInstance(BZ)Ljavacard/security/Checksum;";
            caller.make(name, &[1, 0]).map(drop)
        },
        &[Checksum],
    ),
    (
        "one-shot SHA-1",
        |caller| {
            let name = "javacard/security/MessageDigest$OneShot.open(B)Ljavacard/security/MessageDigest$OneShot;";
            caller.make(name, &[1]).map(drop)
        },
        &[Sha1],
    ),
    (
        "HKDF",
        |caller| {
            let name = "javacardx/security/derivation/DerivationFunction.getInstance(SZ)Ljavacardx/security/derivation/DerivationFunction;";
            caller.make(name, &[9, 0]).map(drop)
        },
        &[Derivation],
    ),
];

#[test]
fn a_card_with_everything_makes_everything() {
    fresh(|caller| {
        for (name, make, _) in FACTORIES {
            assert_eq!(make(caller), Ok(()), "{name}");
        }
    });
}

#[test]
fn without_a_family_what_needs_it_is_refused_and_nothing_else() {
    let families = [
        Aes,
        AesAuthenticated,
        Checksum,
        Derivation,
        Des,
        DiffieHellman,
        Dsa,
        EllipticCurves,
        Hmac,
        NamedCurves,
        Rsa,
        Sha1,
        Sha256,
    ];
    for without in families {
        let mut bed = Bed::new();
        bed.platform.without = vec![without];
        within(&mut bed, |caller| {
            for (name, make, needs) in FACTORIES {
                let refused = needs.contains(&without);
                let expected = if refused { Err(crypto(NO_SUCH_ALGORITHM)) } else { Ok(()) };
                assert_eq!(make(caller), expected, "{name} without {without:?}");
            }
        });
    }
}

#[test]
fn a_longest_rsa_key_is_the_longest() {
    let mut bed = Bed::new();
    bed.platform.rsa_bits_max = 1024;
    within(&mut bed, |caller| {
        assert_eq!(pair(caller, 1, 1024), Ok(()));
        assert_eq!(pair(caller, 1, 2048), Err(crypto(NO_SUCH_ALGORITHM)));
        let refused = build(caller, 6, 1056).map(drop);
        assert_eq!(refused, Err(crypto(NO_SUCH_ALGORITHM)));
    });
}
