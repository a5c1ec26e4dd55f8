//! A card in the same process, as a reader.

use cardinal_emulator::InProcessReader;
use iso7816::Command;
use reader::{CardReader, ReaderError};

#[test]
fn a_blank_card_answers_select() {
    let mut reader = InProcessReader::blank().unwrap();
    let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
    assert!(matches!(reader.exchange(&select), Err(ReaderError::NoCard(_))));
    assert_eq!(reader.connect().unwrap().as_bytes(), card::profile::COOLKEY_ATR);
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    reader.reset().unwrap();
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    reader.disconnect().unwrap();
    assert!(matches!(reader.exchange(&select), Err(ReaderError::NoCard(_))));
}

#[test]
fn a_blank_card_refuses_the_coolkey_aid() {
    let mut reader = InProcessReader::blank().unwrap();
    reader.connect().unwrap();
    let aid = [0x62, 0x76, 0x01, 0xFF, 0x00, 0x00, 0x00];
    let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_data(aid).with_expected(256);
    assert_eq!(reader.exchange(&select).unwrap().status, iso7816::StatusWord::NOT_FOUND);
}
