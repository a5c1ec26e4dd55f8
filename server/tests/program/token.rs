//! Tokens: over TLS, and from the command line beside a server that runs.

use cardinal_server::{
    Config,
    config::Paths,
    subsystems::{Foundation, LocalAuthority},
};
use keys::KeyProvider as _;
use rustls::{ProtocolVersion, version};
use store::{
    clock::{Clock as _, SystemClock},
    tps::{CertificateStatus, Token, TokenCertificate, TokenStatus, TokenStore as _},
};
use token_management::subsystem::{
    ca::{CertificateAuthority as _, EnrollmentRequest},
    tks::Cuid,
};

use super::server::{Folder, PASSWORD};

const CUID: Cuid = [0x40, 0x90, 1, 2, 3, 4, 5, 6, 7, 8];
const CUID_TEXT: &str = "40900102030405060708";

#[test]
fn an_operation_goes_over_tls_in_both_directions() {
    let folder = Folder::with_defaults();
    let password = format!("{PASSWORD}\n");
    assert_eq!(
        folder.with_config(&["user", "add", "alice", "--password-stdin"], &password).code,
        0
    );
    let server = folder.serve();
    assert!(server.ready.starts_with("ready: https://127.0.0.1:"), "{}", server.ready);
    assert!(server.ready.ends_with(" ms"), "{}", server.ready);
    for (version, name) in
        [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)]
    {
        let mut tls = server.connect(&folder, version);
        tls.send("POST /tps/tps HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        let head = tls.read_until("\r\n\r\n").to_ascii_lowercase();
        assert_eq!(tls.version(), Some(name));
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        tls.send_message("msg_type=2&operation=5&extensions=tokenType%3DuserKey");
        // The card is asked first; one that answers nothing of use ends the operation, its user's login or not.
        let end = loop {
            let message = tls.read_chunk();
            if message.contains("msg_type=13") {
                break message;
            }
            if message.contains("msg_type=3") {
                tls.send_message(&format!("msg_type=4&screen_name=alice&password={PASSWORD}"));
            } else {
                assert!(message.contains("msg_type=9&pdu_size="), "{message}");
                tls.send_message("msg_type=10&pdu_size=2&pdu_data=%6A%82");
            }
        };
        assert!(end.contains("operation=5&result=1"), "{end}");
        assert_eq!(tls.read_until("0\r\n\r\n"), "0\r\n\r\n");
    }
    let (code, log) = server.stop();
    assert_eq!(code, 0, "{log}");
    assert_eq!(log.matches("operation failed").count(), 2, "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
}

/// A token with a certificate on it, as an enrolment leaves it.
async fn enrolled_token(folder: &Folder) {
    let path = folder.file("cardinal-server.toml");
    let config = Config::read(&path).unwrap();
    let foundation = Foundation::open(&config, &Paths::new(&config, &path)).await.unwrap();
    let authority = foundation.authority(&config).await.unwrap();
    let certificate = issue(&foundation, &authority).await;
    let (database, now) = (&foundation.database, SystemClock.now());
    let token = Token {
        cuid: CUID,
        user: Some("alice".to_owned()),
        token_type: "userKey".to_owned(),
        status: TokenStatus::Active,
        reason: None,
        applet: "1.4.58768072".to_owned(),
        key_version: Some(1),
        policy: String::new(),
    };
    database.add_token(&token, now).await.unwrap();
    database.put_token_certificate(&certificate, now).await.unwrap();
    database.close().await;
}

async fn issue(foundation: &Foundation, authority: &LocalAuthority) -> TokenCertificate {
    let request = EnrollmentRequest {
        profile: "caTokenUserSigningKeyEnrollment".to_owned(),
        user: "alice".to_owned(),
        cuid: CUID,
        public_key: foundation.keys.description(drm::TRANSPORT_KEY).unwrap().visible,
    };
    let issued = authority.enroll(request).await.unwrap();
    TokenCertificate {
        cuid: CUID,
        serial: issued.serial,
        user: "alice".to_owned(),
        key_type: "signing".to_owned(),
        origin: CUID,
        archived: false,
        status: CertificateStatus::Active,
        der: issued.der,
    }
}

#[test]
fn an_agent_suspends_a_token_finds_it_and_loses_it() {
    let folder = Folder::with_defaults();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(enrolled_token(&folder));
    let server = folder.serve();
    let token = |task: &[&str]| folder.with_config(&[&["token"], task].concat(), "");
    let state = || {
        let shown = token(&["show", CUID_TEXT, "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.output).unwrap();
        let of = |value: &serde_json::Value| value["status"].as_str().unwrap().to_owned();
        (of(&shown), of(&shown["certificates"][0]))
    };
    let expected = |token: &str, certificate: &str| (token.to_owned(), certificate.to_owned());
    assert_eq!(state(), expected("ACTIVE", "active"));
    let empty = revocation_list(&folder, &server);
    assert_eq!(token(&["suspend", CUID_TEXT]).code, 0);
    assert_eq!(state(), expected("SUSPENDED", "on_hold"));
    let held = revocation_list(&folder, &server);
    assert!(held.len() > empty.len());
    assert_eq!(token(&["activate", CUID_TEXT]).code, 0);
    assert_eq!(state(), expected("ACTIVE", "active"));
    assert_eq!(revocation_list(&folder, &server).len(), empty.len());
    assert_eq!(token(&["lost", CUID_TEXT, "--reason", "in a train"]).code, 0);
    assert_eq!(state(), expected("PERM_LOST", "revoked"));
    assert!(revocation_list(&folder, &server).len() > empty.len());
    let refused = token(&["activate", CUID_TEXT]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert_eq!(token(&["lost", "00000000000000000000"]).code, 3);
    assert_eq!(token(&["list", "--status", "stolen"]).code, 2);
    assert!(token(&["list", "--status", "perm_lost"]).output.contains(CUID_TEXT));
    assert!(!token(&["list", "--user", "bob"]).output.contains(CUID_TEXT));
    let out = folder.file("crl.der");
    let exported = folder.with_config(&["export", "crl", "--out", out.to_str().unwrap()], "");
    assert_eq!(exported.code, 0, "{exported:?}");
    assert_eq!(std::fs::read(out).unwrap(), revocation_list(&folder, &server));
    assert_eq!(server.stop().0, 0);
}

/// What the running server publishes.
fn revocation_list(folder: &Folder, server: &super::server::Serving) -> Vec<u8> {
    let mut tls = server.connect(folder, &version::TLS13);
    tls.send("GET /ca/crl HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let head = tls.read_until("\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    tls.read_bytes(length.parse().unwrap())
}
