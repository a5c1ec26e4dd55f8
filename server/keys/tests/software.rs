//! Software keys: made once, found again, sealed on the disk, each for its one use.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use globalplatform::{Diversification, Key};
use keys::{KeyKind, KeyProvider as _, KeysError, RsaPadding, Sealing, SoftwareKeys, wrap_for};
use secrecy::SecretString;
use store::{
    Database,
    page::Page,
    secrets::{SealedKey, SealedKeyStore as _},
};
use zeroize::Zeroizing;

const MASTER: &[u8; 16] = b"master key bytes";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn database(&self) -> Database {
        Database::open(&self.file("db")).await.unwrap()
    }

    fn sealing(&self) -> Sealing {
        Sealing::KeyFile(self.file("key"))
    }

    async fn keys(&self) -> Result<SoftwareKeys<Database>, KeysError> {
        SoftwareKeys::open(self.database().await, &self.sealing()).await
    }
}

fn contains(path: &Path, needle: &[u8]) -> bool {
    fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn keys_are_made_once_and_found_again() {
    let place = Place::new();
    let wanted = [
        ("root", KeyKind::SigningRsa2048),
        ("tls", KeyKind::TlsP256),
        ("transport", KeyKind::UnwrappingRsa2048),
        ("master", KeyKind::MasterAes256),
    ];
    let keys = place.keys().await.unwrap();
    keys.ensure_keys(&wanted).await.unwrap();
    keys.ensure_keys(&wanted).await.unwrap();
    let before = keys.descriptions();
    assert_eq!(before.len(), 4);

    let again = place.keys().await.unwrap();
    assert_eq!(again.descriptions(), before);
    let wrong = again.ensure_keys(&[("root", KeyKind::SigningP256)]).await;
    assert!(matches!(wrong, Err(KeysError::WrongKind { .. })));
}

#[tokio::test]
async fn signatures_verify_with_the_visible_public_key() {
    let place = Place::new();
    let keys = place.keys().await.unwrap();
    let kinds: [(&str, KeyKind, &'static dyn VerificationAlgorithm); 2] = [
        ("rsa", KeyKind::SigningRsa2048, &RSA_PKCS1_2048_8192_SHA256),
        ("ec", KeyKind::SigningP256, &ECDSA_P256_SHA256_ASN1),
    ];
    for (name, kind, algorithm) in kinds {
        keys.ensure_keys(&[(name, kind)]).await.unwrap();
        let signature = keys.sign(name, b"message").unwrap();
        let public = UnparsedPublicKey::new(algorithm, keys.description(name).unwrap().visible);
        public.verify(b"message", &signature).unwrap();
        assert!(public.verify(b"massage", &signature).is_err());
    }
}

#[tokio::test]
async fn a_wrapped_key_opens_with_its_padding_only() {
    let place = Place::new();
    let keys = place.keys().await.unwrap();
    keys.ensure_keys(&[("transport", KeyKind::UnwrappingRsa2048)]).await.unwrap();
    let public = keys.description("transport").unwrap().visible;
    for padding in [RsaPadding::OaepSha256, RsaPadding::Pkcs1V15] {
        let wrapped = wrap_for(&public, padding, MASTER).unwrap();
        assert_eq!(*keys.unwrap_key("transport", padding, &wrapped).unwrap(), MASTER);
        let mut damaged = wrapped;
        damaged[17] ^= 1;
        let opened = keys.unwrap_key("transport", padding, &damaged);
        assert!(matches!(opened, Err(KeysError::Unopenable)));
    }
    assert!(matches!(
        wrap_for(&public, RsaPadding::OaepSha256, &[0; 256]),
        Err(KeysError::Unwrappable)
    ));
    assert!(matches!(
        wrap_for(b"no key", RsaPadding::OaepSha256, MASTER),
        Err(KeysError::Unwrappable)
    ));
}

#[tokio::test]
async fn a_master_key_derives_and_does_nothing_else() {
    let place = Place::new();
    let keys = place.keys().await.unwrap();
    let bytes = Zeroizing::new(MASTER.to_vec());
    keys.import_master_key("master", KeyKind::MasterDes3, &bytes).await.unwrap();
    let expected = Diversification::Visa2.derive(&Key::des3(*MASTER), b"0123456789").unwrap();
    assert_eq!(keys.diversify("master", Diversification::Visa2, b"0123456789").unwrap(), expected);
    assert_eq!(
        keys.description("master").unwrap().visible,
        Key::des3(*MASTER).check_value(),
        "only its check value is seen"
    );
    let itself = keys.diversify("master", Diversification::None, b"0123456789");
    assert!(matches!(itself, Err(KeysError::DiversificationMissing)));
    assert!(matches!(keys.sign("master", b"m"), Err(KeysError::WrongKind { .. })));
    assert!(matches!(keys.tls_private_key("master"), Err(KeysError::WrongKind { .. })));
    let unwrapped = keys.unwrap_key("master", RsaPadding::OaepSha256, b"w");
    assert!(matches!(unwrapped, Err(KeysError::WrongKind { .. })));

    keys.ensure_keys(&[("tls", KeyKind::TlsP256)]).await.unwrap();
    let tls = keys.tls_private_key("tls").unwrap();
    place.database().await.close().await;
    for file in ["db", "db-wal"].map(|name| place.file(name)).iter().filter(|f| f.exists()) {
        assert!(!contains(file, MASTER), "the master key is in {}", file.display());
        assert!(!contains(file, &tls[36..60]), "the TLS key is in {}", file.display());
    }
}

#[tokio::test]
async fn a_key_of_the_wrong_length_or_kind_is_not_imported() {
    let place = Place::new();
    let keys = place.keys().await.unwrap();
    let bytes = Zeroizing::new(MASTER.to_vec());
    for kind in [KeyKind::MasterAes256, KeyKind::SigningRsa2048, KeyKind::TlsP256] {
        let imported = keys.import_master_key("m", kind, &bytes).await;
        assert!(matches!(imported, Err(KeysError::WrongKind { .. })), "{kind}");
    }
    keys.import_master_key("m", KeyKind::MasterAes128, &bytes).await.unwrap();
    let twice = keys.import_master_key("m", KeyKind::MasterAes128, &bytes).await;
    assert!(matches!(twice, Err(KeysError::Store(_))));
}

#[tokio::test]
async fn the_key_file_is_private_and_cannot_be_replaced() {
    let place = Place::new();
    place.keys().await.unwrap();
    let file = place.file("key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(place.keys().await, Err(KeysError::KeyFileExposed(_))));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

    let right = fs::read(&file).unwrap();
    fs::write(&file, [0; 32]).unwrap();
    assert!(matches!(place.keys().await, Err(KeysError::WrongSealingKey)));
    fs::write(&file, [0; 33]).unwrap();
    assert!(matches!(place.keys().await, Err(KeysError::KeyFileMalformed(_))));
    fs::remove_file(&file).unwrap();
    assert!(matches!(place.keys().await, Err(KeysError::KeyFileMissing(_))));
    fs::write(&file, right).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    place.keys().await.unwrap();
}

#[tokio::test]
async fn a_passphrase_opens_what_it_sealed() {
    let place = Place::new();
    let by = |text: &str| Sealing::Passphrase(SecretString::from(text.to_owned()));
    let database = place.database().await;
    let keys = SoftwareKeys::open(database.clone(), &by("correct horse")).await.unwrap();
    keys.ensure_keys(&[("master", KeyKind::MasterAes128)]).await.unwrap();
    let again = SoftwareKeys::open(database.clone(), &by("correct horse")).await.unwrap();
    assert_eq!(again.descriptions(), keys.descriptions());
    let wrong = SoftwareKeys::open(database.clone(), &by("battery staple")).await;
    assert!(matches!(wrong, Err(KeysError::WrongSealingKey)));
    let otherwise = SoftwareKeys::open(database, &place.sealing()).await;
    assert!(matches!(otherwise, Err(KeysError::SealedOtherwise("passphrase"))));
}

#[tokio::test]
async fn a_sealed_key_does_not_open_under_another_name() {
    let place = Place::new();
    let keys = place.keys().await.unwrap();
    keys.ensure_keys(&[("first", KeyKind::MasterAes128)]).await.unwrap();
    let database = place.database().await;
    let stored = database.sealed_keys(Page::first()).await.unwrap().entries.remove(0);
    let moved = SealedKey { name: "second".to_owned(), ..stored };
    database.put_sealed_key(&moved).await.unwrap();
    assert!(matches!(place.keys().await, Err(KeysError::Damaged(_))));
}
