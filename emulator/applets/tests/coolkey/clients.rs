//! The sessions of real clients, byte for byte as they were observed on the wire.

use coolkey::{ObjectAcl, ObjectId};
use rsa::{BoxedUint, hazmat::rsa_encrypt};

use crate::token::{Token, padded, slots};

/// A personalised token with a combined object of 700 bytes and keys in slots 0/1 (1024) and 2/3 (2048), just inserted.
fn personalised() -> (Token, [rsa::RsaPublicKey; 2]) {
    let mut token = Token::with_pin();
    let keys = [(slots(0, 0, 1), 1024), (slots(0, 2, 3), 2048)].map(|(slots, bits)| {
        let blob = token.enroll(slots, bits).public_key_blob;
        let key = coolkey::blob::RsaPublicKey::parse(&blob).unwrap();
        let [n, e] = [&key.modulus, &key.exponent].map(|n| BoxedUint::from_be_slice_vartime(n));
        rsa::RsaPublicKey::new(n, e).unwrap()
    });
    let z0: Vec<u8> = (0..700_u16).map(|n| n.to_be_bytes()[1]).collect();
    token.write_all(ObjectId::COMBINED, ObjectAcl::PUBLIC, &z0);
    token.secured_ok(coolkey::Command::SetLifeCycle { state: 0x0F });
    token.power_cycle();
    (token, keys)
}

fn data(answer: &str) -> &str {
    answer.strip_suffix("9000").unwrap_or_else(|| panic!("{answer}"))
}

fn assert_signature(key: &rsa::RsaPublicKey, signature: &str, signed: &[u8]) {
    let signature = BoxedUint::from_be_slice_vartime(&hex::decode(signature).unwrap());
    let recovered = rsa_encrypt(key, &signature).unwrap();
    assert_eq!(recovered, BoxedUint::from_be_slice_vartime(signed));
}

#[test]
fn libcoolkeypk11_lists_and_signs() {
    let (mut token, [key_1024, key_2048]) = personalised();
    token.select();
    assert_eq!(token.exchange("B0F2000004"), "0F0101019000");
    token.select();
    for (offset, length) in [(0, 255), (255, 255), (510, 190)] {
        let read = format!("B056000011 7A300000 {offset:08X} {length:02X} 0000000000000000");
        assert_eq!(data(&token.exchange(&read)).len(), 2 * length);
    }
    token.select();
    let answer = token.exchange("B042000006 313233343536");
    let nonce = data(&answer).to_owned();
    assert_eq!(nonce.len(), 16);
    token.select();

    let block = padded(b"digest info of something", 256);
    let hex = hex::encode_upper(&block);
    let (head, tail) = hex.split_at(440);
    for command in [
        format!("B054000013 FFFFFFFF 00000000 02 0100 {nonce}"),
        format!("B0540000ED FFFFFFFF 00000002 DC {head} {nonce}"),
        format!("B054000035 FFFFFFFF 000000DE 24 {tail} {nonce}"),
        format!("B03602040D 0003020000 {nonce}"),
    ] {
        assert_eq!(token.exchange(&command), "9000");
    }
    let length = token.exchange(&format!("B056000011 FFFFFFFF 00000000 02 {nonce}"));
    assert_eq!(length, "01009000");
    let most = token.exchange(&format!("B056000011 FFFFFFFF 00000002 FF {nonce}"));
    let last = token.exchange(&format!("B056000011 FFFFFFFF 00000101 01 {nonce}"));
    assert_signature(&key_2048, &[data(&most), data(&last)].concat(), &block);

    let block = padded(b"digest info of something", 128);
    let hex = hex::encode_upper(&block);
    let answer = token.exchange(&format!("B03600048D 0003010080 {hex} {nonce}"));
    let signature = data(&answer).strip_prefix("0080").unwrap();
    assert_signature(&key_1024, signature, &block);
}

#[test]
fn opensc_recognises_lists_signs_and_logs_out() {
    let (mut token, [_, key]) = personalised();
    token.select();
    assert_eq!(token.exchange("B03C0100"), "6D00");
    assert_eq!(token.exchange("B03C010000"), "6D00");
    assert_eq!(token.exchange("B0F2000004"), "0F0101019000");
    token.select();
    assert_eq!(token.exchange("B05800000E"), "7A300000000002BCFFFF400040009000");
    for (offset, length) in [(0, 0xF0), (0xF0, 0xF0), (0x1E0, 220)] {
        let read = format!("B056000011 7A300000 {offset:08X} {length:02X} 0000000000000000");
        assert_eq!(data(&token.exchange(&read)).len(), 2 * length);
    }
    assert_eq!(token.exchange("B05801000E"), "9C12");
    token.select();
    let answer = token.exchange("B042000006313233343536");
    let nonce = data(&answer).to_owned();
    let block = padded(b"digest info of something", 256);
    let hex = hex::encode_upper(&block);
    for command in [
        format!("B054000013 FFFFFFFF 00000000 02 0100 {nonce}"),
        format!("B0540000FF FFFFFFFF 00000002 EE {} {nonce}", &hex[..476]),
        format!("B054000023 FFFFFFFF 000000F0 12 {} {nonce}", &hex[476..]),
        format!("B03602040D 0003020000 {nonce}"),
    ] {
        assert_eq!(token.exchange(&command), "9000");
    }
    assert_eq!(token.exchange(&format!("B056000011 FFFFFFFF 00000000 02 {nonce}")), "01009000");
    let most = token.exchange(&format!("B056000011 FFFFFFFF 00000002 F0 {nonce}"));
    let rest = token.exchange(&format!("B056000011 FFFFFFFF 000000F2 10 {nonce}"));
    assert_signature(&key, &[data(&most), data(&rest)].concat(), &block);
    assert_eq!(token.exchange(&format!("B061000008 {nonce}")), "9000");
    assert_eq!(token.exchange(&format!("B03602040D 0003020000 {nonce}")), "9C06");
}

#[test]
fn classes_and_instructions_that_are_not_there() {
    let mut token = Token::with_pin();
    token.select();
    for (command, expected) in [
        ("00B0000000", "9000"),
        ("A4000000", "9000"),
        ("B0710000", "9000"),
        ("B073000004 01020304", "9000"),
        ("90000000", "6E00"),
        ("90080000", "6E00"),
        ("B02A0000", "6D00"),
        ("B0380004", "6D00"),
        ("80F20000", "6D00"),
        ("84040000", "6982"),
        ("B004000004 31323334", "6D00"),
        ("B070000003", "6700"),
        ("B0F6000010", "6700"),
        ("B0FA000007", "40004000400000 9000"),
        ("B0FA000006", "6700"),
        ("B048000003", "6700"),
        ("B03C020010", "9C10"),
        ("B03C000110", "9C11"),
    ] {
        assert_eq!(token.exchange(command), expected.replace(' ', ""), "{command}");
    }
    let random = [(); 2].map(|()| token.exchange("B072000010"));
    assert!(random.iter().all(|answer| answer.len() == 36));
    assert_ne!(random[0], random[1]);
}
