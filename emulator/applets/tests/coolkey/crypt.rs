//! COMPUTE CRYPT: its steps, its errors, and that only the owner signs.

use coolkey::{
    Command, Nonce, ObjectAcl, ObjectId,
    command::{CryptInput, CryptParameters, CryptStep, Direction},
    status,
};
use iso7816::StatusWord;

use crate::token::{Token, padded, slots};

const ENCRYPT: CryptParameters = CryptParameters::rsa(Direction::Encrypt);
const DECRYPT: CryptParameters = CryptParameters::rsa(Direction::Decrypt);

fn crypt(key: u8, step: CryptStep) -> Command {
    Command::ComputeCrypt { key, step }
}

fn enrolled() -> (Token, Nonce) {
    let mut token = Token::with_pin();
    token.enroll(slots(0, 2, 3), 1024);
    let nonce = token.log_in();
    (token, nonce)
}

#[test]
fn steps_and_one_step_give_the_same() {
    let (mut token, nonce) = enrolled();
    let block = padded(b"info", 128);
    let one = crypt(2, CryptStep::OneStep(ENCRYPT, CryptInput::apdu(block.clone())));
    let one = token.with_nonce(one, &nonce);
    assert_eq!(one.status, StatusWord::OK);
    let init = crypt(2, CryptStep::Init(ENCRYPT, CryptInput::apdu([])));
    assert_eq!(token.with_nonce(init, &nonce).status, StatusWord::OK);
    let last = crypt(2, CryptStep::Final(CryptInput::apdu(block.clone())));
    assert_eq!(token.with_nonce(last, &nonce).data, one.data);
    let signature = one.data[2..].to_vec();
    let back = crypt(3, CryptStep::OneStep(DECRYPT, CryptInput::apdu(signature.clone())));
    assert_eq!(token.with_nonce(back, &Nonce::ZERO).data[2..], block);
    let decrypted = crypt(2, CryptStep::OneStep(DECRYPT, CryptInput::apdu(block)));
    assert_eq!(token.with_nonce(decrypted, &nonce).data[2..], signature);
}

#[test]
fn owner_alone_uses_the_private_key() {
    let (mut token, nonce) = enrolled();
    let sign = || crypt(2, CryptStep::OneStep(ENCRYPT, CryptInput::apdu(padded(b"info", 128))));
    assert_eq!(token.with_nonce(sign(), &Nonce::ZERO).status, status::UNAUTHORIZED);
    assert_eq!(token.authority().secured(sign()).status, status::UNAUTHORIZED);
    assert_eq!(token.with_nonce(sign(), &nonce).status, StatusWord::OK);
    token.plain(Command::Logout { pin: 0 });
    assert_eq!(token.with_nonce(sign(), &nonce).status, status::UNAUTHORIZED);
}

#[test]
fn every_wrong_parameter_has_its_status() {
    let (mut token, nonce) = enrolled();
    let apdu = |length: usize| CryptInput::apdu(padded(b"info", length));
    let with = |mode, direction| CryptParameters { mode, direction };
    let elsewhere = CryptInput { location: 3, data: Vec::new() };
    for (key, step, expected) in [
        (7, CryptStep::OneStep(ENCRYPT, apdu(128)), status::INCORRECT_P1),
        (24, CryptStep::OneStep(ENCRYPT, apdu(128)), status::INCORRECT_P1),
        (2, CryptStep::Final(apdu(128)), status::DIRECTION_INVALID),
        (2, CryptStep::OneStep(with(1, 3), apdu(128)), status::MODE_UNSUPPORTED),
        (2, CryptStep::OneStep(with(2, 3), apdu(128)), status::MODE_INVALID),
        (2, CryptStep::OneStep(with(0, 1), apdu(128)), status::DIRECTION_UNSUPPORTED),
        (2, CryptStep::OneStep(with(0, 2), apdu(128)), status::DIRECTION_UNSUPPORTED),
        (2, CryptStep::OneStep(with(0, 5), apdu(128)), status::DIRECTION_INVALID),
        (2, CryptStep::OneStep(ENCRYPT, elsewhere), status::LOCATION_INVALID),
        (2, CryptStep::OneStep(ENCRYPT, apdu(127)), status::CHUNK_SIZE_INVALID),
        (2, CryptStep::OneStep(ENCRYPT, apdu(129)), status::CHUNK_SIZE_INVALID),
        (2, CryptStep::OneStep(ENCRYPT, CryptInput::apdu([0xFF; 128])), StatusWord::UNKNOWN),
        (2, CryptStep::Init(ENCRYPT, apdu(128)), status::CHUNK_SIZE_INVALID),
        (2, CryptStep::Init(ENCRYPT, CryptInput::apdu([])), StatusWord::OK),
        (2, CryptStep::Process(apdu(128)), status::KEY_TYPE_UNSUPPORTED),
    ] {
        let response = token.with_nonce(crypt(key, step.clone()), &nonce);
        assert_eq!(response.status, expected, "{key} {step:?}");
    }
    let step = crypt(2, CryptStep::OneStep(ENCRYPT, CryptInput::io_buffer()));
    token.with_nonce(
        Command::WriteObject { id: ObjectId::IO_BUFFER, offset: 0, data: vec![0, 128, 1] },
        &nonce,
    );
    assert_eq!(token.with_nonce(step.clone(), &nonce).status, status::CHUNK_SIZE_INVALID);
    token.with_nonce(Command::DeleteObject { id: ObjectId::IO_BUFFER, zeroize: false }, &nonce);
    assert_eq!(token.with_nonce(step, &nonce).status, StatusWord::WRONG_LENGTH);
    assert_eq!(token.exchange("B03602050500030000000000000000000000"), "6700");
}

#[test]
fn choice_of_init_ends_with_the_selection() {
    let (mut token, nonce) = enrolled();
    let init = crypt(2, CryptStep::Init(ENCRYPT, CryptInput::apdu([])));
    token.with_nonce(init, &nonce);
    token.select();
    let last = crypt(2, CryptStep::Final(CryptInput::apdu(padded(b"info", 128))));
    assert_eq!(token.with_nonce(last, &nonce).status, status::DIRECTION_INVALID);
}

#[test]
fn result_of_2048_bits_fits_the_buffer_only() {
    let mut token = Token::with_pin();
    token.enroll(slots(15, 2, 3), 2048);
    let block = padded(b"info", 256);
    let counted = [&[1, 0][..], &block].concat();
    token.write_all(ObjectId::IO_BUFFER, ObjectAcl::PUBLIC, &counted);
    let step = CryptStep::OneStep(ENCRYPT, CryptInput::io_buffer());
    let response = token.with_nonce(crypt(2, step), &Nonce::ZERO);
    assert_eq!((response.status, response.data.len()), (StatusWord::OK, 0));
    let signature = token.read_all(ObjectId::IO_BUFFER, 258);
    assert_eq!(signature[..2], [1, 0]);
    let back = CryptStep::OneStep(DECRYPT, CryptInput::io_buffer());
    token.with_nonce(crypt(3, back), &Nonce::ZERO);
    assert_eq!(token.read_all(ObjectId::IO_BUFFER, 258), counted);
}

#[test]
fn cleared_key_does_nothing() {
    let (mut token, nonce) = enrolled();
    token.authority().secured_ok(Command::ClearKeySlots { keep: vec![4, 5] });
    let sign = crypt(2, CryptStep::OneStep(ENCRYPT, CryptInput::apdu(padded(b"info", 128))));
    assert_eq!(token.with_nonce(sign, &nonce).status, StatusWord::UNKNOWN);
}
