//! Load files with signatures, hashes and encryption: what each domain wants of them.

use globalplatform::{command::LoadFile, scp::host::Channel};
use iso7816::{Aid, Command, Response, StatusWord};

use crate::{
    authorities::{
        Authority, blocks, content, domain, for_install, for_load, issuer, memo_file, send_all,
        unsigned,
    },
    authority::{encipher, sha1, sha256, sha512},
    domains::{enter, extradite, install_domain},
    memo::{MEMO, MEMO_APPLET, ijc},
    support::{Bench, delete},
};

const SIGNED: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x0A]);
const AUDITOR: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x0B]);
/// Privileges: DAP Verification, Mandated DAP Verification, Ciphered Load File Data Block.
const DAP: &[u8] = &[0xC0, 0x00, 0x00];
const MANDATED: &[u8] = &[0xC1, 0x00, 0x00];
const CIPHERED: &[u8] = &[0x80, 0x00, 0x40];
/// By custom: keys for load file signatures, for load file encryption.
const SIGNATURE_KEYS: u8 = 0x73;
const CIPHER_KEYS: u8 = 0x75;
const OK: StatusWord = StatusWord::OK;
const MISSING: StatusWord = StatusWord::CONDITIONS_OF_USE;
const WRONG: StatusWord = StatusWord::SECURITY_STATUS;
const BAD: StatusWord = StatusWord::WRONG_DATA;

/// A domain with a key for load files.
fn domain_with_key(bench: &mut Bench, aid: Aid, privileges: &[u8], version: u8, key: &Authority) {
    let keys = domain(bench, aid, privileges);
    let mut channel = enter(bench, aid, &keys);
    let put = key.put(&channel, version);
    assert_eq!(bench.secure(&mut channel, &put).status, OK);
}

fn signing(bench: &mut Bench, aid: Aid, privileges: &[u8], key: &Authority) {
    domain_with_key(bench, aid, privileges, SIGNATURE_KEYS, key);
}

/// The memo applet's load file with signatures.
fn signed_file(signatures: &[(Aid, Vec<u8>)]) -> LoadFile {
    LoadFile { dap: signatures.to_vec(), ..memo_file() }
}

/// INSTALL [for load] into a domain and all blocks, by the issuer.
fn load(bench: &mut Bench, into: Aid, hash: &[u8], file: &LoadFile) -> Response {
    let mut channel = issuer(bench);
    load_through(bench, &mut channel, into, hash, file)
}

fn load_through(
    bench: &mut Bench,
    channel: &mut Channel,
    into: Aid,
    hash: &[u8],
    file: &LoadFile,
) -> Response {
    let request = unsigned(&for_load(into.as_bytes(), hash));
    send_all(bench, channel, core::iter::once(request).chain(blocks(file)))
}

/// Loads what is right, and takes it away again.
fn loads_and_goes(bench: &mut Bench, into: Aid, hash: &[u8], file: &LoadFile) {
    let mut channel = issuer(bench);
    let loaded = load_through(bench, &mut channel, into, hash, file);
    assert_eq!(loaded, Response::ok(vec![0]), "{:?}", bench.card.failure());
    assert_eq!(bench.secure(&mut channel, &unsigned(&for_install(0x0C, MEMO_APPLET))).status, OK);
    assert_eq!(bench.secure(&mut channel, &delete(MEMO, 0x80)).status, OK);
}

#[test]
fn a_domain_that_verifies_signatures_takes_signed_load_files_only() {
    for key in [
        Authority::secret(0x80, &[0x42; 16]),
        Authority::secret(0x88, &[0x42; 16]),
        Authority::pair("RSA 1024"),
        Authority::pair("RSA 2048"),
        Authority::pair("prime256v1"),
    ] {
        let mut bench = Bench::new();
        signing(&mut bench, SIGNED, DAP, &key);
        let hash = sha256(&ijc());
        let signature = key.sign(&hash);
        let before = content(&bench).1;
        let mut spoilt = signature.clone();
        spoilt[0] ^= 1;
        let cases: [(StatusWord, &[u8], LoadFile); 6] = [
            (MISSING, &hash, memo_file()),
            (WRONG, &hash, signed_file(&[(SIGNED, spoilt)])),
            (WRONG, &hash, signed_file(&[(SIGNED, key.sign(&sha256(b"other")))])),
            (WRONG, &sha256(b"other"), signed_file(&[(SIGNED, signature.clone())])),
            (MISSING, &[], signed_file(&[(SIGNED, signature.clone())])),
            (BAD, &hash[1..], signed_file(&[(SIGNED, signature.clone())])),
        ];
        for (status, hash, file) in cases {
            let answer = load(&mut bench, SIGNED, hash, &file);
            assert_eq!(answer, Response::status(status));
            assert_eq!(content(&bench).1, before, "nothing of it is left");
        }
        loads_and_goes(&mut bench, SIGNED, &hash, &signed_file(&[(SIGNED, signature)]));
        // Into the issuer's domain, which verifies none, it needs no signature; but one that is there is verified.
        loads_and_goes(&mut bench, crate::support::ISD, &hash, &memo_file());
        let wrong = signed_file(&[(SIGNED, key.sign(b"other"))]);
        let answer = load(&mut bench, crate::support::ISD, &hash, &wrong).status;
        assert_eq!(answer, WRONG);
    }
}

#[test]
fn no_load_file_is_moved_to_a_domain_that_verifies_signatures() {
    let mut bench = Bench::new();
    signing(&mut bench, SIGNED, DAP, &Authority::secret(0x88, &[0x42; 16]));
    assert_eq!(load(&mut bench, crate::support::ISD, &[], &memo_file()).status, OK);
    let mut channel = issuer(&mut bench);
    assert_eq!(bench.secure(&mut channel, &extradite(MEMO, SIGNED)).status, MISSING);
}

#[test]
fn code_that_is_not_of_its_hash_is_refused_whatever_signs_the_hash() {
    let mut bench = Bench::new();
    let key = Authority::pair("RSA 1024");
    signing(&mut bench, SIGNED, DAP, &key);
    let before = content(&bench).1;
    let hash = sha256(&ijc());
    let mut file = signed_file(&[(SIGNED, key.sign(&hash))]);
    *file.data_block.last_mut().unwrap() ^= 1;
    assert_eq!(load(&mut bench, SIGNED, &hash, &file).status, BAD);
    // A hash that nobody asked for is checked, too.
    assert_eq!(load(&mut bench, crate::support::ISD, &[7; 32], &memo_file()).status, BAD);
    assert_eq!(load(&mut bench, crate::support::ISD, &[7; 31], &memo_file()).status, BAD);
    assert_eq!(content(&bench).1, before);
    loads_and_goes(&mut bench, crate::support::ISD, &sha1(&ijc()), &memo_file());
}

#[test]
fn blocks_out_of_their_order_are_refused_and_leave_nothing() {
    let mut bench = Bench::new();
    let key = Authority::pair("RSA 1024");
    signing(&mut bench, SIGNED, DAP, &key);
    let hash = sha256(&ijc());
    let file = signed_file(&[(SIGNED, key.sign(&hash))]);
    let before = content(&bench).1;
    let mut channel = issuer(&mut bench);
    let request = || unsigned(&for_load(SIGNED.as_bytes(), &hash));
    let mut swapped = blocks(&file);
    swapped.swap(0, 1);
    let commands = core::iter::once(request()).chain(swapped);
    assert_eq!(send_all(&mut bench, &mut channel, commands).status, MISSING);
    // The numbers are right, the bytes are not.
    let mut renumbered = blocks(&file);
    let (first, second) = (renumbered[0].data.clone(), renumbered[1].data.clone());
    (renumbered[0].data, renumbered[1].data) = (second, first);
    let commands = core::iter::once(request()).chain(renumbered);
    let status = send_all(&mut bench, &mut channel, commands).status;
    assert!(!status.is_ok());
    // The last blocks are left away.
    let cut: Vec<Command> = blocks(&file).into_iter().take(2).collect();
    let last = cut[1].clone();
    let early = Command { header: iso7816::Header { p1: 0x80, ..last.header }, ..last };
    let commands = [request(), cut[0].clone(), early];
    assert_eq!(send_all(&mut bench, &mut channel, commands).status, BAD);
    assert_eq!(content(&bench).1, before);
}

#[test]
fn a_mandated_signature_is_wanted_of_every_load_once_its_domain_is_personalized() {
    let mut bench = Bench::new();
    let key = Authority::pair("prime256v1");
    let mut channel = issuer(&mut bench);
    let made = bench.secure(&mut channel, &install_domain(AUDITOR, MANDATED, &[]));
    assert_eq!(made.status, OK);
    loads_and_goes(&mut bench, crate::support::ISD, &[], &memo_file());
    let mut channel = issuer(&mut bench);
    assert_eq!(bench.secure(&mut channel, &delete(AUDITOR, 0)).status, OK);
    signing(&mut bench, AUDITOR, MANDATED, &key);
    let hash = sha256(&ijc());
    let answer = load(&mut bench, crate::support::ISD, &hash, &memo_file());
    assert_eq!(answer, Response::status(MISSING));
    assert_eq!(load(&mut bench, crate::support::ISD, &[], &memo_file()).status, MISSING);
    let file = signed_file(&[(AUDITOR, key.sign(&hash))]);
    loads_and_goes(&mut bench, crate::support::ISD, &hash, &file);
}

#[test]
fn every_signature_is_verified_by_the_domain_that_it_names() {
    let mut bench = Bench::new();
    let (own, auditor) = (Authority::pair("RSA 1024"), Authority::secret(0x88, &[0x42; 16]));
    signing(&mut bench, SIGNED, DAP, &own);
    signing(&mut bench, AUDITOR, MANDATED, &auditor);
    let hash = sha256(&ijc());
    let by = |aid: Aid, key: &Authority| (aid, key.sign(&hash));
    let before = content(&bench).1;
    let cases = [
        (MISSING, vec![by(SIGNED, &own)]),
        (MISSING, vec![by(AUDITOR, &auditor)]),
        (WRONG, vec![by(SIGNED, &auditor), by(AUDITOR, &own)]),
        (WRONG, vec![by(SIGNED, &own), by(AUDITOR, &auditor), by(crate::support::ISD, &own)]),
        (WRONG, vec![by(SIGNED, &own), by(AUDITOR, &auditor), by(MEMO, &own)]),
        (WRONG, vec![by(SIGNED, &own), by(AUDITOR, &auditor), by(SIGNED, &auditor)]),
    ];
    for (status, signatures) in cases {
        let answer = load(&mut bench, SIGNED, &hash, &signed_file(&signatures)).status;
        assert_eq!(answer, status);
        assert_eq!(content(&bench).1, before);
    }
    let both = [by(AUDITOR, &auditor), by(SIGNED, &own)];
    loads_and_goes(&mut bench, SIGNED, &hash, &signed_file(&both));
}

#[test]
fn the_hash_is_as_strong_as_its_signature() {
    let mut bench = Bench::new();
    let key = Authority::secret(0x88, &[0x42; 32]);
    signing(&mut bench, SIGNED, DAP, &key);
    let weak = sha256(&ijc());
    let file = signed_file(&[(SIGNED, key.sign(&weak))]);
    assert_eq!(load(&mut bench, SIGNED, &weak, &file).status, BAD);
    let strong = sha512(&ijc());
    let file = signed_file(&[(SIGNED, key.sign(&strong))]);
    loads_and_goes(&mut bench, SIGNED, &strong, &file);
}

#[test]
fn a_domain_without_its_key_verifies_nothing() {
    let mut bench = Bench::new();
    domain(&mut bench, SIGNED, DAP);
    let hash = sha256(&ijc());
    let file = signed_file(&[(SIGNED, vec![7; 128])]);
    assert_eq!(load(&mut bench, SIGNED, &hash, &file).status, MISSING);
}

#[test]
fn a_domain_that_deciphers_takes_nothing_in_clear() {
    for (kind, length, hash) in
        [(0x80, 16, sha1(&ijc())), (0x88, 16, sha256(&ijc())), (0x88, 32, sha512(&ijc()))]
    {
        let mut bench = Bench::new();
        let secret = vec![0x42; length];
        let key = Authority::secret(kind, &secret);
        domain_with_key(&mut bench, SIGNED, CIPHERED, CIPHER_KEYS, &key);
        let block = if kind == 0x80 { 8 } else { 16 };
        let icv = vec![9; block];
        let ciphered = |icv: Option<&[u8]>, key: &[u8]| LoadFile {
            data_block: encipher(kind, key, icv, &ijc()),
            ciphered: true,
            icv: icv.map(<[u8]>::to_vec),
            ..memo_file()
        };
        let before = content(&bench).1;
        let other_key = vec![0x24; length];
        let unlike = LoadFile { icv: Some(vec![8; block]), ..ciphered(Some(&icv), &secret) };
        let cases = [
            (BAD, &hash[..], memo_file()),
            (BAD, &hash, ciphered(None, &other_key)),
            (BAD, &hash, unlike),
            (BAD, &hash, LoadFile { icv: Some(vec![8; 7]), ..ciphered(None, &secret) }),
            (MISSING, &[], ciphered(None, &secret)),
        ];
        for (status, hash, file) in cases {
            assert_eq!(load(&mut bench, SIGNED, hash, &file).status, status, "{kind:02X} {length}");
            assert_eq!(content(&bench).1, before);
        }
        for icv in [None, Some(&icv[..])] {
            loads_and_goes(&mut bench, SIGNED, &hash, &ciphered(icv, &secret));
        }
        let elsewhere = load(&mut bench, crate::support::ISD, &hash, &ciphered(None, &secret));
        assert_eq!(elsewhere.status, BAD, "the issuer's domain deciphers none");
    }
}

#[test]
fn the_hash_is_as_strong_as_the_encryption() {
    let mut bench = Bench::new();
    let key = Authority::secret(0x88, &[0x42; 16]);
    domain_with_key(&mut bench, SIGNED, CIPHERED, CIPHER_KEYS, &key);
    let data_block = encipher(0x88, &[0x42; 16], None, &ijc());
    let file = LoadFile { data_block, ciphered: true, ..memo_file() };
    assert_eq!(load(&mut bench, SIGNED, &sha1(&ijc()), &file).status, BAD);
}
