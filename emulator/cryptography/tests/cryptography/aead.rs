//! Authenticated ciphers [NIST SP 800-38C §C], [NIST SP 800-38D], and the order in which they take what they are given.

use cryptography::{AeadAlgorithm, AeadCipher, AeadParameters, CryptoError, Direction};
use hex_literal::hex;

use crate::support::{aes, des};

struct Vector<'a> {
    algorithm: AeadAlgorithm,
    key: &'a [u8],
    nonce: &'a [u8],
    additional: &'a [u8],
    plain: &'a [u8],
    cipher: &'a [u8],
    tag: &'a [u8],
}

impl Vector<'_> {
    fn parameters(&self) -> AeadParameters<'_> {
        AeadParameters {
            nonce: self.nonce,
            additional_length: self.additional.len(),
            message_length: self.plain.len(),
            tag_length: self.tag.len(),
        }
    }

    fn run(&self, direction: Direction, message: &[u8], piece: usize) -> (Vec<u8>, AeadCipher) {
        let mut cipher = AeadCipher::new(self.algorithm);
        cipher.init(aes(self.key), direction, self.parameters()).unwrap();
        for piece in self.additional.chunks(piece) {
            cipher.update_additional(piece).unwrap();
        }
        let mut output = Vec::new();
        for piece in message.chunks(piece) {
            output.extend_from_slice(&cipher.update(piece).unwrap());
        }
        output.extend_from_slice(&cipher.finish(&[]).unwrap());
        (output, cipher)
    }

    fn check(&self) {
        for piece in [1, 5, 16, 100] {
            let (output, cipher) = self.run(Direction::Encrypt, self.plain, piece);
            assert_eq!(output, self.cipher);
            assert_eq!(*cipher.tag(self.tag.len()).unwrap(), self.tag);
            let (output, cipher) = self.run(Direction::Decrypt, self.cipher, piece);
            assert_eq!(output, self.plain);
            assert_eq!(cipher.verify_tag(self.tag), Ok(true));
            let mut wrong = self.tag.to_vec();
            wrong[0] ^= 1;
            assert_eq!(cipher.verify_tag(&wrong), Ok(false));
        }
    }
}

/// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 1, 2, 4, 5, 6 and 16.
#[test]
fn galois_counter_mode() {
    let key = hex!("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let plain = hex!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    );
    let additional = hex!("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let nonce = hex!("cafebabefacedbaddecaf888");
    let long_nonce = hex!(
        "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
        "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
    );
    let gcm = |key, nonce, additional, plain, cipher, tag| Vector {
        algorithm: AeadAlgorithm::Gcm,
        key,
        nonce,
        additional,
        plain,
        cipher,
        tag,
    };
    let (zeros, empty): (&[u8], &[u8]) = (&[0; 16], &[]);
    gcm(zeros, &[0; 12], empty, empty, empty, &hex!("58e2fccefa7e3061367f1d57a4e7455a")).check();
    gcm(
        zeros,
        &[0; 12],
        empty,
        zeros,
        &hex!("0388dace60b6a392f328c2b971b2fe78"),
        &hex!("ab6e47d42cec13bdf53a67b21257bddf"),
    )
    .check();
    let cipher = hex!(
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
    );
    let tag = hex!("5bc94fbc3221a5db94fae95ae7121a47");
    gcm(&key[..16], &nonce, &additional, &plain, &cipher, &tag).check();
    let cipher = hex!(
        "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
        "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598"
    );
    let tag = hex!("3612d2e79e3b0785561be14aaca2fccb");
    gcm(&key[..16], &nonce[..8], &additional, &plain, &cipher, &tag).check();
    let cipher = hex!(
        "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
        "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5"
    );
    let tag = hex!("619cc5aefffe0bfa462af43c1699d050");
    gcm(&key[..16], &long_nonce, &additional, &plain, &cipher, &tag).check();
    let cipher = hex!(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    );
    let tag = hex!("76fc6ece0f4e1768cddf8853bb2d551b");
    gcm(&key, &nonce, &additional, &plain, &cipher, &tag).check();
}

/// [NIST SP 800-38C §C.1, §C.2, §C.3, §C.4]
#[test]
fn counter_with_cbc_mac() {
    let key = hex!("404142434445464748494a4b4c4d4e4f");
    let plain = hex!("202122232425262728292a2b2c2d2e2f3031323334353637 38393a3b3c3d3e3f");
    let nonce = hex!("101112131415161718191a1b1c");
    let additional: Vec<u8> = (0..=255).cycle().take(0x1_0000).collect();
    let ccm = |nonce, additional, plain, cipher, tag| {
        Vector { algorithm: AeadAlgorithm::Ccm, key: &key, nonce, additional, plain, cipher, tag }
            .check();
    };
    ccm(&nonce[..7], &additional[..8], &plain[..4], &hex!("7162015b"), &hex!("4dac255d"));
    let cipher = hex!("d2a1f0e051ea5f62081a7792073d593d");
    ccm(&nonce[..8], &additional[..16], &plain[..16], &cipher, &hex!("1fc64fbfaccd"));
    let cipher = hex!("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5");
    ccm(&nonce[..12], &additional[..20], &plain[..24], &cipher, &hex!("484392fbc1b09951"));
    let cipher = hex!("69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72");
    ccm(&nonce, &additional, &plain, &cipher, &hex!("b4ac6bec93e8598e7f0dadbcea5b"));
}

fn started(algorithm: AeadAlgorithm, lengths: [usize; 2]) -> AeadCipher {
    let mut cipher = AeadCipher::new(algorithm);
    let parameters = AeadParameters {
        nonce: &[1; 12],
        additional_length: lengths[0],
        message_length: lengths[1],
        tag_length: 16,
    };
    cipher.init(aes(&[1; 16]), Direction::Encrypt, parameters).unwrap();
    cipher
}

#[test]
fn what_comes_out_of_order_is_refused() {
    for algorithm in [AeadAlgorithm::Gcm, AeadAlgorithm::Ccm] {
        let mut cipher = AeadCipher::new(algorithm);
        assert_eq!(cipher.update_additional(&[1]), Err(CryptoError::InvalidInit));
        assert_eq!(cipher.update(&[1]).err(), Some(CryptoError::InvalidInit));
        assert_eq!(cipher.tag(16).err(), Some(CryptoError::IllegalUse));
        let mut cipher = started(algorithm, [1, 2]);
        cipher.update_additional(&[1]).unwrap();
        cipher.update(&[1]).unwrap();
        assert_eq!(cipher.update_additional(&[1]), Err(CryptoError::IllegalUse));
        assert_eq!(cipher.tag(16).err(), Some(CryptoError::IllegalUse));
        cipher.finish(&[2]).unwrap();
        assert_eq!(cipher.update(&[]).err(), Some(CryptoError::IllegalUse));
        assert_eq!(cipher.tag(0).err(), Some(CryptoError::IllegalValue));
        assert_eq!(cipher.tag(17).err(), Some(CryptoError::IllegalValue));
    }
}

#[test]
fn ccm_takes_what_was_announced() {
    let mut cipher = started(AeadAlgorithm::Ccm, [1, 2]);
    assert_eq!(cipher.update_additional(&[1; 2]), Err(CryptoError::IllegalUse));
    assert_eq!(cipher.update(&[1]).err(), Some(CryptoError::IllegalUse));
    cipher.update_additional(&[1]).unwrap();
    assert_eq!(cipher.update(&[1; 3]).err(), Some(CryptoError::IllegalUse));
    assert_eq!(cipher.clone().finish(&[1]).err(), Some(CryptoError::IllegalUse));
    cipher.finish(&[1; 2]).unwrap();
    assert_eq!(cipher.tag(8).err(), Some(CryptoError::IllegalValue));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let init = |algorithm, key, nonce: &[u8], message_length, tag_length| {
        let mut cipher = AeadCipher::new(algorithm);
        let parameters = AeadParameters { nonce, additional_length: 0, message_length, tag_length };
        cipher.init(key, Direction::Encrypt, parameters)
    };
    let refused = Err(CryptoError::IllegalValue);
    assert_eq!(init(AeadAlgorithm::Gcm, aes(&[1; 16]), &[], 0, 0), refused);
    assert_eq!(init(AeadAlgorithm::Gcm, des(&[1; 16]), &[1; 12], 0, 0), refused);
    for (nonce, message, tag) in
        [(6, 0, 16), (14, 0, 16), (13, 0x1_0000, 16), (13, 0, 5), (13, 0, 2)]
    {
        assert_eq!(init(AeadAlgorithm::Ccm, aes(&[1; 16]), &vec![1; nonce], message, tag), refused);
    }
    assert_eq!(init(AeadAlgorithm::Ccm, aes(&[1; 16]), &[1; 13], 0xFFFF, 4), Ok(()));
}
