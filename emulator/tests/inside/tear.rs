//! Power that fails after a write that was chosen.

use std::sync::{Arc, Mutex};

use cardinal_emulator::trace::{JsonLines, Log, Traced};
use cardinal_emulator::{InProcessReader, Stop, VirtualCard, listen};
use globalplatform::SecurityLevel;
use globalplatform::command::{SetStatus, StatusScope};
use iso7816::Command;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reader::tcp::{TcpReader, Timeouts};
use reader::{CardReader as _, ReaderError};
use serde_json::Value;

use crate::host::{Host, SCP02, card};

const SECURE: SetStatus =
    SetStatus { scope: StatusScope::IssuerSecurityDomain, state: 0x0F, aid: None };

/// The card's state after it was to be secured with the power failing after a write, and the last line of the trace.
fn secured(tear_after: Option<u64>) -> (u8, Value) {
    let out = Arc::new(Mutex::new(Vec::new()));
    let card = card(SCP02, Box::new(StdRng::seed_from_u64(1)));
    let mut card = Traced::new(card, "test", Log::default()).tearing_after(tear_after);
    card.trace_to(Box::new(JsonLines::new(Arc::clone(&out))));
    card.power_on();
    let mut host = Host::new(&mut card, SCP02);
    host.open(&[], SecurityLevel::empty());
    let status = host.send(&SECURE.to_command()).status;
    assert_eq!(status.0, if card.is_mute() { 0x6F00 } else { 0x9000 });
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    let last = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    card.reset();
    assert!(!card.is_mute());
    let select = Command::new(0, 0xA4, 4, 0).to_bytes().unwrap();
    assert!(card.transmit(&select).ends_with(&[0x90, 0x00]), "the card is back");
    (card.card().info().life_cycle, last)
}

#[test]
fn writes_of_the_trace_are_those_that_can_be_torn() {
    let (state, last) = secured(None);
    assert_eq!(state, 0x0F);
    let number = |name: &str| last["writes"][name].as_u64().unwrap();
    assert!(number("count") >= 2, "a record and the mark of the commit: {last}");
    assert!(last.get("power_failed_after").is_none());
    for write in number("first")..=number("last") {
        let (state, line) = secured(Some(write));
        assert_eq!(line["power_failed_after"], write, "{line}");
        assert_eq!(line["writes"]["last"], write);
        assert_eq!(state, if write == number("last") { 0x0F } else { 0x07 }, "after write {write}");
    }
    let (state, line) = secured(Some(number("last") + 1));
    assert_eq!(state, 0x0F);
    assert!(line.get("power_failed_after").is_none());
}

#[test]
fn a_reader_in_the_same_process_sees_the_same() {
    let card = card(SCP02, Box::new(StdRng::seed_from_u64(1)));
    let card = Traced::new(card, "test", Log::default()).tearing_after(Some(1));
    let mut reader = InProcessReader::new(card);
    reader.connect().unwrap();
    let handshake = globalplatform::scp::host::Handshake::new(&[7; 8]);
    let answer = reader.exchange(&handshake.command()).unwrap();
    let key = globalplatform::Key::des3(*b"@ABCDEFGHIJKLMNO");
    let keys = globalplatform::KeySet::same(&key);
    let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
    let (authenticate, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    assert!(matches!(reader.exchange(&authenticate), Err(ReaderError::NoCard(_))));
    reader.connect().unwrap();
    let again = globalplatform::scp::host::Handshake::new(&[8; 8]);
    assert!(reader.exchange(&again.command()).unwrap().status.is_ok());
}

#[test]
fn a_reader_sees_the_card_pulled_out_and_back_again() {
    let port = listen::Port::bind("127.0.0.1:0").unwrap();
    let address = port.address().to_string();
    let stop = Stop::new();
    let served = stop.clone();
    let thread = std::thread::spawn(move || {
        let card = card(SCP02, Box::new(StdRng::seed_from_u64(1)));
        let mut card = Traced::new(card, "test", Log::default()).tearing_after(Some(1));
        port.run(&mut card, &served, |_| {}).unwrap();
    });
    let mut reader = TcpReader::new(address, Timeouts::default());
    let update = Command::new(0x80, 0x50, 0, 0).with_data([7; 8]).with_expected(256);
    let select = Command::new(0, 0xA4, 4, 0).with_expected(256);
    reader.connect().unwrap();
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    // SCP02 counts with EXTERNAL AUTHENTICATE: the first write of the run.
    let handshake = globalplatform::scp::host::Handshake::new(&[7; 8]);
    let answer = reader.exchange(&handshake.command()).unwrap();
    let key = globalplatform::Key::des3(*b"@ABCDEFGHIJKLMNO");
    let keys = globalplatform::KeySet::same(&key);
    let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
    let (authenticate, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    assert!(reader.exchange(&authenticate).is_err(), "the card says nothing any more");
    let _ = reader.disconnect();
    reader.connect().unwrap();
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    assert!(reader.exchange(&update).unwrap().status.is_ok());
    stop.request();
    drop(reader);
    thread.join().unwrap();
}
