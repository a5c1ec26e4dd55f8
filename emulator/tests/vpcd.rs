//! The vpcd edge against a vpcd that the test plays.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use cardinal_emulator::vpcd::{self, Event};
use cardinal_emulator::{Stop, VirtualCard};
use proptest::prelude::*;

/// Longest wait for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers each command with how many it has seen since power came on, or as told by its first byte.
#[derive(Default)]
struct Counter {
    powered: bool,
    seen: u8,
}

impl VirtualCard for Counter {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x00]
    }
    fn power_on(&mut self) {
        (self.powered, self.seen) = (true, 0);
    }
    fn power_off(&mut self) {
        (self.powered, self.seen) = (false, 0);
    }
    fn reset(&mut self) {
        self.seen = 0;
    }
    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.seen = self.seen.saturating_add(1);
        match command.first() {
            Some(0xE0) => Vec::new(),
            Some(0xE1) => vec![0; 70_000],
            _ => vec![u8::from(self.powered), self.seen, 0x90, 0x00],
        }
    }
}

/// A vpcd slot that the test plays, with a card kept in it by the edge.
struct Slot {
    listener: TcpListener,
    stop: Stop,
    events: Receiver<Event>,
    edge: Option<JoinHandle<()>>,
}

impl Slot {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, events, edge) = start(address);
        Self { listener, stop, events, edge: Some(edge) }
    }

    fn accept(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.stop.request();
        self.edge.take().unwrap().join().unwrap();
    }
}

fn start(address: String) -> (Stop, Receiver<Event>, JoinHandle<()>) {
    let stop = Stop::new();
    let (sender, events) = channel();
    let edge = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            vpcd::run(&address, &mut Counter::default(), &stop, |event| {
                let _ = sender.send(event);
            });
        })
    };
    (stop, events, edge)
}

/// Two writes for a message, as Debian's vpcd does.
fn send(stream: &mut TcpStream, payload: &[u8]) {
    let length = u16::try_from(payload.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(payload).unwrap();
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut payload).unwrap();
    payload
}

fn ask(stream: &mut TcpStream, payload: &[u8]) -> Vec<u8> {
    send(stream, payload);
    receive(stream)
}

#[test]
fn power_atr_commands_reset() {
    let slot = Slot::new();
    let mut stream = slot.accept();
    // Power on and ATR come in one burst; power on is not answered.
    stream.write_all(&[0, 1, 1, 0, 1, 4]).unwrap();
    assert_eq!(receive(&mut stream), [0x3B, 0x00]);
    assert_eq!(slot.event(), Event::Inserted);
    assert_eq!(ask(&mut stream, &[0, 0xA4, 4, 0]), [1, 1, 0x90, 0]);
    assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00], "an ATR poll between commands");
    assert_eq!(ask(&mut stream, &[0, 0xA4, 4, 0]), [1, 2, 0x90, 0]);
    send(&mut stream, &[2]);
    assert_eq!(ask(&mut stream, &[0, 0xA4, 4, 0]), [1, 1, 0x90, 0]);
    send(&mut stream, &[0]);
    assert_eq!(ask(&mut stream, &[0, 0xA4, 4, 0]), [0, 1, 0x90, 0]);
}

#[test]
fn the_card_comes_back_without_volatile_state() {
    let slot = Slot::new();
    for _ in 0..3 {
        let mut stream = slot.accept();
        send(&mut stream, &[1]);
        assert_eq!(ask(&mut stream, &[0, 0]), [1, 1, 0x90, 0]);
        assert_eq!(slot.event(), Event::Inserted);
        drop(stream);
        assert_eq!(slot.event(), Event::Removed);
    }
}

#[test]
fn the_card_waits_for_a_vpcd_that_starts_later() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (stop, events, edge) = start(address.to_string());
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Waiting);
    let listener = TcpListener::bind(address).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00]);
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Inserted);
    stop.request();
    edge.join().unwrap();
}

#[test]
fn answers_that_fit_no_message_become_a_status_word() {
    let slot = Slot::new();
    let mut stream = slot.accept();
    send(&mut stream, &[1]);
    assert_eq!(ask(&mut stream, &[0xE0, 0, 0, 0]), [0x6F, 0x00]);
    assert_eq!(ask(&mut stream, &[0xE1, 0, 0, 0]), [0x6F, 0x00]);
    assert_eq!(ask(&mut stream, &[0, 0, 0, 0]), [1, 3, 0x90, 0], "the messages are still in step");
}

#[test]
fn a_stop_ends_a_session_in_the_middle_of_a_message() {
    let slot = Slot::new();
    let mut stream = slot.accept();
    stream.write_all(&[0xFF, 0xFF, 0x00]).unwrap();
    slot.stop.request();
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever a peer sends, the edge neither dies nor hangs, and the next vpcd finds a card.
    #[test]
    fn hostile_bytes_do_not_end_the_edge(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let slot = Slot::new();
        let mut hostile = slot.accept();
        let _ = hostile.write_all(&bytes);
        let _ = hostile.shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut hostile, &mut std::io::sink());
        drop(hostile);
        let mut stream = slot.accept();
        prop_assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00]);
        prop_assert_eq!(ask(&mut stream, &[0, 0]), [0, 1, 0x90, 0]);
    }
}
