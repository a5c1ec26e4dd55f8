//! Delegated management: a domain that changes content on the issuer's word, token by token, and tells it in receipts.

use card::{ImageStore as _, image::Change, nvm::Owner};
use globalplatform::{
    Key, KeySet,
    data::{Confirmation, ReceiptData},
    scp::host::Channel,
};
use hex_literal::hex;
use iso7816::{Aid, Command, Response, StatusWord};

use crate::{
    authorities::{
        Authority, blocks, content, domain, for_install, for_load, install, issuer, memo_file,
        send_all, signed, token_data, unsigned, with_token,
    },
    authority::sha256,
    domains::{enter, install_domain},
    memo::{MEMO, MEMO_APPLET, MEMO_OTHER, ijc},
    support::{Bench, delete, keys_for, reopen, scp},
};

pub(crate) const DELEGATED: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x0D]);
pub(crate) const OTHER_DOMAIN: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x0E]);
/// Privileges: a security domain with Delegated Management.
const DELEGATED_MANAGEMENT: &[u8] = &[0xA0, 0x00, 0x00];
pub(crate) const NONE: &[u8] = &[0x80, 0x00, 0x00];
/// By custom: keys for tokens, for receipts.
const TOKEN_KEYS: u8 = 0x70;
const RECEIPT_KEYS: u8 = 0x71;
const OK: StatusWord = StatusWord::OK;
const MISSING: StatusWord = StatusWord::CONDITIONS_OF_USE;
const WRONG: StatusWord = StatusWord::SECURITY_STATUS;
const NEEDLESS: StatusWord = StatusWord::WRONG_DATA;
const RECEIPT_KEY: [u8; 16] = *b"receipts, please";

/// A card whose issuer lets a domain manage content by tokens of this key.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) keys: KeySet,
    pub(crate) token: Authority,
}

impl Stage {
    fn new(token: Authority) -> Self {
        let mut bench = Bench::new();
        let keys = domain(&mut bench, DELEGATED, DELEGATED_MANAGEMENT);
        let mut channel = issuer(&mut bench);
        let put = token.put(&channel, TOKEN_KEYS);
        assert_eq!(bench.secure(&mut channel, &put).status, OK);
        Self { bench, keys, token }
    }

    pub(crate) fn with_receipts() -> Self {
        let mut stage = Self::new(Authority::secret(0x80, &[0x42; 16]));
        let mut channel = issuer(&mut stage.bench);
        let put = Authority::secret(0x88, &RECEIPT_KEY).put(&channel, RECEIPT_KEYS);
        assert_eq!(stage.bench.secure(&mut channel, &put).status, OK);
        for object in [hex!("42 04 01020304"), hex!("45 04 05060708")] {
            let store = Command::new(0x80, 0xE2, 0x80, 0).with_data(object);
            assert_eq!(stage.bench.secure(&mut channel, &store).status, OK);
        }
        stage
    }

    pub(crate) fn enter(&mut self) -> Channel {
        enter(&mut self.bench, DELEGATED, &self.keys)
    }

    /// Sends a command with the token that it needs.
    fn obey(&mut self, channel: &mut Channel, command: &Command) -> Response {
        self.bench.secure(channel, &signed(command, &self.token))
    }

    /// Loads the memo applet; what the last block is answered.
    pub(crate) fn load(&mut self, channel: &mut Channel) -> Response {
        let request = self.obey(channel, &for_load(&[], &sha256(&ijc())));
        assert_eq!(request, Response::ok(vec![0]));
        send_all(&mut self.bench, channel, blocks(&memo_file()))
    }
}

pub(crate) fn make_selectable(instance: Aid) -> Command {
    install(0x08, 0, &[&[], &[], instance.as_bytes(), &[0], &[]])
}

pub(crate) fn extradite(object: Aid, to: Aid) -> Command {
    install(0x10, 0, &[to.as_bytes(), &[], object.as_bytes(), &[], &[]])
}

pub(crate) fn update(object: Aid, privileges: &[u8]) -> Command {
    install(0x40, 0, &[&[], &[], object.as_bytes(), privileges, &[]])
}

#[test]
fn a_delegated_domain_does_everything_under_tokens_of_every_kind_of_key() {
    for token in [
        Authority::secret(0x80, &[0x42; 16]),
        Authority::secret(0x88, &[0x42; 16]),
        Authority::pair("RSA 1024"),
        Authority::pair("RSA 2048"),
        Authority::pair("prime256v1"),
        Authority::pair("brainpoolP256r1"),
    ] {
        let mut stage = Stage::new(token);
        domain(&mut stage.bench, OTHER_DOMAIN, NONE);
        let mut channel = stage.enter();
        assert_eq!(stage.load(&mut channel), Response::ok(vec![0]));
        for command in [
            for_install(0x04, MEMO_APPLET),
            make_selectable(MEMO_APPLET),
            for_install(0x0C, MEMO_OTHER),
            update(MEMO_OTHER, &[0x02]),
            delete(MEMO_APPLET, 0),
        ] {
            let answer = stage.obey(&mut channel, &command);
            assert_eq!(answer, Response::ok(vec![0]), "{:?}", command.header);
        }
        assert!(stage.bench.select(MEMO_OTHER).status.is_ok());
        let mut channel = stage.enter();
        for command in [extradite(DELEGATED, DELEGATED), delete(OTHER_DOMAIN, 0)] {
            assert_eq!(stage.obey(&mut channel, &command).status, MISSING, "not its own");
        }
        assert_eq!(stage.obey(&mut channel, &delete(MEMO, 0x80)), Response::ok(vec![0]));
    }
}

#[test]
fn nothing_is_done_without_the_token_or_with_another() {
    let mut stage = Stage::new(Authority::pair("RSA 1024"));
    domain(&mut stage.bench, OTHER_DOMAIN, NONE);
    let mut channel = stage.enter();
    stage.load(&mut channel);
    assert_eq!(stage.obey(&mut channel, &for_install(0x04, MEMO_APPLET)).status, OK);
    let before = content(&stage.bench);
    let commands = [
        install(0x02, 0, &[MEMO_OTHER.as_bytes(), &[], &[7; 20], &[]]),
        for_install(0x0C, MEMO_OTHER),
        make_selectable(MEMO_APPLET),
        extradite(MEMO_APPLET, OTHER_DOMAIN),
        update(MEMO_APPLET, &[0x02]),
        delete(MEMO_APPLET, 0),
    ];
    for command in &commands {
        let name = format!("{:?}", command.header);
        let without = stage.bench.secure(&mut channel, &unsigned(command)).status;
        assert_eq!(without, MISSING, "{name} without a token");
        let mut spoilt = signed(command, &stage.token);
        *spoilt.data.last_mut().unwrap() ^= 1;
        assert_eq!(stage.bench.secure(&mut channel, &spoilt).status, WRONG, "{name} spoilt");
        // Good tokens, but of other commands: replayed.
        for other in commands.iter().filter(|other| *other != command) {
            let replayed = with_token(command, &token_data(other), &stage.token);
            let status = stage.bench.secure(&mut channel, &replayed).status;
            assert_eq!(status, WRONG, "{name} with the token of {:?}", other.header);
        }
        let foreign = signed(command, &Authority::pair("RSA 2048"));
        assert_eq!(stage.bench.secure(&mut channel, &foreign).status, WRONG, "{name} by another");
        assert_eq!(content(&stage.bench), before, "{name}");
    }
    // No block of a load that was refused is taken.
    let block = stage.bench.secure(&mut channel, &blocks(&memo_file()).remove(0)).status;
    assert_eq!(block, MISSING);
}

#[test]
fn a_token_is_bound_to_every_byte_of_its_command() {
    let mut stage = Stage::new(Authority::secret(0x88, &[0x42; 16]));
    let mut channel = stage.enter();
    stage.load(&mut channel);
    let command = for_install(0x0C, MEMO_APPLET);
    let data = token_data(&command);
    for at in 0..data.len() {
        let mut other = data.clone();
        other[at] ^= 1;
        let replayed = with_token(&command, &other, &stage.token);
        assert_eq!(stage.bench.secure(&mut channel, &replayed).status, WRONG, "byte {at}");
    }
    assert_eq!(stage.obey(&mut channel, &command).status, OK);
    assert_eq!(stage.obey(&mut channel, &command).status, MISSING, "the same again: it is there");
}

#[test]
fn the_issuer_needs_no_token_and_takes_none() {
    let mut stage = Stage::new(Authority::secret(0x80, &[0x42; 16]));
    let mut channel = issuer(&mut stage.bench);
    let before = content(&stage.bench);
    for command in [for_load(&[], &sha256(&ijc())), delete(DELEGATED, 0)] {
        assert_eq!(stage.obey(&mut channel, &command).status, NEEDLESS, "{:?}", command.header);
        assert_eq!(content(&stage.bench), before);
    }
    let deleted = stage.bench.secure(&mut channel, &delete(DELEGATED, 0));
    assert_eq!(deleted, Response::ok(vec![0]));
}

#[test]
fn a_token_may_name_the_domain_that_verifies_it_and_no_other() {
    let mut stage = Stage::with_receipts();
    let mut channel = stage.enter();
    stage.load(&mut channel);
    let (file, module) = (MEMO.as_bytes(), MEMO_APPLET.as_bytes());
    let command = |instance: Aid, reference: &[u8]| {
        let parameters = [&hex!("C900 B6")[..], &crate::support::lv(reference)].concat();
        install(0x0C, 0, &[file, module, instance.as_bytes(), &[0], &parameters])
    };
    for foreign in [&hex!("42 04 01020305")[..], &hex!("45 01 05"), &hex!("42 04 0102")] {
        let status = stage.obey(&mut channel, &command(MEMO_APPLET, foreign)).status;
        assert_eq!(status, WRONG, "{foreign:02X?}");
    }
    let own = hex!("42 04 01020304 45 04 05060708 93 02 0A0B");
    let answer = stage.obey(&mut channel, &command(MEMO_APPLET, &own));
    let (_, confirmation) = Confirmation::parse_response(&answer.data).unwrap().unwrap();
    assert_eq!(confirmation.token_id.as_deref(), Some(&hex!("0A0B")[..]));
    let reference = hex!("B6 05 42 03 010203");
    let data = [&delete(MEMO_APPLET, 0).data[..], &reference].concat();
    let foreign = delete(MEMO_APPLET, 0).with_data(data);
    assert_eq!(stage.obey(&mut channel, &foreign).status, WRONG);
    let data = [&delete(MEMO_APPLET, 0).data[..], &hex!("B6 06 42 04 01020304")].concat();
    assert_eq!(stage.obey(&mut channel, &delete(MEMO_APPLET, 0).with_data(data)).status, OK);
}

#[test]
fn what_is_done_is_confirmed_and_counted() {
    let mut stage = Stage::with_receipts();
    domain(&mut stage.bench, OTHER_DOMAIN, NONE);
    let key = Key::aes(&RECEIPT_KEY).unwrap();
    let mut channel = stage.enter();
    let answer = stage.load(&mut channel);
    let loaded = ReceiptData::Load { load_file: MEMO, security_domain: DELEGATED };
    check_receipt(&answer, 0, &loaded, &key);
    let instance = MEMO_APPLET;
    let installed = ReceiptData::Install { load_file: MEMO, instance };
    let privileges = globalplatform::data::Privileges::parse(&[0x02]).unwrap();
    let updated = ReceiptData::RegistryUpdate {
        from: None,
        application: Some(instance),
        to: None,
        privileges: Some(privileges),
        parameters: &[],
    };
    let moved =
        ReceiptData::Extradition { from: DELEGATED, application: instance, to: OTHER_DOMAIN };
    for (count, (command, receipt)) in (1..).zip([
        (for_install(0x04, instance), installed),
        (make_selectable(instance), installed),
        (update(instance, &[0x02]), updated),
        (extradite(instance, OTHER_DOMAIN), moved),
    ]) {
        check_receipt(&stage.obey(&mut channel, &command), count, &receipt, &key);
    }
    // What is refused is not counted, as the deletion of what belongs to another. The count outlives the power.
    assert_eq!(stage.obey(&mut channel, &delete(MEMO, 0x80)).status, MISSING);
    let mut channel = issuer(&mut stage.bench);
    let counter = Command::new(0x80, 0xCA, 0, 0xC2).with_expected(256);
    assert_eq!(stage.bench.secure(&mut channel, &counter).data, hex!("C2 02 0005"));
    let mut stage = Stage { bench: stage.bench.twin(), keys: stage.keys, token: stage.token };
    let mut channel = stage.enter();
    let unknown = stage.bench.secure(&mut channel, &counter).status;
    assert_eq!(unknown, StatusWord::REFERENCED_DATA_NOT_FOUND, "it makes no receipts");
    let answer = stage.obey(&mut channel, &for_install(0x0C, MEMO_OTHER));
    let receipt = ReceiptData::Install { load_file: MEMO, instance: MEMO_OTHER };
    check_receipt(&answer, 5, &receipt, &key);
    let answer = stage.obey(&mut channel, &delete(MEMO_OTHER, 0));
    check_receipt(&answer, 6, &ReceiptData::Delete { aid: MEMO_OTHER }, &key);
}

#[test]
fn receipts_are_signed_with_private_keys_too() {
    for name in ["RSA 1024", "RSA 2048", "prime256v1", "secp384r1"] {
        let mut stage = Stage::new(Authority::secret(0x80, &[0x42; 16]));
        let key = Authority::pair(name);
        let mut channel = issuer(&mut stage.bench);
        let put = key.put_private(&channel, RECEIPT_KEYS);
        assert_eq!(stage.bench.secure(&mut channel, &put).status, OK, "{name}");
        let mut channel = stage.enter();
        let mut answer = stage.load(&mut channel);
        // One of RSA with 2048 bits does not fit into a response.
        while answer.status.0 >> 8 == 0x61 {
            let more = stage.bench.bytes("00 C0 00 00 00");
            answer = Response::new([answer.data, more.data].concat(), more.status);
        }
        assert_eq!(answer.status, OK, "{name}");
        let (receipt, found) = Confirmation::parse_response(&answer.data).unwrap().unwrap();
        let loaded = ReceiptData::Load { load_file: MEMO, security_domain: DELEGATED };
        assert!(key.verifies(&loaded.to_bytes(&found), &receipt), "{name}");
    }
}

/// Checks a confirmation: its number, whose it is, and its receipt.
fn check_receipt(answer: &Response, counter: u16, data: &ReceiptData<'_>, key: &Key) {
    assert_eq!(answer.status, OK, "{data:?}");
    let (receipt, found) = Confirmation::parse_response(&answer.data).unwrap().unwrap();
    let unique_data = hex!("01020304 05060708").to_vec();
    assert_eq!(found, Confirmation { counter, unique_data, ..Confirmation::default() });
    assert_eq!(receipt, key.cmac(&[&data.to_bytes(&found)]).unwrap(), "{data:?}");
}

#[test]
fn a_combined_process_has_one_token_over_both_commands() {
    let mut stage = Stage::with_receipts();
    let key = Key::aes(&RECEIPT_KEY).unwrap();
    let hash = sha256(&ijc());
    let first = install(0x0E, 1, &[MEMO.as_bytes(), &[], &hash, &[]]);
    let (module, instance) = (MEMO_APPLET.as_bytes(), MEMO_OTHER.as_bytes());
    let last = install(0x0E, 3, &[&[], module, instance, &[0], &[0xC9, 0]]);
    let both = [token_data(&first), token_data(&last)].concat();
    let mut channel = stage.enter();
    let early = stage.obey(&mut channel, &first).status;
    assert_eq!(early, NEEDLESS, "the first command has no token");
    let before = content(&stage.bench);
    let begin = |stage: &mut Stage, channel: &mut Channel| {
        let commands = core::iter::once(unsigned(&first)).chain(blocks(&memo_file()));
        let loaded = send_all(&mut stage.bench, channel, commands);
        assert_eq!(loaded, Response::ok(vec![0]));
    };
    for token_data in [token_data(&last), token_data(&first), [&both[..], &[0]].concat()] {
        begin(&mut stage, &mut channel);
        let wrong = with_token(&last, &token_data, &stage.token);
        assert_eq!(stage.bench.secure(&mut channel, &wrong).status, WRONG);
        assert_eq!(content(&stage.bench), before, "the load file is gone with it");
    }
    begin(&mut stage, &mut channel);
    assert_eq!(stage.bench.secure(&mut channel, &unsigned(&last)).status, MISSING);
    assert_eq!(content(&stage.bench), before);
    // What is not ended leaves nothing behind.
    begin(&mut stage, &mut channel);
    let mut channel = stage.enter();
    assert_eq!(content(&stage.bench).1, before.1);
    let orphan = with_token(&last, &both, &stage.token);
    assert_eq!(stage.bench.secure(&mut channel, &orphan).status, MISSING);
    begin(&mut stage, &mut channel);
    let answer = stage.bench.secure(&mut channel, &with_token(&last, &both, &stage.token));
    let receipt =
        ReceiptData::Combined { load_file: MEMO, instance: MEMO_OTHER, security_domain: DELEGATED };
    check_receipt(&answer, 0, &receipt, &key);
    assert!(stage.bench.select(MEMO_OTHER).status.is_ok());
}

#[test]
fn a_load_under_a_token_is_of_the_hash_that_was_signed() {
    let mut stage = Stage::new(Authority::secret(0x88, &[0x42; 16]));
    let mut channel = stage.enter();
    let before = content(&stage.bench);
    let without = stage.obey(&mut channel, &for_load(&[], &[])).status;
    assert_eq!(without, MISSING);
    let weak = stage.obey(&mut channel, &for_load(&[], &[7; 20])).status;
    assert_eq!(weak, StatusWord::WRONG_DATA, "SHA-1 is too weak for AES");
    assert_eq!(stage.obey(&mut channel, &for_load(&[], &[7; 32])).status, OK);
    let other = send_all(&mut stage.bench, &mut channel, blocks(&memo_file())).status;
    assert_eq!(other, StatusWord::WRONG_DATA);
    assert_eq!(content(&stage.bench), before);
}

#[test]
fn tokens_are_verified_by_the_domain_that_has_the_privilege() {
    let mut stage = Stage::new(Authority::secret(0x80, &[0x42; 16]));
    let verifying = domain(&mut stage.bench, OTHER_DOMAIN, &[0x80, 0x20, 0x00]);
    let mut channel = stage.enter();
    let request = for_load(&[], &sha256(&ijc()));
    let status = stage.obey(&mut channel, &request).status;
    assert_eq!(status, MISSING, "the issuer's key does not count, and the domain has none yet");
    let token = Authority::secret(0x88, &[0x17; 16]);
    let mut channel = enter(&mut stage.bench, OTHER_DOMAIN, &verifying);
    let put = token.put(&channel, TOKEN_KEYS);
    assert_eq!(stage.bench.secure(&mut channel, &put).status, OK);
    let mut channel = stage.enter();
    assert_eq!(stage.obey(&mut channel, &request).status, WRONG);
    stage.token = token;
    assert_eq!(stage.obey(&mut channel, &request).status, OK);
}

#[test]
fn a_domain_out_of_every_hierarchy_has_nobodys_word() {
    let mut stage = Stage::new(Authority::secret(0x80, &[0x42; 16]));
    let mut channel = issuer(&mut stage.bench);
    let away = unsigned(&extradite(DELEGATED, DELEGATED));
    assert_eq!(stage.bench.secure(&mut channel, &away).status, OK);
    let mut channel = stage.enter();
    let request = for_load(&[], &sha256(&ijc()));
    assert_eq!(stage.obey(&mut channel, &request).status, MISSING);
}

#[test]
fn without_a_token_key_no_token_is_right() {
    let mut bench = Bench::new();
    let keys = domain(&mut bench, DELEGATED, DELEGATED_MANAGEMENT);
    let mut channel = enter(&mut bench, DELEGATED, &keys);
    let token = Authority::secret(0x80, &[0x42; 16]);
    let request = signed(&for_load(&[], &sha256(&ijc())), &token);
    assert_eq!(bench.secure(&mut channel, &request).status, MISSING);
}

#[test]
fn the_last_receipt_is_the_last_thing_done_under_a_token() {
    let mut stage = Stage::with_receipts();
    let mut channel = stage.enter();
    stage.load(&mut channel);
    // The counter as an image has it that made all receipts but one: FFFE.
    let mut image = stage.bench.image.snapshot();
    let (owner, key) = (Owner::System, b"receipts".to_vec());
    let nearly = Change { owner, key, value: Some(hex!("FE FF 03").to_vec()) };
    image.apply(core::slice::from_ref(&nearly)).unwrap();
    let mut card = reopen(Box::new(image.clone()));
    card.power_on();
    stage.bench = Bench { card, image };
    let mut channel = stage.enter();
    let answer = stage.obey(&mut channel, &for_install(0x0C, MEMO_APPLET));
    let receipt = ReceiptData::Install { load_file: MEMO, instance: MEMO_APPLET };
    check_receipt(&answer, 0xFFFE, &receipt, &Key::aes(&RECEIPT_KEY).unwrap());
    let before = content(&stage.bench);
    assert_eq!(stage.obey(&mut channel, &for_install(0x0C, MEMO_OTHER)).status, MISSING);
    assert_eq!(content(&stage.bench), before);
    let mut channel = issuer(&mut stage.bench);
    let counter = Command::new(0x80, 0xCA, 0, 0xC2).with_expected(256);
    assert_eq!(stage.bench.secure(&mut channel, &counter).data, hex!("C2 02 FFFF"));
}

#[test]
fn a_domain_manages_nothing_before_it_is_personalized() {
    let mut bench = Bench::new();
    for privileges in [DELEGATED_MANAGEMENT, &[0x80, 0x40, 0x00]] {
        let mut channel = issuer(&mut bench);
        let made = bench.secure(&mut channel, &install_domain(DELEGATED, privileges, &[]));
        assert_eq!(made.status, OK);
        let mut channel = enter(&mut bench, DELEGATED, &keys_for(scp(2, 0x15)));
        let request = unsigned(&for_load(&[], &[]));
        assert_eq!(bench.secure(&mut channel, &request).status, MISSING);
        let mut channel = issuer(&mut bench);
        assert_eq!(bench.secure(&mut channel, &delete(DELEGATED, 0)).status, OK);
    }
}

#[test]
fn a_combined_process_is_whole_or_not_at_all_wherever_the_power_fails() {
    let stage = Stage::with_receipts();
    let hash = sha256(&ijc());
    let first = install(0x0E, 1, &[MEMO.as_bytes(), &[], &hash, &[]]);
    let (module, instance) = (MEMO_APPLET.as_bytes(), MEMO_APPLET.as_bytes());
    let last = install(0x0E, 3, &[&[], module, instance, &[0], &[0xC9, 0]]);
    let last = with_token(&last, &[token_data(&first), token_data(&last)].concat(), &stage.token);
    let before = content(&stage.bench);
    let (mut cuts, mut done) = (0, false);
    for cut in 1..200 {
        let mut twin = stage.bench.twin();
        let mut channel = enter(&mut twin, DELEGATED, &stage.keys);
        let begun = core::iter::once(unsigned(&first)).chain(blocks(&memo_file()));
        assert_eq!(send_all(&mut twin, &mut channel, begun).status, OK);
        twin.card.tear_after(cut);
        let wrapped = channel.wrap(&last).unwrap();
        done = twin.card.transmit(&wrapped.to_bytes().unwrap()).ends_with(&[0x90, 0x00]);
        let mut after = twin.twin();
        let (applications, files, _) = content(&after);
        if files == before.1 {
            assert_eq!(applications, before.0, "cut {cut}");
        } else {
            assert_eq!((files, applications.len()), (vec![MEMO], before.0.len() + 1), "cut {cut}");
            assert!(after.select(MEMO_APPLET).status.is_ok(), "cut {cut}");
        }
        if done {
            break;
        }
        cuts += 1;
    }
    assert!(done && cuts > 5, "{cuts} cuts");
}

#[test]
fn a_public_token_key_may_have_any_version() {
    let mut bench = Bench::new();
    let keys = domain(&mut bench, DELEGATED, DELEGATED_MANAGEMENT);
    let token = Authority::pair("RSA 1024");
    let mut channel = issuer(&mut bench);
    let put = token.put(&channel, 0x15);
    assert_eq!(bench.secure(&mut channel, &put).status, OK);
    let mut channel = enter(&mut bench, DELEGATED, &keys);
    let request = signed(&for_load(&[], &sha256(&ijc())), &token);
    assert_eq!(bench.secure(&mut channel, &request).status, OK);
}

#[test]
fn what_is_told_of_a_key_decides_what_it_serves() {
    let mut bench = Bench::new();
    let keys = domain(&mut bench, DELEGATED, DELEGATED_MANAGEMENT);
    let token = Authority::secret(0x80, &[0x42; 16]);
    let request = signed(&for_load(&[], &sha256(&ijc())), &token);
    // Token; token and more; receipt; load file signature.
    for (version, usage, expected) in [
        (0x25, 0x8100, OK),
        (0x70, 0x8700, OK),
        (0x70, 0x4400, MISSING),
        (0x70, 0x8400, MISSING),
        (0x73, 0x8100, OK),
    ] {
        let mut channel = issuer(&mut bench);
        let usage = globalplatform::data::KeyUsage::from_bits_retain(usage);
        let put = token.put_for(&channel, version, Some(usage));
        assert_eq!(bench.secure(&mut channel, &put).status, OK, "{version:02X} {usage:?}");
        let mut channel = enter(&mut bench, DELEGATED, &keys);
        let status = bench.secure(&mut channel, &request).status;
        assert_eq!(status, expected, "{version:02X} {usage:?}");
        let mut channel = issuer(&mut bench);
        let gone = Command::new(0x80, 0xE4, 0, 0).with_data([0xD2, 1, version]);
        assert_eq!(bench.secure(&mut channel, &gone).status, OK);
    }
}
