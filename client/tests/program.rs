//! The program: exit codes, JSON lines, secrets, with a card and a server on TCP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "client/tps.rs"]
mod tps;

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use token_management::message::{ClientMessage, Operation, OperationResult, ServerMessage, Status};
use tps::{Connection, TestServer};

const PASSWORD: &str = "hunter2-password";
const PIN: &str = "hunter2-pin";

fn client(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cardinal-client"))
        .args(arguments)
        .env("CARDINAL_TEST_PASSWORD", PASSWORD)
        // Most talkative: no secret may show in it.
        .env("CARDINAL_LOG", "trace")
        .env_remove("CARDINAL_SERVER")
        .env_remove("CARDINAL_CA")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Standard output and error together, as text; no secret in them.
fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    text
}

/// The JSON lines of standard output.
fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A card that listens on TCP, for as many connections as come; says 9000 to everything.
fn tcp_card() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 2];
            while stream.read_exact(&mut length).is_ok() {
                let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut payload).unwrap();
                let answer: &[u8] = match payload.as_slice() {
                    [4] => &[0x3B, 0x00],
                    [_] => continue,
                    _ => &[0x90, 0x00],
                };
                let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length, answer].concat()).unwrap();
            }
        }
    });
    address
}

fn enroll(tps: &mut Connection) {
    tps.accept_request();
    let Some(ClientMessage::BeginOp { operation, extensions }) = tps.receive() else {
        panic!("no BEGIN_OP");
    };
    assert_eq!(operation, Operation::Enroll);
    assert_eq!(extensions.token_type(), Some("userKey"));
    assert!(!extensions.extended_login(), "user and password are there already");
    let login = tps.ask(&ServerMessage::LoginRequest { invalid_password: false, blocked: false });
    let Some(ClientMessage::LoginResponse { screen_name, password }) = login else {
        panic!("no login");
    };
    assert_eq!((screen_name.as_str(), password.expose()), ("alice", PASSWORD.as_bytes()));
    let next_task_name = "PROGRESS_KEY_GENERATION".to_owned();
    tps.ask(&ServerMessage::StatusUpdateRequest { current_state: 15, next_task_name });
    let pin = tps.ask(&ServerMessage::NewPinRequest { minimum_length: 4, maximum_length: 16 });
    let Some(ClientMessage::NewPinResponse { new_pin }) = pin else { panic!("no PIN") };
    assert_eq!(new_pin.expose(), PIN.as_bytes());
    tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0, 0xA4, 4, 0] });
    tps.send(&ServerMessage::EndOp {
        operation,
        result: OperationResult::Good,
        status: Status::NoError,
    });
}

#[test]
fn an_enrolment_from_the_command_line() {
    let files = tempfile::tempdir().unwrap();
    let password = files.path().join("password");
    let pin = files.path().join("pin");
    std::fs::write(&password, format!("{PASSWORD}\r\nmore\n")).unwrap();
    std::fs::write(&pin, PIN).unwrap();
    let ca = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ca.pem");
    let server = TestServer::tls(enroll);
    let card = tcp_card();
    let output = client(&[
        "enroll",
        "--server",
        &server.url,
        "--ca",
        ca.to_str().unwrap(),
        "--tcp",
        &card,
        "--user",
        "alice",
        "--password-file",
        password.to_str().unwrap(),
        "--pin-file",
        pin.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    said(&output);
    server.join();
    let events = events(&output);
    assert_eq!(events[0]["event"], "progress");
    assert_eq!(events[0]["percent"], 15);
    assert_eq!(events[1]["event"], "end");
    assert_eq!(events[1]["result"], "good");
    assert_eq!(events[1]["operation"], "ENROLL");
}

#[test]
fn a_refused_operation() {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        tps.send(&ServerMessage::EndOp {
            operation: Operation::Format,
            result: OperationResult::Error,
            status: Status::DisabledToken,
        });
        tps.receive()
    });
    let card = tcp_card();
    let output = client(&[
        "format",
        "--server",
        &server.url,
        "--allow-plain-http",
        "--tcp",
        &card,
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("DISABLED_TOKEN (26)"));
    let events = events(&output);
    assert_eq!(events[0]["status"], "DISABLED_TOKEN");
    assert_eq!(events[0]["code"], 26);
    server.join();
}

#[test]
fn passwords_from_the_environment_and_what_cannot_be_asked_for() {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        let login = ServerMessage::LoginRequest { invalid_password: false, blocked: false };
        let first = tps.ask(&login);
        // The PIN is neither given nor can it be asked for: the client goes away.
        (first, tps.ask(&ServerMessage::NewPinRequest { minimum_length: 4, maximum_length: 8 }))
    });
    let card = tcp_card();
    let arguments = [
        "reset-pin",
        "--server",
        &server.url,
        "--allow-plain-http",
        "--tcp",
        &card,
        "--user",
        "alice",
        "--password-env",
        "CARDINAL_TEST_PASSWORD",
    ];
    let output = client(&arguments);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--pin-file"));
    let (login, pin) = server.join();
    assert!(matches!(login, Some(ClientMessage::LoginResponse { .. })));
    assert_eq!(pin, None);
}

/// Ctrl-C while the server is silent: the client says so, and goes.
#[test]
fn an_interrupt_ends_the_operation() {
    let (began, wait) = std::sync::mpsc::channel();
    let server = TestServer::plain(move |tps| {
        tps.accept_request();
        tps.receive();
        began.send(()).unwrap();
        tps.receive()
    });
    let card = tcp_card();
    let child = Command::new(env!("CARGO_BIN_EXE_cardinal-client"))
        .args(["format", "--server", &server.url, "--allow-plain-http", "--tcp", &card])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait.recv().unwrap();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(said(&output).contains("interrupted"));
    assert_eq!(server.join(), None);
}

#[test]
fn wrong_command_lines_and_unreachable_things_have_their_exit_codes() {
    let card = tcp_card();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let https = format!("https://{nobody}");
    let http = format!("http://{nobody}");
    let cases: &[(&[&str], i32)] = &[
        (&[], 2),
        (&["frobnicate"], 2),
        (&["format"], 2),
        (&["format", "--server", &http, "--tcp", &card], 2),
        (&["format", "--server", &https, "--tcp", &card, "--ca", "/nonexistent.pem"], 2),
        (&["format", "--server", &https, "--tcp", &card, "--reader", "x"], 2),
        (&["format", "--server", &https, "--tcp", &card, "--password-file", "/nonexistent"], 2),
        (&["format", "--server", &https, "--tcp", &card, "--password-env", "NOT_THERE"], 2),
        (&["format", "--server", &https, "--tcp", &nobody], 3),
        (&["format", "--server", &http, "--allow-plain-http", "--tcp", &card], 4),
    ];
    for (arguments, code) in cases {
        let output = client(arguments);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn help_tells_the_exit_codes_and_completions_exist() {
    for arguments in [&["--help"][..], &["enroll", "--help"]] {
        let text = said(&client(arguments));
        assert!(text.contains("Exit codes:") && text.contains("130"), "{text}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = client(&["completions", shell]);
        assert!(output.status.success() && said(&output).contains("reset-pin"));
    }
}

#[test]
fn a_list_as_json_and_as_text() {
    let card = tcp_card();
    let output = client(&["list", "--tcp", &card, "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list[0]["reader"], card);
    assert_eq!(list[0]["atr"], "3B00");
    assert_eq!(list[0]["applet"]["personalized"], false);
    let text = said(&client(&["list", "--tcp", &card]));
    assert!(text.contains("formatted") && text.contains("3B00"), "{text}");
}
