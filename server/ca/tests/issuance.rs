//! What the authority issues and revokes, judged by the `openssl` program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::{path::Path, process::Command, sync::Arc};

use ca::{Authority, AuthorityConfig, WANTED_KEYS};
use keys::{KeyProvider as _, Sealing, SoftwareKeys, random::SystemRandomness};
use store::{Database, clock::SystemClock};
use token_management::subsystem::{
    SubsystemError,
    ca::{CertificateAuthority as _, EnrollmentRequest, IssuedCertificate, RevocationReason},
};

type Ca = Authority<SoftwareKeys<Database>, Database, SystemClock, SystemRandomness>;

const SIGNING: &str = "caTokenUserSigningKeyEnrollment";
const ENCRYPTION: &str = "caTokenUserEncryptionKeyEnrollment";

async fn authority(folder: &Path) -> Ca {
    let database = Database::open(&folder.join("ca.sqlite")).await.unwrap();
    let sealing = Sealing::KeyFile(folder.join("key"));
    let keys = Arc::new(SoftwareKeys::open(database.clone(), &sealing).await.unwrap());
    keys.ensure_keys(&WANTED_KEYS).await.unwrap();
    Authority::open(keys, database, SystemClock, SystemRandomness, AuthorityConfig::default())
        .await
        .unwrap()
}

/// Runs a shell line in the folder and returns what it printed; the line must succeed.
fn sh(folder: &Path, line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {text}");
    text
}

/// Whether a shell line succeeds.
fn succeeds(folder: &Path, line: &str) -> bool {
    Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap().status.success()
}

fn spki(folder: &Path, options: &str) -> Vec<u8> {
    sh(
        folder,
        &format!(
            "openssl genpkey {options} -out leaf.key 2>&1 && openssl pkey -in leaf.key -pubout -outform DER -out leaf.pub"
        ),
    );
    std::fs::read(folder.join("leaf.pub")).unwrap()
}

fn rsa(folder: &Path) -> Vec<u8> {
    spki(folder, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048")
}

fn request(profile: &str, user: &str, public_key: Vec<u8>) -> EnrollmentRequest {
    EnrollmentRequest {
        profile: profile.to_owned(),
        user: user.to_owned(),
        cuid: *b"0123456789",
        public_key,
    }
}

async fn write(ca: &Ca, folder: &Path, issued: &IssuedCertificate) {
    std::fs::write(folder.join("leaf.der"), &issued.der).unwrap();
    std::fs::write(folder.join("chain.pem"), ca.chain_pem().unwrap()).unwrap();
    std::fs::write(folder.join("crl.der"), ca.revocation_list().await.unwrap().der).unwrap();
    sh(
        folder,
        "openssl x509 -inform DER -in leaf.der -out leaf.pem && openssl crl -inform DER -in crl.der -out crl.pem",
    );
}

const VERIFY: &str =
    "openssl verify -x509_strict -crl_check -CAfile chain.pem -CRLfile crl.pem leaf.pem";

#[tokio::test]
async fn openssl_accepts_chain_certificate_and_list() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ca = authority(folder).await;
    for (profile, usage) in [
        (SIGNING, "Digital Signature, Non Repudiation"),
        (ENCRYPTION, "Key Encipherment, Data Encipherment"),
    ] {
        let issued = ca.enroll(request(profile, "alice", rsa(folder))).await.unwrap();
        write(&ca, folder, &issued).await;
        sh(folder, VERIFY);
        let text = sh(folder, "openssl x509 -in leaf.pem -noout -text");
        for expected in [
            usage,
            "UID = alice",
            "O = Token Key User",
            "CRL Distribution Points",
            "CA Issuers",
            "Authority Key Identifier",
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_on_the_next_list_and_a_hold_can_be_lifted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ca = authority(folder).await;
    let issued = ca.enroll(request(SIGNING, "alice", rsa(folder))).await.unwrap();
    let before = ca.revocation_list().await.unwrap();
    assert_eq!(
        ca.revocation_list().await.unwrap().number,
        before.number,
        "nothing happened, so the list stays"
    );

    assert_eq!(ca.certificates_of(*b"0123456789").await.unwrap(), std::slice::from_ref(&issued));
    assert!(ca.certificates_of(*b"another co").await.unwrap().is_empty());

    ca.revoke(issued.serial.clone(), RevocationReason::CertificateHold).await.unwrap();
    assert!(ca.certificates_of(*b"0123456789").await.unwrap().is_empty());
    write(&ca, folder, &issued).await;
    assert!(!succeeds(folder, VERIFY));
    assert!(sh(folder, "openssl crl -in crl.pem -noout -text").contains("Certificate Hold"));
    assert!(ca.revocation_list().await.unwrap().number > before.number);

    ca.unrevoke(issued.serial.clone()).await.unwrap();
    write(&ca, folder, &issued).await;
    sh(folder, VERIFY);

    ca.revoke(issued.serial.clone(), RevocationReason::KeyCompromise).await.unwrap();
    write(&ca, folder, &issued).await;
    assert!(!succeeds(folder, VERIFY));
    assert!(sh(folder, "openssl crl -in crl.pem -noout -text").contains("Key Compromise"));
    assert!(matches!(ca.unrevoke(issued.serial).await, Err(SubsystemError::Refused(_))));
}

#[tokio::test]
async fn a_certificate_request_is_taken_and_its_signature_verified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ca = authority(folder).await;
    rsa(folder);
    sh(folder, "openssl req -new -key leaf.key -subj /CN=whatever -outform DER -out request.der");
    let mut csr = std::fs::read(folder.join("request.der")).unwrap();
    let issued = ca.enroll(request(SIGNING, "bob", csr.clone())).await.unwrap();
    write(&ca, folder, &issued).await;
    sh(folder, VERIFY);
    assert!(
        sh(folder, "openssl x509 -in leaf.pem -noout -subject").contains("UID = bob"),
        "the request's own subject counts for nothing"
    );
    *csr.last_mut().unwrap() ^= 1;
    assert!(matches!(
        ca.enroll(request(SIGNING, "bob", csr)).await,
        Err(SubsystemError::Refused(_))
    ));
}

#[tokio::test]
async fn bad_keys_profiles_and_users_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ca = authority(folder).await;
    let good = rsa(folder);
    let short = spki(folder, "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    let exponent =
        spki(folder, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3");
    let mut trailing = good.clone();
    trailing.push(0);
    for refused in [short, exponent, trailing, Vec::new(), vec![0x30; 20_000]] {
        let answer = ca.enroll(request(SIGNING, "alice", refused)).await;
        assert!(matches!(answer, Err(SubsystemError::Refused(_))), "{answer:?}");
    }
    assert!(matches!(
        ca.enroll(request("none", "alice", good.clone())).await,
        Err(SubsystemError::NotFound(_))
    ));
    assert!(matches!(ca.enroll(request(SIGNING, "", good)).await, Err(SubsystemError::Refused(_))));
    assert!(matches!(
        ca.revoke(vec![9; 16], RevocationReason::Unspecified).await,
        Err(SubsystemError::NotFound(_))
    ));
}

#[tokio::test]
async fn the_hierarchy_survives_a_restart_and_the_tls_certificate_names_its_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = authority(folder).await;
    let (root, tls) = (first.root_certificate().to_vec(), first.tls_chain());
    drop(first);
    let second = authority(folder).await;
    assert_eq!((second.root_certificate(), second.tls_chain()), (root.as_slice(), tls.clone()));
    std::fs::write(folder.join("tls.der"), &tls[0]).unwrap();
    std::fs::write(folder.join("chain.pem"), second.chain_pem().unwrap()).unwrap();
    sh(
        folder,
        "openssl x509 -inform DER -in tls.der -out tls.pem && openssl verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile chain.pem tls.pem && openssl verify -verify_ip 127.0.0.1 -CAfile chain.pem tls.pem",
    );
}
