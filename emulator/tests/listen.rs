//! The listening edge and the reader crate's TCP edge, joined; a blank card between them.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use std::thread::JoinHandle;

use card::{Card, CardProfile};
use cardinal_emulator::listen::Port;
use cardinal_emulator::{Stop, modules, random};
use iso7816::Command;
use reader::CardReader;
use reader::tcp::{TcpReader, Timeouts};

/// A blank card that listens until dropped.
struct Listening {
    address: String,
    stop: Stop,
    edge: Option<JoinHandle<()>>,
}

impl Listening {
    fn new() -> Self {
        let port = Port::bind("127.0.0.1:0").unwrap();
        let address = port.address().to_string();
        let stop = Stop::new();
        let edge = {
            let stop = stop.clone();
            let mut card = Card::new(&CardProfile::default(), modules(), random()).unwrap();
            std::thread::spawn(move || port.run(&mut card, &stop, |_| {}).unwrap())
        };
        Self { address, stop, edge: Some(edge) }
    }

    fn reader(&self) -> TcpReader {
        TcpReader::new(self.address.clone(), Timeouts::default())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.request();
        self.edge.take().unwrap().join().unwrap();
    }
}

/// SELECT without an AID: the issuer security domain.
fn select() -> Command {
    Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256)
}

#[test]
fn a_session_over_the_socket() {
    let card = Listening::new();
    let mut reader = card.reader();
    let atr = reader.connect().unwrap();
    assert_eq!(atr.as_bytes(), card::profile::COOLKEY_ATR);
    let answer = reader.exchange(&select()).unwrap();
    assert!(answer.status.is_ok());
    assert_eq!(answer.data.first(), Some(&0x6F), "an FCI template");
    assert_eq!(reader.reset().unwrap(), atr);
    reader.disconnect().unwrap();
}

#[test]
fn the_next_client_gets_the_card_when_the_first_hangs_up() {
    let card = Listening::new();
    for _ in 0..3 {
        let mut reader = card.reader();
        reader.connect().unwrap();
        assert!(reader.exchange(&select()).unwrap().status.is_ok());
    }
}

#[test]
fn a_client_that_hangs_up_at_once_does_not_end_the_edge() {
    let card = Listening::new();
    for _ in 0..3 {
        drop(std::net::TcpStream::connect(&card.address).unwrap());
    }
    let mut reader = card.reader();
    reader.connect().unwrap();
    assert!(reader.exchange(&select()).unwrap().status.is_ok());
}
