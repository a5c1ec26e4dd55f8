//! Services by their forms: answers in the shapes, and with the values, that were recorded of a Dogtag pass; each broken one is caught by
//! the case that claims it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "documents/openssl.rs"]
#[allow(dead_code)] // one of several users of it
mod openssl;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use cardinal_conformance::{
    catalogue::{ca, drm, rule::ServerRule, tks},
    server::{Tls, service::Service},
    verdict::Grade,
};
use der::pem::Base64Encoder;
use globalplatform::{Key, KeySet};

/// What a service answers to a form and its fields.
type Responder = Arc<dyn Fn(&str, &str) -> String + Send + Sync>;

fn serve(responder: Responder) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/agent", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (path, body) = request(&mut stream);
            let form = path.rsplit('/').next().unwrap_or_default();
            let answer = responder(form, &body);
            let _ = write!(
                stream,
                "HTTP/1.1 200 \r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{answer}",
                answer.len()
            );
        }
    });
    let mut key = [0; 16];
    key.iter_mut().zip(0x40..).for_each(|(byte, value)| *byte = value);
    Service {
        address: address.parse().unwrap(),
        tls: Tls::none(),
        patience: Duration::from_secs(5),
        card_keys: KeySet::same(&Key::des3(key)),
        transcript: Vec::new(),
    }
}

fn request(stream: &mut TcpStream) -> (String, String) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap()
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), String::from_utf8(body).unwrap())
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn failing(rules: &[ServerRule<Service>], service: &mut Service) -> Vec<&'static str> {
    let fails = |rule: &&ServerRule<Service>| {
        let verdict = (rule.run)(service).unwrap();
        assert_ne!(verdict.grade, Grade::Blocked, "{}: {}", rule.id, verdict.finding);
        verdict.grade == Grade::Fail
    };
    rules.iter().filter(fails).map(|rule| rule.id).collect()
}

/// A transport key under the well-known key, and its check value, as recorded.
const WRAPPED: [u8; 16] = [
    0x55, 0x94, 0x6A, 0xAF, 0x17, 0x38, 0xB7, 0xB3, 0xDE, 0xF6, 0x61, 0xB5, 0x1F, 0x92, 0x03, 0x82,
];
const CHECK: [u8; 3] = [0x93, 0x22, 0x72];
const SESSION_KEY: &str = "%06%46%97%93%74%60%AC%EF%A9%98%AE%D1%57%91%58%F8";
const HOST_CRYPTOGRAM: &str = "%40%A1%4A%D9%53%A5%B5%45";

/// A token key service as it should be.
fn key_service(form: &str, body: &str) -> String {
    static COUNTER: AtomicU8 = AtomicU8::new(0);
    let field =
        |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let known = field("KDD").is_some() && field("keySet") == Some("defKeySet");
    match form {
        "computeRandomData" => {
            match field("dataNumBytes").and_then(|count| count.parse::<usize>().ok()) {
                Some(count @ 1..=1024) => {
                    let bytes: Vec<u8> =
                        (0..count).map(|_| COUNTER.fetch_add(1, Ordering::Relaxed)).collect();
                    format!("status=0&randomData={}", escaped(&bytes))
                }
                _ => "status=1".to_owned(),
            }
        }
        "computeSessionKey" if !known => "status=3".to_owned(),
        "computeSessionKey" if field("card_cryptogram") != Some("#A3#BA#81#1B#31#D3#33#7D") => {
            "status=5".to_owned()
        }
        "computeSessionKey" => {
            let keys = format!(
                "status=0&sessionKey={SESSION_KEY}&hostCryptogram={HOST_CRYPTOGRAM}&encSessionKey={SESSION_KEY}"
            );
            match field("serversideKeygen") {
                Some("true") => format!(
                    "{keys}&kek_wrapped_desKey={}&keycheck={}&drm_trans_desKey={}",
                    escaped(&WRAPPED),
                    escaped(&CHECK),
                    escaped(&[0x39; 256])
                ),
                _ => keys,
            }
        }
        "encryptData" if known => "status=0&data=%C7%F8%3E%76%D3%14%89%3D%17%5F%21%81%25%E7%E7%70&\
            encryptedData=%8C%14%B5%9F%57%2D%F1%1C%03%EF%66%3F%6C%3D%04%94"
            .to_owned(),
        "createKeySetData" if known && field("newKeyInfo").is_some() => {
            let entry = [&[0x81, 0x10], &WRAPPED[..], &[3], &CHECK].concat();
            format!("status=0&keySetData={}", escaped(&[&[2], entry.repeat(3).as_slice()].concat()))
        }
        _ => "status=3".to_owned(),
    }
}

#[test]
fn a_good_key_service_passes() {
    assert_eq!(failing(tks::RULES, &mut serve(Arc::new(key_service))), Vec::<&str>::new());
}

#[test]
fn every_broken_key_service_is_caught() {
    type Breaking = fn(&str, &str, String) -> String;
    let broken: &[(&str, Breaking)] = &[
        ("TPS-tks-random-data-length-001", |_, _, answer| {
            answer.replace("randomData=", "randomData=%00")
        }),
        ("TPS-tks-random-data-fresh-002", |form, _, answer| {
            if form == "computeRandomData" && answer.contains("randomData") {
                format!("status=0&randomData={}", "%04".repeat(answer.matches('%').count()))
            } else {
                answer
            }
        }),
        ("TPS-tks-random-data-bad-003", |form, _, answer| {
            if form == "computeRandomData" && answer == "status=1" {
                "status=0&randomData=%01".to_owned()
            } else {
                answer
            }
        }),
        ("TPS-tks-session-key-host-001", |_, _, answer| {
            answer.replace(HOST_CRYPTOGRAM, "%A3%BA%81%1B%31%D3%33%7D")
        }),
        ("TPS-tks-session-key-shape-002", |_, _, answer| {
            answer.replace(&format!("&sessionKey={SESSION_KEY}"), "&sessionKey=%06")
        }),
        ("TPS-tks-session-key-false-003", |_, _, answer| {
            if answer == "status=5" { format!("status=5&sessionKey={SESSION_KEY}") } else { answer }
        }),
        ("TPS-tks-session-key-missing-004", |form, body, answer| {
            if form == "computeSessionKey" && !body.contains("KDD") {
                "status=0".to_owned()
            } else {
                answer
            }
        }),
        ("TPS-tks-session-key-unknown-005", |_, body, answer| {
            if body.contains("noSuchKeySet") {
                format!("status=0&sessionKey={SESSION_KEY}")
            } else {
                answer
            }
        }),
        ("TPS-tks-session-key-clear-006", |_, _, answer| {
            answer.replace(
                "&encSessionKey=",
                "&kek=%40%41%42%43%44%45%46%47%48%49%4A%4B%4C%4D%4E%4F&encSessionKey=",
            )
        }),
        ("TPS-tks-session-key-transport-007", |_, _, answer| {
            if answer.contains("sessionKey") && !answer.contains("keycheck") {
                answer + "&keycheck=%93%22%72"
            } else {
                answer
            }
        }),
        ("TPS-tks-session-key-check-008", |_, _, answer| {
            answer.replace("&keycheck=%93%22%72", "&keycheck=%8B%AF%47")
        }),
        ("TPS-tks-encrypt-data-value-001", |_, _, answer| answer.replace("data=%C7", "data=%C6")),
        ("TPS-tks-encrypt-data-missing-002", |form, body, answer| {
            if form == "encryptData" && !body.contains("KDD") {
                "status=0&encryptedData=%00".to_owned()
            } else {
                answer
            }
        }),
        ("TPS-tks-create-key-set-shape-001", |_, _, answer| {
            answer.replace("keySetData=%02", "keySetData=%01")
        }),
        ("TPS-tks-create-key-set-missing-002", |form, body, answer| {
            if form == "createKeySetData" && !body.contains("newKeyInfo") {
                "status=0&keySetData=%02".to_owned()
            } else {
                answer
            }
        }),
        ("TPS-tks-session-key-order-009", |_, _, answer| {
            answer
                .strip_prefix("status=0&randomData=")
                .map(|data| format!("randomData={data}&status=0"))
                .unwrap_or(answer)
        }),
    ];
    assert_eq!(broken.len(), tks::RULES.len());
    for (id, breaking) in broken {
        let breaking = *breaking;
        let responder: Responder =
            Arc::new(move |form, body| breaking(form, body, key_service(form, body)));
        let mut service = serve(responder);
        let caught = tks::RULES
            .iter()
            .find(|rule| rule.id == *id)
            .map(|rule| (rule.run)(&mut service).unwrap());
        assert_eq!(caught.map(|verdict| verdict.grade), Some(Grade::Fail), "{id}");
    }
}

/// An authority whose certificates openssl makes.
fn authority_service(certificate: &[u8]) -> impl Fn(&str, &str) -> String + use<> {
    let mut buffer = vec![0; certificate.len() * 2];
    let mut encoder = Base64Encoder::new(&mut buffer).unwrap();
    encoder.encode(certificate).unwrap();
    let text = encoder.finish().unwrap().to_owned();
    move |form, body| match form {
        "profileSubmitSSLClient"
            if body.contains("publickey=MII") && !body.contains("noSuchProfile") =>
        {
            format!(
                "<?xml version=\"1.0\"?><XMLResponse><Status>0</Status><Requests><Request><Id>21</Id><serialno>11</serialno><b64>{text}</b64>\
             </Request></Requests></XMLResponse>"
            )
        }
        "profileSubmitSSLClient" => {
            "<?xml version=\"1.0\"?><XMLResponse><Status>1</Status><Error>no</Error></XMLResponse>"
                .to_owned()
        }
        "doRevoke" if body.contains("certRecordId=17)") => "status=0&error=".to_owned(),
        "doUnrevoke" if body.contains("serialNumber=17") && !body.contains("3402") => {
            "status=0&error=".to_owned()
        }
        _ => "status=1&error=no such certificate".to_owned(),
    }
}

/// The public key that the cases enrol, as a PEM file for openssl.
fn certified() -> Vec<u8> {
    let ca = openssl::Authority::new("ec");
    let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    ca.issue_for_public_key(&ca::public_key().unwrap(), "/CN=Ada", extensions)
}

#[test]
fn a_good_authority_passes_and_broken_ones_are_caught() {
    let good = certified();
    let responder: Responder = Arc::new(authority_service(&good));
    assert_eq!(failing(ca::RULES, &mut serve(Arc::clone(&responder))), Vec::<&str>::new());
    // Whatever is asked, it is done: every case but those about what may be done objects.
    let yes: Responder = Arc::new(move |_, _| responder("profileSubmitSSLClient", "publickey=MII"));
    let caught = failing(ca::RULES, &mut serve(yes));
    for id in [
        "TPS-ca-enroll-missing-002",
        "TPS-ca-enroll-garbage-003",
        "TPS-ca-enroll-profile-004",
        "TPS-ca-revoke-unknown-001",
        "TPS-ca-revoke-missing-002",
        "TPS-ca-revoke-unrevoke-003",
    ] {
        assert!(caught.contains(&id), "{id}: {caught:?}");
    }
    let ca = openssl::Authority::new("ec");
    let other = ca.issue("/CN=Ada", "basicConstraints=critical,CA:FALSE\n", &[]);
    let another_key: Responder = Arc::new(authority_service(&other));
    assert!(failing(ca::RULES, &mut serve(another_key)).contains(&"TPS-ca-enroll-issued-001"));
    let no_hold = authority_service(&good);
    let stubborn: Responder =
        Arc::new(
            move |form, body| {
                if form == "doUnrevoke" { "status=1".to_owned() } else { no_hold(form, body) }
            },
        );
    assert!(failing(ca::RULES, &mut serve(stubborn)).contains(&"TPS-ca-revoke-hold-004"));
}

#[test]
fn a_good_recovery_manager_passes_and_one_that_gives_everything_is_caught() {
    let good: Responder = Arc::new(|form, body| match form {
        "TokenKeyRecovery" if !body.contains("cert=") && !body.contains("keyid=") => {
            "status=3".to_owned()
        }
        "TokenKeyRecovery" => "status=8".to_owned(),
        _ => "status=4".to_owned(),
    });
    assert_eq!(failing(drm::RULES, &mut serve(good)), Vec::<&str>::new());
    let generous: Responder = Arc::new(|_, _| {
        format!("status=0&wrapped_priv_key={}&iv_param=%01&public_key=MII", escaped(&[1; 640]))
    });
    assert_eq!(failing(drm::RULES, &mut serve(generous)).len(), drm::RULES.len());
}
