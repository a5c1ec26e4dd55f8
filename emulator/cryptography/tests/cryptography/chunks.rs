//! However a message is cut, the outcome is the same; what was encrypted comes back.

use cryptography::{
    Cipher, CipherAlgorithm, CryptoError, DigestAlgorithm, Direction, Key, MessageDigest, Purpose,
    Signature, SignatureAlgorithm,
    cipher::{BlockCipher, Mode, Padding},
};
use proptest::prelude::*;

use crate::support::{aes, des, rng, secret};

fn algorithm() -> impl Strategy<Value = CipherAlgorithm> {
    let constants = (1..=8_u8).chain([13, 14]).chain(22..=29).chain([0xF0]);
    let algorithms: Vec<_> = constants.filter_map(CipherAlgorithm::from_constant).collect();
    prop::sample::select(algorithms).prop_filter("RSA has a test of its own", |algorithm| {
        matches!(algorithm, CipherAlgorithm::Block { .. })
    })
}

fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6)
}

fn key(algorithm: CipherAlgorithm) -> Key {
    match algorithm {
        CipherAlgorithm::Block { mode: Mode::Xts, .. } => secret(&[5; 64]),
        CipherAlgorithm::Block { cipher: BlockCipher::Des, .. } => des(&[6; 24]),
        _ => aes(&[7; 24]),
    }
}

fn crypt(
    algorithm: CipherAlgorithm,
    direction: Direction,
    pieces: &[Vec<u8>],
) -> Result<Vec<u8>, CryptoError> {
    let mut cipher = Cipher::new(algorithm);
    cipher.init(key(algorithm), direction, &[])?;
    let mut output = Vec::new();
    for piece in pieces {
        output.extend_from_slice(&cipher.update(piece)?);
    }
    output.extend_from_slice(&cipher.finish(&mut rng(), &[])?);
    Ok(output)
}

proptest! {
    #[test]
    fn ciphers(algorithm in algorithm(), pieces in pieces()) {
        let message = pieces.concat();
        let encrypted = crypt(algorithm, Direction::Encrypt, &pieces);
        prop_assert_eq!(&encrypted, &crypt(algorithm, Direction::Encrypt, core::slice::from_ref(&message)));
        if let Ok(encrypted) = encrypted {
            let cut: Vec<_> = encrypted.chunks(7).map(<[u8]>::to_vec).collect();
            let mut decrypted = crypt(algorithm, Direction::Decrypt, &cut).unwrap();
            if let CipherAlgorithm::Block { padding: Padding::Iso9797M1, .. } = algorithm {
                decrypted.truncate(message.len());
            }
            prop_assert_eq!(decrypted, message);
        }
    }

    #[test]
    fn digests(algorithm in prop::sample::select(DigestAlgorithm::ALL.to_vec()), pieces in pieces()) {
        let mut digest = MessageDigest::new(algorithm);
        for piece in &pieces {
            digest.update(piece);
        }
        prop_assert_eq!(digest.finish(), MessageDigest::digest(algorithm, &pieces.concat()));
    }

    #[test]
    fn macs(constant in prop::sample::select(vec![2, 4, 6, 8, 18, 20, 24, 25, 26, 48, 49]), pieces in pieces()) {
        let algorithm = SignatureAlgorithm::from_constant(constant).unwrap();
        let key = || match algorithm {
            SignatureAlgorithm::Mac { aes: true, .. } => aes(&[1; 32]),
            SignatureAlgorithm::Mac { .. } => des(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
            _ => secret(&[1; 50]),
        };
        let mut mac = Signature::new(algorithm);
        mac.init(key(), Purpose::Sign, &[]).unwrap();
        for piece in &pieces {
            mac.update(piece).unwrap();
        }
        let made = mac.sign(&mut rng(), &[]);
        let whole = mac.sign(&mut rng(), &pieces.concat());
        prop_assert_eq!(&made, &whole);
        if let Ok(made) = made {
            let mut mac = Signature::new(algorithm);
            mac.init(key(), Purpose::Verify, &[]).unwrap();
            prop_assert_eq!(mac.verify(&pieces.concat(), &made), Ok(true));
        }
    }
}
