//! What DRM archives it gives back, to its owner only, and in clear to nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::{path::Path, sync::Arc};

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use drm::{DataRecovery, TRANSPORT_KEY, WANTED_KEYS};
use keys::{
    KeyProvider as _, RsaPadding, Sealing, SoftwareKeys, random::SystemRandomness, wrap_for,
};
use pkcs8::{PrivateKeyInfoRef, der::Decode as _};
use store::{Database, clock::SystemClock};
use token_management::subsystem::{
    SubsystemError,
    drm::{
        DataRecoveryManager as _, KeyGenerationRequest, KeyKind, KeyRecoveryRequest,
        TransportKeyForDrm, WrappedKeyPair,
    },
    tks::TransportAlgorithm,
};

const CUID: [u8; 10] = *b"0123456789";
const TRANSPORT: [u8; 16] = *b"transport key 16";

type Keys = SoftwareKeys<Database>;
type Drm = DataRecovery<Keys, Database, SystemClock, SystemRandomness>;

struct Bench {
    folder: tempfile::TempDir,
    keys: Arc<Keys>,
    drm: Drm,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("drm.sqlite")).await.unwrap();
    let sealing = Sealing::KeyFile(folder.path().join("key"));
    let keys = Arc::new(SoftwareKeys::open(database.clone(), &sealing).await.unwrap());
    keys.ensure_keys(&WANTED_KEYS).await.unwrap();
    let drm = DataRecovery::new(
        Arc::clone(&keys),
        database,
        SystemClock,
        SystemRandomness,
        RsaPadding::OaepSha256,
    );
    Bench { folder, keys, drm }
}

impl Bench {
    fn transport_key(&self, algorithm: TransportAlgorithm) -> TransportKeyForDrm {
        let public = self.keys.description(TRANSPORT_KEY).unwrap().visible;
        TransportKeyForDrm {
            algorithm,
            wrapped: wrap_for(&public, RsaPadding::OaepSha256, &TRANSPORT).unwrap(),
        }
    }

    async fn generate(&self, algorithm: TransportAlgorithm) -> WrappedKeyPair {
        let request = KeyGenerationRequest {
            cuid: CUID,
            user: "alice".to_owned(),
            kind: KeyKind::Rsa(2048),
            archive: true,
            transport_key: self.transport_key(algorithm),
        };
        self.drm.generate_key(request).await.unwrap()
    }

    async fn recover(
        &self,
        user: &str,
        public_key: &[u8],
    ) -> Result<WrappedKeyPair, SubsystemError> {
        let request = KeyRecoveryRequest {
            cuid: *b"another co",
            user: user.to_owned(),
            certificate: certificate_for(self.folder.path(), public_key),
            transport_key: self.transport_key(TransportAlgorithm::Des3Cbc),
        };
        self.drm.recover_key(request).await
    }
}

/// A certificate for this public key, made by the `openssl` program with a throw-away authority.
fn certificate_for(folder: &Path, public_key: &[u8]) -> Vec<u8> {
    std::fs::write(folder.join("public.der"), public_key).unwrap();
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=throw-away -keyout ca.key -out ca.pem -days 2 2>/dev/null \
        && openssl req -new -key ca.key -subj /UID=alice -out request.pem \
        && openssl pkey -pubin -inform DER -in public.der -out public.pem \
        && openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -force_pubkey public.pem -set_serial 7 -days 1 -outform DER -out leaf.der 2>/dev/null";
    let status =
        std::process::Command::new("sh").args(["-c", script]).current_dir(folder).status().unwrap();
    assert!(status.success(), "openssl failed");
    std::fs::read(folder.join("leaf.der")).unwrap()
}

/// Opens what a card would open.
fn open(algorithm: TransportAlgorithm, pair: &WrappedKeyPair) -> Vec<u8> {
    match algorithm {
        TransportAlgorithm::Des3Cbc => {
            let key: Vec<u8> = TRANSPORT.iter().chain(&TRANSPORT[..8]).copied().collect();
            cbc::Decryptor::<des::TdesEde3>::new_from_slices(&key, &pair.iv)
                .unwrap()
                .decrypt_padded_vec::<Pkcs7>(&pair.wrapped_private_key)
                .unwrap()
        }
        TransportAlgorithm::AesCbc => {
            cbc::Decryptor::<aes::Aes128>::new_from_slices(&TRANSPORT, &[0; 16])
                .unwrap()
                .decrypt_padded_vec::<Pkcs7>(&pair.wrapped_private_key)
                .unwrap()
        }
        TransportAlgorithm::AesKeyWrapPadded => {
            use aws_lc_rs::key_wrap::{AES_128, AesKek, KeyWrapPadded as _};
            let mut output = vec![0; pair.wrapped_private_key.len()];
            AesKek::new(&AES_128, &TRANSPORT)
                .unwrap()
                .unwrap_with_padding(&pair.wrapped_private_key, &mut output)
                .unwrap()
                .to_vec()
        }
    }
}

/// The modulus in a PKCS#8 RSA key must be the one of the public key; both hold it as the same bytes.
fn assert_pair(private_key: &[u8], public_key: &[u8]) {
    let info = PrivateKeyInfoRef::from_der(private_key).unwrap();
    assert_eq!(info.algorithm.oid.to_string(), "1.2.840.113549.1.1.1");
    let modulus = &public_key[public_key.len() - 5 - 256..public_key.len() - 5];
    assert!(private_key.windows(256).any(|window| window == modulus));
}

#[tokio::test]
async fn every_transport_algorithm_opens_at_the_card() {
    let bench = bench().await;
    for algorithm in [
        TransportAlgorithm::Des3Cbc,
        TransportAlgorithm::AesCbc,
        TransportAlgorithm::AesKeyWrapPadded,
    ] {
        let pair = bench.generate(algorithm).await;
        assert_pair(&open(algorithm, &pair), &pair.public_key);
    }
}

#[tokio::test]
async fn an_archived_key_comes_back_to_its_owner_only() {
    let bench = bench().await;
    let made = bench.generate(TransportAlgorithm::Des3Cbc).await;
    let private_key = open(TransportAlgorithm::Des3Cbc, &made);
    let back = bench.recover("alice", &made.public_key).await.unwrap();
    assert_eq!(open(TransportAlgorithm::Des3Cbc, &back), private_key);
    assert_eq!(back.public_key, made.public_key);
    assert!(matches!(
        bench.recover("mallory", &made.public_key).await,
        Err(SubsystemError::Refused(_))
    ));
}

#[tokio::test]
async fn what_was_not_archived_is_not_found() {
    let bench = bench().await;
    let request = KeyGenerationRequest {
        cuid: CUID,
        user: "alice".to_owned(),
        kind: KeyKind::Rsa(2048),
        archive: false,
        transport_key: bench.transport_key(TransportAlgorithm::Des3Cbc),
    };
    let pair = bench.drm.generate_key(request).await.unwrap();
    assert!(matches!(
        bench.recover("alice", &pair.public_key).await,
        Err(SubsystemError::NotFound(_))
    ));
}

#[tokio::test]
async fn bad_requests_archive_nothing() {
    let bench = bench().await;
    let request = |kind, transport_key| KeyGenerationRequest {
        cuid: CUID,
        user: "alice".to_owned(),
        kind,
        archive: true,
        transport_key,
    };
    let good = bench.transport_key(TransportAlgorithm::Des3Cbc);
    let small = bench.drm.generate_key(request(KeyKind::Rsa(512), good)).await;
    assert!(matches!(small, Err(SubsystemError::Refused(_))));
    let garbage =
        TransportKeyForDrm { algorithm: TransportAlgorithm::Des3Cbc, wrapped: vec![7; 256] };
    let garbled = bench.drm.generate_key(request(KeyKind::Rsa(2048), garbage)).await;
    assert!(matches!(garbled, Err(SubsystemError::Refused(_))));
}

#[tokio::test]
async fn no_private_key_is_in_clear_in_the_database() {
    let bench = bench().await;
    let pair = bench.generate(TransportAlgorithm::Des3Cbc).await;
    let private_key = open(TransportAlgorithm::Des3Cbc, &pair);
    // A stretch from the middle of the key holds primes or exponents, which the public key does not have.
    let secret = &private_key[private_key.len() / 2..][..32];
    for entry in std::fs::read_dir(bench.folder.path()).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(32).any(|window| window == secret));
    }
}
