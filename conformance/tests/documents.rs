//! The lints of documents, held against what openssl makes: good documents pass, and each bad one is caught by the lint that claims it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "documents/openssl.rs"]
mod openssl;

use cardinal_conformance::{
    case::Level,
    catalogue,
    document::{Document, Kind, file, node::Node},
    verdict::{Grade, Verdict},
};
use openssl::Authority;

/// A moment within the validity of everything that is made here: now.
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn verdicts(der: &[u8], issuer: Option<&[u8]>) -> Vec<(&'static str, Level, Verdict)> {
    verdicts_at(der, issuer, now())
}

fn verdicts_at(der: &[u8], issuer: Option<&[u8]>, now: u64) -> Vec<(&'static str, Level, Verdict)> {
    let document = Document::read(der, None, issuer, now);
    catalogue::lints()
        .filter_map(|rule| Some((rule.id, rule.level, rule.lint.judge(&document)?)))
        .collect()
}

fn failed(der: &[u8], issuer: Option<&[u8]>) -> Vec<String> {
    let failed =
        verdicts(der, issuer).into_iter().filter(|(.., verdict)| verdict.grade == Grade::Fail);
    failed.map(|(id, _, verdict)| format!("{id}: {}", verdict.finding)).collect()
}

#[track_caller]
fn assert_clean(der: &[u8], issuer: Option<&[u8]>) {
    assert_eq!(failed(der, issuer), Vec::<String>::new());
    assert!(verdicts(der, issuer).iter().any(|(.., verdict)| verdict.grade == Grade::Pass));
}

#[track_caller]
fn assert_caught(what: &str, der: &[u8], issuer: Option<&[u8]>, by: &str) {
    let failed = failed(der, issuer);
    assert!(
        failed.iter().any(|finding| finding.starts_with(by)),
        "{what} is not caught by {by}: {failed:#?}"
    );
}

const ENTITY: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n\
    authorityKeyIdentifier=keyid\nextendedKeyUsage=clientAuth,emailProtection\nsubjectAltName=email:ada@example.com,DNS:ada.example.com\n\
    crlDistributionPoints=URI:http://ca.example.com/crl\nauthorityInfoAccess=caIssuers;URI:http://ca.example.com/ca.crt,OCSP;URI:http://ca.example.com/ocsp\n\
    certificatePolicies=1.2.3.4\n";

#[test]
fn good_certificates_lists_and_responses_have_no_flaw() {
    let ca = Authority::new("ec");
    assert_clean(&ca.certificate, None);
    let entity = ca.issue("/C=DE/O=Example/CN=Ada", ENTITY, &[]);
    assert_clean(&entity, Some(&ca.certificate));
    assert_clean(&ca.crl(&["01", "0A"], ""), Some(&ca.certificate));
    assert_clean(&ca.crl(&[], ""), Some(&ca.certificate));
    assert_clean(&ca.ocsp(&entity, &[]), Some(&ca.certificate));
}

#[test]
fn good_certificates_of_rsa_pass_too() {
    let ca = Authority::new("rsa");
    assert_clean(&ca.certificate, None);
    let usage = ENTITY.replace("digitalSignature", "digitalSignature,keyEncipherment");
    for options in
        [&[][..], &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha256"]]
    {
        assert_clean(
            &ca.issue_for("rsa", "/O=Example/CN=Ada", &usage, options),
            Some(&ca.certificate),
        );
    }
}

#[test]
fn recognises_what_a_document_is() {
    let ca = Authority::new("ec");
    let entity = ca.issue("/CN=Ada", ENTITY, &[]);
    for (der, kind) in [
        (&entity, Kind::Certificate),
        (&ca.crl(&["01"], ""), Kind::Crl),
        (&ca.ocsp(&entity, &[]), Kind::Ocsp),
    ] {
        assert_eq!(Document::read(der, None, None, now()).kind(), kind);
    }
}

/// Extensions that openssl writes without complaint, and the lint that objects. `ENTITY` is what they are added to or replace.
const BAD_EXTENSIONS: &[(&str, &str)] = &[
    ("basicConstraints=critical,CA:FALSE,pathlen:1", "RFC5280-4.2.1.9-path-length-002"),
    ("basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign", "RFC5280-4.2.1.9-constraints-001"),
    ("basicConstraints=critical,DER:30:03:01:01:00", "X690-11.5-default-001"),
    ("basicConstraints=critical,DER:30:03:01:01:01", "X690-11.1-boolean-001"),
    ("basicConstraints=critical,DER:30:05:02:03:00:00:01", "X690-8.3.2-integer-001"),
    ("basicConstraints=critical,DER:30:02:05:00", "RFC5280-4.2.1.9-constraints-003"),
    ("keyUsage=critical,keyCertSign", "RFC5280-4.2.1.3-key-usage-004"),
    ("keyUsage=critical,digitalSignature,encipherOnly", "RFC5280-4.2.1.3-key-usage-003"),
    ("keyUsage=critical,DER:03:02:07:00", "RFC5280-4.2.1.3-key-usage-002"),
    ("keyUsage=critical,DER:03:02:03:80", "X690-11.2.2-key-usage-001"),
    ("keyUsage=critical,DER:03:02:07:C0", "X690-11.2.1-bit-string-001"),
    ("keyUsage=critical,keyEncipherment", "RFC5480-3-usage-001"),
    ("keyUsage=digitalSignature", "RFC5280-4.2-critical-006"),
    (
        "keyUsage=critical,keyAgreement\nextendedKeyUsage=codeSigning",
        "RFC5280-4.2.1.12-consistency-003",
    ),
    ("keyUsage=critical,DER:04:01:80", "RFC5280-4.2-value-002"),
    ("subjectKeyIdentifier=critical,hash", "RFC5280-4.2-critical-004"),
    ("authorityKeyIdentifier=DER:30:00", "RFC5280-4.2.1.1-authority-key-001"),
    ("authorityKeyIdentifier=DER:30:06:80:01:00:82:01:01", "RFC5280-4.2.1.1-authority-key-002"),
    ("authorityKeyIdentifier=DER:30:03:80:01:00", "RFC5280-4.2.1.1-authority-key-004"),
    ("extendedKeyUsage=DER:30:00", "RFC5280-4.2.1.12-purposes-001"),
    ("extendedKeyUsage=critical,anyExtendedKeyUsage,clientAuth", "RFC5280-4.2.1.12-any-002"),
    ("extendedKeyUsage=clientAuth,clientAuth", "RFC5280-4.2.1.12-duplicate-004"),
    ("extendedKeyUsage=DER:30:05:06:03:55:80:25", "X690-8.19-oid-001"),
    ("subjectAltName=DER:30:00", "RFC5280-4.2.1.6-names-001"),
    ("subjectAltName=DNS:under_score.example.com", "RFC5280-4.2.1.6-dns-002"),
    ("subjectAltName=DNS:a..b", "RFC5280-4.2.1.6-dns-002"),
    ("subjectAltName=DER:30:03:81:01:41", "RFC5280-4.2.1.6-mailbox-003"),
    ("subjectAltName=URI:relative/path", "RFC5280-4.2.1.6-uri-004"),
    ("subjectAltName=URI:http:///nowhere", "RFC5280-4.2.1.6-uri-004"),
    ("subjectAltName=DER:30:05:87:03:01:02:03", "RFC5280-4.2.1.6-address-005"),
    ("subjectAltName=critical,DNS:a.example.com", "RFC5280-4.2.1.6-critical-006"),
    ("crlDistributionPoints=DER:30:06:30:04:81:02:06:40", "RFC5280-4.2.1.13-point-001"),
    ("crlDistributionPoints=URI:https://ca.example.com/crl", "RFC5280-4.2.1.13-uri-002"),
    ("authorityInfoAccess=critical,OCSP;URI:http://a.example.com/", "RFC5280-4.2-critical-004"),
    ("authorityInfoAccess=DER:30:00", "RFC5280-4.2.2.1-access-001"),
    ("authorityInfoAccess=caIssuers;URI:ftp://a.example.com/ca.crt", "RFC5280-4.2.2.1-issuers-002"),
    ("certificatePolicies=DER:30:00", "RFC5280-4.2.1.4-policies-001"),
    (
        "certificatePolicies=DER:30:0C:30:04:06:02:2A:03:30:04:06:02:2A:03",
        "RFC5280-4.2.1.4-policies-002",
    ),
    (
        "certificatePolicies=DER:30:12:30:10:06:04:55:1D:20:00:30:08:30:06:06:02:2A:03:05:00",
        "RFC5280-4.2.1.4-qualifiers-003",
    ),
    ("policyMappings=1.2.3:1.2.4", "RFC5280-4.2.1.5-mappings-001"),
    ("policyConstraints=requireExplicitPolicy:1", "RFC5280-4.2-critical-005"),
    ("policyConstraints=critical,requireExplicitPolicy:1", "RFC5280-4.2.1.11-authority-002"),
    ("policyConstraints=critical,DER:30:00", "RFC5280-4.2.1.11-constraints-001"),
    ("inhibitAnyPolicy=critical,DER:02:01:FF", "RFC5280-4.2.1.14-inhibit-001"),
    ("nameConstraints=critical,permitted;DNS:example.com", "RFC5280-4.2.1.10-authority-001"),
    ("nameConstraints=critical,DER:30:00", "RFC5280-4.2.1.10-subtrees-002"),
    (
        "nameConstraints=critical,DER:30:0A:A0:08:30:06:82:01:61:80:01:01",
        "RFC5280-4.2.1.10-distance-003",
    ),
    (
        "nameConstraints=critical,DER:30:0E:A0:0C:30:0A:87:08:0A:00:00:00:FF:00:FF:00",
        "RFC5280-4.2.1.10-address-004",
    ),
    ("1.2.3.4.5=critical,ASN1:NULL", "RFC5280-4.2-critical-003"),
    (
        "subjectInfoAccess=critical,caRepository;URI:http://a.example.com/",
        "RFC5280-4.2-critical-004",
    ),
];

/// `ENTITY` with the lines of the same extensions replaced.
fn entity_with(lines: &str) -> String {
    let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
    let replaced: Vec<String> = lines.lines().map(name).collect();
    let kept = ENTITY.lines().filter(|line| !replaced.contains(&name(line)));
    kept.chain(lines.lines()).fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn bad_extensions_are_caught_each_by_its_lint() {
    let ca = Authority::new("ec");
    for (lines, rule) in BAD_EXTENSIONS {
        let der = ca.issue("/O=Example/CN=Ada", &entity_with(lines), &[]);
        assert_caught(lines, &der, Some(&ca.certificate), rule);
    }
}

#[test]
fn missing_extensions_are_caught() {
    let ca = Authority::new("ec");
    let der = ca.issue("/CN=Ada", &entity_with("authorityKeyIdentifier=none"), &[]);
    assert_caught("no AKI", &der, None, "RFC5280-4.2.1.1-authority-key-001");
    let der = ca.issue("/CN=Ada", &entity_with("subjectKeyIdentifier=none"), &[]);
    assert_caught("no SKI", &der, None, "RFC5280-4.2.1.2-subject-key-002");
    let authority = "basicConstraints=critical,CA:TRUE\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=none\n";
    let der = ca.issue("/CN=Sub", authority, &[]);
    assert_caught("authority without key usage", &der, None, "RFC5280-4.2.1.3-key-usage-001");
    assert_caught("authority without SKI", &der, None, "RFC5280-4.2.1.2-subject-key-001");
}

#[test]
fn bad_fields_are_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let issue = |subject: &str, options: &[&str]| ca.issue(subject, ENTITY, options);
    for (subject, options, rule) in [
        ("/CN=Ada", &["-set_serial", "-5"][..], "RFC5280-4.1.2.2-serial-001"),
        ("/CN=Ada", &["-set_serial", "0"], "RFC5280-4.1.2.2-serial-001"),
        (
            "/CN=Ada",
            &["-set_serial", "0x7f0102030405060708090a0b0c0d0e0f1011121314"],
            "RFC5280-4.1.2.2-serial-002",
        ),
        ("/CN=Ada", &["-sha1"], "SP800-131A-9-digest-001"),
        ("/CN=Ada", &["-days", "40000"], "RFC5280-6.1.3-validity-005"),
        ("/", &[], "RFC5280-4.1.2.6-subject-002"),
        ("/CN=Ada/emailAddress=ada@example.com", &[], "RFC5280-4.1.2.6-email-003"),
        ("/CN=Ada/emailAddress=other@example.com", &[], "RFC5280-4.1.2.6-email-004"),
        ("/C=1x/CN=Ada", &[], "RFC5280-A.1-country-002"),
    ] {
        assert_caught(&format!("{subject} {options:?}"), &issue(subject, options), issuer, rule);
    }
}

#[test]
fn bad_keys_are_caught() {
    let ca = Authority::new("ec");
    let usage = entity_with("keyUsage=critical,digitalSignature,keyAgreement");
    let small = ca.issue_for("rsa:1024", "/CN=Ada", &usage, &[]);
    assert_caught("1024 bits", &small, Some(&ca.certificate), "SP800-131A-3-modulus-001");
    assert_caught(
        "RSA that agrees on keys",
        &small,
        Some(&ca.certificate),
        "RFC3279-2.3.1-usage-001",
    );
    let exponent = ca.issue_for("rsa:e3", "/CN=Ada", ENTITY, &[]);
    assert_caught("exponent 3", &exponent, Some(&ca.certificate), "FIPS186-5-A.1.1-exponent-001");
    let described = ca.issue_for("ec:explicit", "/CN=Ada", ENTITY, &[]);
    assert_caught("explicit curve", &described, Some(&ca.certificate), "RFC5480-2.1.1-curve-001");
    assert_clean(&ca.issue_for("ed25519", "/CN=Ada", ENTITY, &[]), Some(&ca.certificate));
}

#[test]
fn chains_are_followed() {
    let ca = Authority::new("ec");
    let other = Authority::new("ec");
    let entity = ca.issue("/CN=Ada", ENTITY, &[]);
    let issuer = Some(&other.certificate[..]);
    assert_caught("another key", &entity, issuer, "RFC5280-6.1.3-signature-002");
    assert_caught("another key", &entity, issuer, "RFC5280-4.2.1.1-authority-key-004");
    let entity_as_issuer = Some(&entity[..]);
    assert_caught("no authority", &entity, entity_as_issuer, "RFC5280-6.1.4-authority-001");
    assert_caught("no keyCertSign", &entity, entity_as_issuer, "RFC5280-6.1.4-key-usage-002");
    assert_caught("another name", &entity, entity_as_issuer, "RFC5280-6.1.3-issuer-003");
    let short = Authority::with(
        "ec",
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign",
    );
    let below = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    let sub = short.issue("/CN=Sub", below, &[]);
    assert_caught("path length", &sub, Some(&short.certificate), "RFC5280-6.1.4-path-length-003");
}

#[test]
fn name_constraints_hold() {
    let constrained = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
        nameConstraints=critical,permitted;DNS:example.com,permitted;email:example.com,excluded;DNS:secret.example.com,permitted;IP:10.0.0.0/255.0.0.0";
    let ca = Authority::with("ec", constrained);
    let issuer = Some(&ca.certificate[..]);
    assert_clean(&ca.certificate, None);
    assert_clean(
        &ca.issue(
            "/CN=Ada",
            &entity_with("subjectAltName=DNS:a.example.com,email:a@example.com,IP:10.1.2.3"),
            &[],
        ),
        issuer,
    );
    for name in [
        "DNS:example.org",
        "DNS:x.secret.example.com",
        "DNS:badexample.com",
        "email:a@mail.example.com",
        "IP:11.0.0.1",
    ] {
        let der = ca.issue("/CN=Ada", &entity_with(&format!("subjectAltName={name}")), &[]);
        assert_caught(name, &der, issuer, "RFC5280-6.1.3-names-004");
    }
}

/// The document with one piece replaced; the piece must be there once.
fn patched(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = der.windows(from.len()).position(|window| window == from).expect("piece to patch");
    [&der[..at], to, &der[at + from.len()..]].concat()
}

#[test]
fn what_openssl_will_not_write_is_caught_too() {
    let ca = Authority::new("ec");
    let der = ca.issue("/C=DE/O=Example/CN=Ada", ENTITY, &[]);
    let issuer = Some(&ca.certificate[..]);
    let caught = |what: &str, der: &[u8], by: &str| assert_caught(what, der, issuer, by);
    caught("trailing byte", &[&der[..], &[0]].concat(), "X690-8.1-trailing-002");
    caught("truncated", &der[..der.len() - 1], "X690-8.1-nesting-001");
    caught(
        "version 2",
        &patched(&der, &[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 1]),
        "RFC5280-4.1.2.1-version-002",
    );
    caught(
        "version 5",
        &patched(&der, &[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 4]),
        "RFC5280-4.1.2.1-version-001",
    );
    caught(
        "version 1",
        &patched(&der, &[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 0]),
        "X690-11.5-default-001",
    );
    // PrintableString "DE" as a UTF8String; text in a T61String; a character that PrintableString lacks.
    caught(
        "country",
        &patched(&der, &[0x13, 2, b'D', b'E'], &[0x0C, 2, b'D', b'E']),
        "RFC5280-A.1-country-002",
    );
    caught(
        "T61String",
        &patched(&der, &[0x0C, 3, b'A', b'd', b'a'], &[0x14, 3, b'A', b'd', b'a']),
        "RFC5280-4.1.2.4-string-003",
    );
    caught(
        "UTF-8",
        &patched(&der, &[0x0C, 3, b'A', b'd', b'a'], &[0x0C, 3, b'A', 0xFF, b'a']),
        "RFC5280-4.1.2.4-characters-004",
    );
    caught(
        "printable",
        &patched(&der, &[0x0C, 3, b'A', b'd', b'a'], &[0x13, 3, b'A', b'@', b'a']),
        "RFC5280-4.1.2.4-characters-004",
    );
    caught(
        "constructed",
        &patched(&der, &[0x0C, 3, b'A', b'd', b'a'], &[0x2C, 3, 0x0C, 1, b'a']),
        "X690-10.2-string-001",
    );
    caught(
        "no SET",
        &patched(
            &der,
            &[0x31, 0x0C, 0x30, 0x0A, 6, 3, 0x55, 4, 3, 0x0C, 3],
            &[0x30, 0x0C, 0x30, 0x0A, 6, 3, 0x55, 4, 3, 0x0C, 3],
        ),
        "RFC5280-4.1.2.4-name-002",
    );
    caught("point", &patched(&der, &[3, 0x42, 0, 4], &[3, 0x42, 0, 5]), "RFC5480-2.2-point-001");
    caught(
        "unused bits of the key",
        &patched(&der, &[3, 0x42, 0, 4], &[3, 0x42, 1, 4]),
        "RFC5280-4.1.2.7-key-001",
    );
    // ecdsa-with-SHA256 inside becomes SHA384: the first of the two.
    caught(
        "algorithms",
        &patched(
            &der,
            &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2],
            &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3],
        ),
        "RFC5280-4.1.1.2-algorithm-001",
    );
    caught(
        "changed",
        &patched(&der, b"Example", b"Examples"[..7].to_ascii_uppercase().as_slice()),
        "RFC5280-6.1.3-signature-002",
    );
    let zulu = der.windows(2).position(|window| window == [0x17, 13]).unwrap();
    let mut local = der.clone();
    local[zulu + 14] = b'Y';
    caught("no Z", &local, "RFC5280-4.1.2.5.1-utc-time-001");
    caught(
        "empty serial number",
        &patched(&der, &[2, 1, 0x11], &[2, 1, 0x91]),
        "RFC5280-4.1.2.2-serial-001",
    );
}

/// The document built anew with one element in another form, all lengths set right.
fn rebuilt(der: &[u8], change: &impl Fn(&Node<'_>) -> Option<Vec<u8>>) -> Vec<u8> {
    let node = Node::only(der, 0).unwrap();
    if let Some(changed) = change(&node) {
        return changed;
    }
    if node.tag & 0x20 == 0 {
        return der.to_vec();
    }
    let inside: Vec<u8> =
        node.children().unwrap().iter().flat_map(|child| rebuilt(child.encoded, change)).collect();
    element(node.tag, &inside)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match (high, low) {
        (0, ..0x80) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], content].concat()
}

/// The extension with this last arc under 2.5.29, if the element is that.
fn is_extension(node: &Node<'_>, arc: u8) -> bool {
    node.tag == 0x30 && node.content.starts_with(&[6, 3, 0x55, 0x1D, arc])
}

#[test]
fn what_only_another_encoder_writes_is_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let der = ca.issue("/O=Example/CN=Ada", ENTITY, &[]);
    let empty = rebuilt(&der, &|node| {
        is_extension(node, 14).then(|| element(0x30, &[6, 3, 0x55, 0x1D, 14, 4, 2, 4, 0]))
    });
    assert_caught("empty key identifier", &empty, issuer, "RFC5280-4.2.1.2-subject-key-003");
    let again = rebuilt(&der, &|node| {
        is_extension(node, 32).then(|| [node.encoded, node.encoded].concat())
    });
    assert_caught("extension again", &again, issuer, "RFC5280-4.2-duplicate-001");
    let none = rebuilt(&der, &|node| (node.tag == 0xA3).then(|| element(0xA3, &[0x30, 0])));
    assert_caught("no extension in the list", &none, issuer, "RFC5280-4.1.2.9-extensions-001");
    let order = rebuilt(&der, &|node| {
        (node.tag == 0x30 && node.content.starts_with(&[0x17, 13]))
            .then(|| element(0x30, &[&node.content[15..], &node.content[..15]].concat()))
    });
    assert_caught("order", &order, issuer, "RFC5280-4.1.2.5-order-002");
    let generalized = rebuilt(&der, &|node| {
        (node.tag == 0x17).then(|| element(0x18, &[b"20", node.content].concat()))
    });
    assert_caught("GeneralizedTime of this year", &generalized, issuer, "RFC5280-4.1.2.5-type-001");
    let fraction =
        rebuilt(&der, &|node| (node.tag == 0x17).then(|| element(0x18, b"20600101000000.5Z")));
    assert_caught("fraction", &fraction, issuer, "RFC5280-4.1.2.5.2-generalized-time-001");
    let padded = rebuilt(&der, &|node| {
        (node.tag == 2 && node.content == [0x11]).then(|| vec![2, 0x81, 1, 0x11])
    });
    assert_caught("long length", &padded, issuer, "X690-10.1-length-001");
    let dotted = rebuilt(&der, &|node| {
        (node.tag == 0x31 && node.content.ends_with(b"Ada")).then(|| vec![0x31, 0])
    });
    assert_caught("empty RDN", &dotted, issuer, "RFC5280-4.1.2.4-name-002");
    let long = rebuilt(&der, &|node| (node.content == b"Ada").then(|| element(0x0C, &[b'a'; 65])));
    assert_caught("65 characters", &long, issuer, "RFC5280-A.1-bounds-001");
    let unsorted = rebuilt(&der, &|node| {
        (node.tag == 0x31 && node.content.ends_with(b"Ada")).then(|| {
            element(
                0x31,
                &[node.content, &element(0x30, &[6, 3, 0x55, 4, 3, 0x0C, 1, b'A'])].concat(),
            )
        })
    });
    assert_caught("SET OF out of order", &unsorted, issuer, "X690-11.6-set-of-001");
    let unique = rebuilt(&der, &|node| {
        (node.tag == 0xA3).then(|| [&[0x81, 2, 0, 1], node.encoded].concat())
    });
    assert_caught("unique identifier", &unique, issuer, "RFC5280-4.1.2.8-unique-id-001");
    let null = rebuilt(&der, &|node| {
        is_extension(node, 32).then(|| element(0x30, &[6, 3, 0x55, 0x1D, 32, 4, 3, 5, 1, 0]))
    });
    assert_caught("NULL with content", &null, issuer, "X690-8.8-null-001");
    let parameters = rebuilt(&der, &|node| {
        let ecdsa = [6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
        (node.tag == 0x30 && node.content == ecdsa)
            .then(|| element(0x30, &[&ecdsa[..], &[5, 0]].concat()))
    });
    assert_caught("ECDSA with NULL", &parameters, issuer, "RFC5758-3.2-parameters-001");
}

#[test]
fn lists_of_another_encoder_are_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let der = ca.crl(&["01"], "");
    let again = rebuilt(&der, &|node| {
        is_extension(node, 20).then(|| [node.encoded, node.encoded].concat())
    });
    assert_caught("extension again", &again, issuer, "RFC5280-5.2-duplicate-002");
    let is_entries =
        |node: &Node<'_>| node.tag == 0x30 && node.content.starts_with(&[0x30, 0x12, 2, 1, 1]);
    let empty = rebuilt(&der, &|node| is_entries(node).then(|| vec![0x30, 0]));
    assert_caught("empty list of entries", &empty, issuer, "RFC5280-5.1.2.6-empty-001");
    let endless = rebuilt(&der, &|node| {
        let updates =
            node.children().unwrap_or_default().iter().filter(|child| child.tag == 0x17).count();
        (updates == 2).then(|| {
            let mut kept = node.children().unwrap();
            kept.remove(4);
            element(0x30, &kept.iter().flat_map(|child| child.encoded.to_vec()).collect::<Vec<_>>())
        })
    });
    assert_caught("no nextUpdate", &endless, issuer, "RFC5280-5.1.2.5-next-update-001");
    let late = rebuilt(&der, &|node| {
        (node.content == b"240102030405Z").then(|| element(0x17, b"491231235959Z"))
    });
    assert_caught("revoked after the list", &late, issuer, "RFC5280-5.1.2.6-date-003");
    let anonymous = rebuilt(&der, &|node| {
        (node.tag == 0x30 && node.content.starts_with(&[0x31])).then(|| vec![0x30, 0])
    });
    assert_caught("no issuer", &anonymous, issuer, "RFC5280-5.1.2.3-issuer-001");
    let number = rebuilt(&der, &|node| {
        is_extension(node, 20).then(|| element(0x30, &[6, 3, 0x55, 0x1D, 20, 4, 3, 2, 1, 0xFF]))
    });
    assert_caught("negative number", &number, issuer, "RFC5280-5.2.3-number-001");
}

#[test]
fn bad_lists_are_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let der = ca.crl(&["01", "02"], "");
    let caught = |what: &str, der: &[u8], by: &str| assert_caught(what, der, issuer, by);
    let other = Authority::new("ec");
    assert_caught("another key", &der, Some(&other.certificate), "RFC5280-6.3.3-signature-002");
    assert_caught(
        "another identifier",
        &der,
        Some(&other.certificate),
        "RFC5280-5.2.1-authority-key-002",
    );
    caught(
        "version 1",
        &patched(&der, &[2, 1, 1, 0x30], &[2, 1, 0, 0x30]),
        "RFC5280-5.1.2.1-version-001",
    );
    caught(
        "twice",
        &patched(&der, &[2, 1, 2, 0x17], &[2, 1, 1, 0x17]),
        "RFC5280-5.3.3-duplicate-001",
    );
    caught(
        "negative",
        &patched(&der, &[2, 1, 2, 0x17], &[2, 1, 0x82, 0x17]),
        "RFC5280-5.1.2.6-serial-002",
    );
    caught(
        "no number",
        &ca.crl(&["01"], "authorityKeyIdentifier=keyid"),
        "RFC5280-5.2-required-001",
    );
    caught(
        "no key identifier",
        &ca.crl_numbered("authorityKeyIdentifier=DER:30:00"),
        "RFC5280-5.2.1-key-identifier-001",
    );
    caught(
        "delta",
        &ca.crl_numbered("authorityKeyIdentifier=keyid\n2.5.29.27=critical,DER:02:02:0F:FF"),
        "RFC5280-5.2.4-delta-001",
    );
    caught(
        "delta not critical",
        &ca.crl_numbered("authorityKeyIdentifier=keyid\n2.5.29.27=DER:02:01:00"),
        "RFC5280-5.2-critical-003",
    );
    caught(
        "point",
        &ca.crl_numbered(
            "authorityKeyIdentifier=keyid\n2.5.29.28=critical,DER:30:06:81:01:FF:82:01:FF",
        ),
        "RFC5280-5.2.5-point-001",
    );
    caught(
        "unknown",
        &ca.crl_numbered("authorityKeyIdentifier=keyid\n1.2.3.4=critical,DER:05:00"),
        "RFC5280-5.2-unknown-004",
    );
    caught(
        "freshest",
        &ca.crl_numbered(
            "authorityKeyIdentifier=keyid\n2.5.29.27=critical,DER:02:01:00\n2.5.29.46=DER:30:00",
        ),
        "RFC5280-5.2.6-freshest-001",
    );
    let late = verdicts_at(&der, issuer, now() + 400 * 86_400);
    assert!(
        late.iter().any(
            |(id, _, verdict)| *id == "RFC5280-6.3.3-fresh-001" && verdict.grade == Grade::Fail
        )
    );
}

#[test]
fn bad_entries_are_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let reasoned = ca.crl_with_reason("01", "keyCompromise");
    assert_clean(&reasoned, issuer);
    let reason = |value: u8| patched(&reasoned, &[0x0A, 1, 1], &[0x0A, 1, value]);
    assert_caught("reason 7", &reason(7), issuer, "RFC5280-5.3.1-reason-001");
    assert_caught("unspecified", &reason(0), issuer, "RFC5280-5.3.1-unspecified-002");
    assert_caught("remove", &reason(8), issuer, "RFC5280-5.3.1-remove-003");
    let dated = ca.crl_with_reason("01", "keyTime,20240101000000Z");
    assert_clean(&dated, issuer);
    let broken = patched(&dated, b"20240101000000Z", b"20241301000000Z");
    assert_caught("invalidity date", &broken, issuer, "RFC5280-5.3.2-invalidity-001");
    // The invalidity date's identifier becomes the one of the certificate's issuer.
    let named = patched(&dated, &[0x55, 0x1D, 24], &[0x55, 0x1D, 29]);
    assert_caught("certificate issuer", &named, issuer, "RFC5280-5.3.3-issuer-002");
}

#[test]
fn bad_responses_are_caught() {
    let ca = Authority::new("ec");
    let issuer = Some(&ca.certificate[..]);
    let entity = ca.issue("/CN=Ada", ENTITY, &[]);
    let der = ca.ocsp(&entity, &[]);
    let caught = |what: &str, der: &[u8], by: &str| assert_caught(what, der, issuer, by);
    caught("status 4", &patched(&der, &[0x0A, 1, 0], &[0x0A, 1, 4]), "RFC6960-4.2.1-status-002");
    caught(
        "answer without success",
        &patched(&der, &[0x0A, 1, 0], &[0x0A, 1, 2]),
        "RFC6960-4.2.1-bytes-003",
    );
    assert_caught("no answer", &[0x30, 3, 0x0A, 1, 0], None, "RFC6960-4.2.1-bytes-003");
    caught(
        "type",
        &patched(&der, &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1], &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2]),
        "RFC6960-4.2.1-type-004",
    );
    let stranger = Authority::new("ec");
    // It comes with the authority's certificate, so that the key is known but not the stranger's delegate.
    assert_caught("another key", &der, Some(&stranger.certificate), "RFC6960-4.2.2.2-delegate-002");
    // The last byte of the signature, which stands before the certificates.
    let unsigned = rebuilt(&der, &|node| {
        (node.tag == 4 && node.content.first() == Some(&0x30)).then(|| {
            let forged = rebuilt(node.content, &|inner| {
                (inner.tag == 3).then(|| {
                    let mut forged = inner.encoded.to_vec();
                    *forged.last_mut().unwrap() ^= 1;
                    forged
                })
            });
            element(4, &forged)
        })
    });
    caught("forged", &unsigned, "RFC6960-4.2.2.2-signature-001");
    assert_caught(
        "another authority",
        &der,
        Some(&stranger.certificate),
        "RFC6960-4.1.1-authority-003",
    );
    // The certificate of an entity without the purpose signs.
    let abused = ca.ocsp_by("/CN=Abuser", "extendedKeyUsage=clientAuth", &entity);
    caught("delegate", &abused, "RFC6960-4.2.2.2-delegate-002");
    let delegate =
        ca.ocsp_by("/CN=Responder", "extendedKeyUsage=OCSPSigning\nnoCheck=yes", &entity);
    assert_clean(&delegate, issuer);
    let unchecked = ca.ocsp_by("/CN=Responder", "extendedKeyUsage=OCSPSigning", &entity);
    caught("no check", &unchecked, "RFC6960-4.2.2.2.1-no-check-001");
    let late = verdicts_at(&der, issuer, now() + 400 * 86_400);
    assert!(
        late.iter()
            .any(|(id, _, verdict)| *id == "RFC6960-4.2.2.1-fresh-003"
                && verdict.grade == Grade::Fail)
    );
}

#[test]
fn no_bytes_make_a_lint_fall() {
    let ca = Authority::new("ec");
    let entity = ca.issue("/CN=Ada", ENTITY, &[]);
    for der in [ca.crl_with_reason("01", "keyCompromise"), ca.ocsp(&entity, &[]), entity.clone()] {
        for at in 0..der.len() {
            for change in [0x01, 0x80, 0xFF] {
                let mut changed = der.clone();
                changed[at] ^= change;
                assert!(!verdicts(&changed, Some(&entity)).is_empty());
            }
            assert!(!failed(&der[..at], None).is_empty(), "truncated at {at}");
        }
    }
}

#[test]
fn identifiers_and_numbers_of_lints_are_unique() {
    let mut seen = std::collections::HashSet::new();
    for rule in catalogue::lints() {
        assert!(seen.insert(rule.id) && seen.insert(rule.number), "{} {}", rule.number, rule.id);
        assert!(rule.clause.contains('§'), "{}", rule.clause);
    }
    let count =
        |prefix: &str| catalogue::lints().filter(|rule| rule.number.starts_with(prefix)).count();
    assert!(count("CE") >= 60 && count("CL") >= 20 && count("OC") >= 12);
}

/// Runs the program on a file; its exit code and what it printed.
fn program(arguments: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cardinal-conformance"))
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_program_tells_good_documents_from_bad_ones() {
    let ca = Authority::new("ec");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    let good = ca.issue("/CN=Ada", ENTITY, &[]);
    write("ca.der", &ca.certificate);
    write("good.der", &good);
    write("bad.der", &ca.issue("/CN=Ada", &entity_with("keyUsage=critical,keyCertSign"), &[]));
    write("advised.der", &ca.issue("/CN=Ada", &entity_with("keyUsage=digitalSignature"), &[]));
    let issuer = ["--issuer", &path("ca.der")];
    let lint =
        |name: &str, more: &[&str]| program(&[&["lint", &path(name)], &issuer[..], more].concat());
    assert_eq!(lint("good.der", &[]).0, Some(0));
    let (code, told) = lint("bad.der", &["--report", &path("report.jsonl")]);
    assert_eq!(code, Some(1));
    assert!(told.contains("fail RFC5280-4.2.1.3-key-usage-004"), "{told}");
    let report = std::fs::read_to_string(path("report.jsonl")).unwrap();
    assert!(report.lines().count() > 100);
    assert!(report.contains(r#""id":"RFC5280-4.2.1.3-key-usage-004""#), "{report}");
    assert_eq!(lint("advised.der", &[]).0, Some(0));
    assert_eq!(lint("advised.der", &["--strict"]).0, Some(1));
    assert_eq!(program(&["lint", &path("nowhere")]).0, Some(4));
}

#[test]
fn bundles_of_pem_are_taken_apart() {
    let ca = Authority::new("ec");
    let pem = |label: &str, der: &[u8]| {
        der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap()
    };
    let list = ca.crl(&["01"], "");
    let bundle = format!(
        "a comment\n{}{}{}",
        pem("CERTIFICATE", &ca.certificate),
        pem("PRIVATE KEY", b"not looked at"),
        pem("X509 CRL", &list)
    );
    let documents = file::documents(bundle.as_bytes()).unwrap();
    assert_eq!(
        documents,
        [(ca.certificate.clone(), Some(Kind::Certificate)), (list, Some(Kind::Crl))]
    );
    assert_eq!(file::documents(&ca.certificate).unwrap(), [(ca.certificate, None)]);
    assert!(file::documents(b"-----BEGIN CERTIFICATE-----\nAAAA").is_err());
    assert!(file::documents(pem("PRIVATE KEY", b"x").as_bytes()).is_err());
}
