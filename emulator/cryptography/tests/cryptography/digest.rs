//! Message digests [FIPS 180-4], [FIPS 202], [RFC 1321], [ISO/IEC 10118-3], and checksums [ISO/IEC 3309].

use cryptography::{Checksum, ChecksumAlgorithm, CryptoError, DigestAlgorithm, MessageDigest};
use hex_literal::hex;

/// Of "abc": the NIST examples of each function, [RFC 1321 §A.5], and the RIPEMD-160 paper's appendix B.
#[test]
fn digests_of_three_letters() {
    let expected: [(DigestAlgorithm, &[u8]); 11] = [
        (DigestAlgorithm::Md5, &hex!("900150983cd24fb0d6963f7d28e17f72")),
        (DigestAlgorithm::Ripemd160, &hex!("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")),
        (DigestAlgorithm::Sha1, &hex!("a9993e364706816aba3e25717850c26c9cd0d89d")),
        (
            DigestAlgorithm::Sha224,
            &hex!("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        ),
        (
            DigestAlgorithm::Sha256,
            &hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ),
        (
            DigestAlgorithm::Sha384,
            &hex!(
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                "8086072ba1e7cc2358baeca134c825a7"
            ),
        ),
        (
            DigestAlgorithm::Sha512,
            &hex!(
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ),
        (
            DigestAlgorithm::Sha3_224,
            &hex!("e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
        ),
        (
            DigestAlgorithm::Sha3_256,
            &hex!("3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ),
        (
            DigestAlgorithm::Sha3_384,
            &hex!(
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                "98d88cea927ac7f539f1edf228376d25"
            ),
        ),
        (
            DigestAlgorithm::Sha3_512,
            &hex!(
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
            ),
        ),
    ];
    for (algorithm, expected) in expected {
        assert_eq!(*MessageDigest::digest(algorithm, b"abc"), expected);
        assert_eq!(expected.len(), algorithm.length());
    }
}

/// [FIPS 180-4], the NIST examples of two blocks.
#[test]
fn digests_of_two_blocks() {
    let message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let expected = hex!("84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_eq!(*MessageDigest::digest(DigestAlgorithm::Sha1, message), expected);
    let expected = hex!("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_eq!(*MessageDigest::digest(DigestAlgorithm::Sha256, message), expected);
}

#[test]
fn a_digest_resumes_from_where_another_stopped() {
    let message: Vec<u8> = (0..=255).cycle().take(1000).collect();
    for algorithm in DigestAlgorithm::ALL {
        let mut first = MessageDigest::new(algorithm);
        let cut = algorithm.block_length() * 3;
        first.update(&message[..cut]);
        let Some(length) = algorithm.chaining_length() else {
            assert_eq!(first.intermediate().err(), Some(CryptoError::NoSuchAlgorithm));
            assert_eq!(first.set_initial(&[0; 64], &[64]), Err(CryptoError::NoSuchAlgorithm));
            continue;
        };
        let value = first.intermediate().unwrap();
        assert_eq!(value.len(), length);
        // What stopped has started anew.
        first.update(b"abc");
        assert_eq!(first.finish(), MessageDigest::digest(algorithm, b"abc"));

        let mut second = MessageDigest::new(algorithm);
        second.set_initial(&value, &u32::try_from(cut).unwrap().to_be_bytes()).unwrap();
        second.update(&message[cut..]);
        assert_eq!(second.finish(), MessageDigest::digest(algorithm, &message));
    }
}

/// [JCAPI 3.0.5 InitializedMessageDigest.setInitialDigest]
#[test]
fn a_digest_does_not_resume_from_nonsense() {
    let mut digest = MessageDigest::new(DigestAlgorithm::Sha256);
    for (value, count) in [
        (&[1; 31][..], &[64][..]),
        (&[1; 33], &[64]),
        (&[1; 32], &[0]),
        (&[1; 32], &[]),
        (&[1; 32], &[63]),
        (&[1; 32], &[0x20, 0, 0, 0, 0, 0, 0, 0]),
        (&[1; 32], &[1; 17]),
    ] {
        assert_eq!(digest.set_initial(value, count), Err(CryptoError::IllegalValue));
    }
    assert_eq!(
        digest.set_initial(&[1; 32], &[0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC0]),
        Ok(())
    );
    digest.update(&[0; 3]);
    assert_eq!(digest.intermediate().err(), Some(CryptoError::IllegalUse));
    // SHA-384 resumes from the chaining value of SHA-512's length, and counts further.
    let mut digest = MessageDigest::new(DigestAlgorithm::Sha384);
    assert_eq!(digest.set_initial(&[1; 48], &[128]), Err(CryptoError::IllegalValue));
    assert_eq!(digest.set_initial(&[1; 64], &[0x20, 0, 0, 0, 0, 0, 0, 0]), Ok(()));
}

fn checksum(algorithm: ChecksumAlgorithm, initial: Option<&[u8]>, message: &[u8]) -> Vec<u8> {
    let mut checksum = Checksum::new(algorithm);
    if let Some(initial) = initial {
        checksum.init(initial).unwrap();
    }
    message.chunks(2).for_each(|piece| checksum.update(piece));
    checksum.finish()
}

/// The check values of the catalogue of parametrised algorithms: CRC-16/GENIBUS and CRC-32/ISO-HDLC; from zero, computed by hand of
/// one zero byte.
#[test]
fn checksums_of_nine_digits() {
    let digits = b"123456789";
    assert_eq!(checksum(ChecksumAlgorithm::Crc16, Some(&[0xFF; 2]), digits), hex!("d64e"));
    assert_eq!(checksum(ChecksumAlgorithm::Crc32, Some(&[0xFF; 4]), digits), hex!("cbf43926"));
    assert_eq!(checksum(ChecksumAlgorithm::Crc16, None, &[0]), hex!("ffff"));
    assert_eq!(checksum(ChecksumAlgorithm::Crc32, None, &[0]), hex!("ffffffff"));
    // CRC-16/XMODEM starts from zero and is not complemented.
    assert_eq!(checksum(ChecksumAlgorithm::Crc16, None, digits), (!0x31C3_u16).to_be_bytes());
}

#[test]
fn an_initial_value_has_the_length_of_the_checksum() {
    let mut checksum = Checksum::new(ChecksumAlgorithm::Crc16);
    assert_eq!(checksum.init(&[0; 4]), Err(CryptoError::IllegalValue));
    assert_eq!(checksum.init(&[]), Err(CryptoError::IllegalValue));
}
