//! The TCP edge against cards that behave, and cards that do not.
#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use reader::tcp::{TcpReader, Timeouts};
use reader::{CardReader, ReaderError};

const ATR: [u8; 4] = [0x3B, 0x02, 0x14, 0x50];

/// A card that plays one connection as told.
fn card(play: impl FnOnce(TcpStream) + Send + 'static) -> (TcpReader, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || play(listener.accept().unwrap().0));
    let timeouts =
        Timeouts { connect: Duration::from_secs(5), exchange: Duration::from_millis(300) };
    (TcpReader::new(address, timeouts), thread)
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut payload).unwrap();
    payload
}

fn send(stream: &mut TcpStream, payload: &[u8]) {
    let length = u16::try_from(payload.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(payload).unwrap();
}

fn power_on(stream: &mut TcpStream) {
    assert_eq!(receive(stream), [0x01]);
    assert_eq!(receive(stream), [0x04]);
    send(stream, &ATR);
}

#[test]
fn a_session_from_power_on_to_power_off() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
        assert_eq!(receive(&mut stream), [0x00, 0xA4, 0x04, 0x00]);
        send(&mut stream, &[0x61, 0x02]);
        assert_eq!(receive(&mut stream), [0x00, 0xC0, 0x00, 0x00, 0x02]);
        send(&mut stream, &[0xCA, 0xFE, 0x90, 0x00]);
        assert_eq!(receive(&mut stream), [0x02]);
        assert_eq!(receive(&mut stream), [0x04]);
        send(&mut stream, &ATR);
        assert_eq!(receive(&mut stream), [0x00]);
    });
    assert_eq!(reader.connect().unwrap().as_bytes(), ATR);
    assert_eq!(reader.connect().unwrap().as_bytes(), ATR, "connecting twice asks the card once");
    let response = reader.exchange(&iso7816::Command::new(0, 0xA4, 4, 0)).unwrap();
    assert_eq!(response.data, [0xCA, 0xFE]);
    assert_eq!(reader.reset().unwrap().as_bytes(), ATR);
    reader.disconnect().unwrap();
    card.join().unwrap();
}

#[test]
fn the_longest_message_passes() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
        let command = receive(&mut stream);
        send(&mut stream, &command);
    });
    reader.connect().unwrap();
    let command = vec![0x5A; 65_535];
    assert_eq!(reader.transmit(&command).unwrap(), command);
    card.join().unwrap();
}

#[test]
fn commands_that_cannot_be_messages_are_refused() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
    });
    reader.connect().unwrap();
    let error = reader.transmit(&vec![0; 65_536]).unwrap_err();
    assert_eq!(error.to_string(), "reader failure: a command of 65536 bytes is too long");
    card.join().unwrap();
}

#[test]
fn no_card_before_connect_and_none_after_a_loss() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
        receive(&mut stream);
    });
    assert!(matches!(reader.transmit(&[0; 4]), Err(ReaderError::NoCard(_))));
    reader.connect().unwrap();
    assert!(matches!(reader.transmit(&[0; 4]), Err(ReaderError::CardRemoved)));
    assert!(matches!(reader.transmit(&[0; 4]), Err(ReaderError::NoCard(_))));
    card.join().unwrap();
}

#[test]
fn a_card_that_dribbles_runs_out_of_time() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
        receive(&mut stream);
        // One byte every 100 ms never stalls a single read for 300 ms.
        for byte in [0xFF, 0xFF].into_iter().chain([0; 60]) {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    reader.connect().unwrap();
    assert!(matches!(reader.transmit(&[0; 4]), Err(ReaderError::Timeout(300))));
    drop(reader);
    card.join().unwrap();
}

#[test]
fn answers_without_a_status_word_are_errors() {
    for answer in [&[][..], &[0x90]] {
        let (mut reader, card) = card(move |mut stream| {
            power_on(&mut stream);
            receive(&mut stream);
            send(&mut stream, answer);
        });
        reader.connect().unwrap();
        let error = reader.transmit(&[0; 4]).unwrap_err();
        assert_eq!(error.to_string(), "reader failure: the card answered without a status word");
        card.join().unwrap();
    }
}

#[test]
fn a_card_that_speaks_unasked_is_out_of_step() {
    let (mut reader, card) = card(|mut stream| {
        power_on(&mut stream);
        receive(&mut stream);
        stream.write_all(&[0, 2, 0x90, 0x00, 0, 2, 0x90, 0x00]).unwrap();
    });
    reader.connect().unwrap();
    let error = reader.transmit(&[0; 4]).unwrap_err();
    assert_eq!(error.to_string(), "reader failure: the card spoke without being asked");
    card.join().unwrap();
}

#[test]
fn a_bad_atr_is_malformed() {
    for atr in [&[][..], &[0x00], &[0x3B, 0x05, 0x00], &[0x3B; 40]] {
        let (mut reader, card) = card(move |mut stream| {
            receive(&mut stream);
            receive(&mut stream);
            send(&mut stream, atr);
        });
        assert!(matches!(reader.connect(), Err(ReaderError::Malformed(_))));
        card.join().unwrap();
    }
}

#[test]
fn nobody_at_the_address() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = TcpReader::new(address.clone(), Timeouts::default()).connect().unwrap_err();
    assert!(error.to_string().starts_with(&format!("reader failure: no card at {address}:")));
}
