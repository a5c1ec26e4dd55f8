//! Servers that are wrong on purpose: what the suite says of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use cardinal_conformance::{
    catalogue::tps,
    server::{Tls, User, tps::Tps},
    verdict::Grade,
};
use token_management::subsystem::secret::Secret;

/// Serves connections, each by a thread, until the process ends.
fn serve(answer: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/tps/tps", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    address
}

fn system(address: &str) -> Tps {
    Tps {
        address: address.parse().unwrap(),
        tls: Tls::none(),
        user: Some(User { name: "ada".to_owned(), password: Secret::new(b"Secret.123".to_vec()) }),
        token_type: "userKey".to_owned(),
        patience: Duration::from_millis(300),
        next_serial: 1,
        transcript: Vec::new(),
    }
}

fn failing(address: &str) -> Vec<&'static str> {
    let mut system = system(address);
    let rules = tps::RULES.iter().copied().flatten();
    rules
        .filter(|rule| (rule.run)(&mut system).unwrap().grade == Grade::Fail)
        .map(|rule| rule.id)
        .collect()
}

fn read_head(stream: &mut TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
}

/// Reads a chunk; nothing when the client is gone.
fn read_chunk(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    let size = usize::from_str_radix(String::from_utf8(line).ok()?.trim(), 16).ok()?;
    let mut chunk = vec![0; size + 2];
    stream.read_exact(&mut chunk).ok()?;
    chunk.truncate(size);
    Some(chunk)
}

fn say(stream: &mut TcpStream, payload: &str) {
    let message = format!("s={}&{payload}", payload.len());
    let _ = write!(stream, "{:x}\r\n{message}\r\n", message.len());
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Says yes to everything, at once.
fn yes_man(mut stream: TcpStream) {
    read_head(&mut stream);
    let _ = stream.write_all(OK);
    let _ = read_chunk(&mut stream);
    say(&mut stream, "msg_type=13&operation=5&result=0&message=0");
    let _ = stream.write_all(b"0\r\n\r\n");
}

/// Opens a channel with any card that answers, under the same challenge, and never ends the response.
fn credulous(mut stream: TcpStream) {
    read_head(&mut stream);
    let _ = stream.write_all(OK);
    let commands = [
        "%00%A4%04%00%00",
        "%80%50%00%00%08%01%02%03%04%05%06%07%08",
        "%84%82%03%00%08%01%02%03%04%05%06%07%08",
    ];
    for command in commands {
        if read_chunk(&mut stream).is_none() {
            return;
        }
        let size = command.len() / 3;
        say(&mut stream, &format!("pdu_size={size}&msg_type=9&pdu_data={command}"));
    }
    let _ = read_chunk(&mut stream);
    say(&mut stream, "msg_type=13&operation=1&result=0&message=0");
    thread::sleep(Duration::from_secs(10));
}

/// Takes everything and says nothing.
fn mute(mut stream: TcpStream) {
    let mut sink = [0; 1024];
    while stream.read(&mut sink).is_ok_and(|count| count > 0) {}
}

#[test]
fn a_server_that_says_yes_to_everything_is_caught() {
    let failing = failing(&serve(yes_man));
    for id in [
        "TPS-transport-verb-001",
        "TPS-transport-chunked-002",
        "TPS-framing-oversize-002",
        "TPS-begin-op-first-001",
        "TPS-begin-op-unknown-002",
        "TPS-begin-op-unserved-003",
        "TPS-login-wrong-001",
        "TPS-extended-login-form-001",
        "TPS-extended-login-missing-002",
        "TPS-token-pdu-refusal-003",
        "TPS-pin-reset-unknown-001",
        "TPS-format-done-007",
        "TPS-status-update-order-001",
    ] {
        assert!(failing.contains(&id), "{id} does not catch it: {failing:#?}");
    }
}

#[test]
fn a_server_that_believes_every_card_is_caught() {
    let failing = failing(&serve(credulous));
    for id in [
        "TPS-framing-size-001",
        "TPS-format-order-001",
        "TPS-format-cryptogram-002",
        "TPS-format-challenge-003",
        "TPS-format-replay-004",
        "TPS-token-pdu-short-002",
        "TPS-robustness-type-001",
        "TPS-end-op-operation-001",
        "TPS-end-op-last-002",
    ] {
        assert!(failing.contains(&id), "{id} does not catch it: {failing:#?}");
    }
}

#[test]
fn a_mute_server_is_caught_and_not_waited_for() {
    let started = std::time::Instant::now();
    let failing = failing(&serve(mute));
    assert!(
        failing.contains(&"TPS-transport-response-003") && failing.contains(&"TPS-login-fresh-004")
    );
    assert!(started.elapsed() < Duration::from_mins(1));
}
