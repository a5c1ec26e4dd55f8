//! Operations over HTTP: both bodies at once, a message a chunk; and all the ways in which server, card and user can fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "client/card.rs"]
mod card;
#[path = "client/tps.rs"]
mod tps;

use std::{path::PathBuf, time::Duration};

use card::TestCard;
use cardinal_client::{
    ClientError, FixedCredentials, HttpChannel, OperationRequest, Progress, ServerSettings, Trust,
    conversation::{MESSAGES_MAX, Parties},
    error, run,
};
use reader::ReaderError;
use token_management::{
    message::{
        ClientMessage, LoginParameter, Operation, OperationResult, ServerMessage, Status, Violation,
    },
    subsystem::secret::Secret,
};
use tps::{Connection, TestServer};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn settings(url: &str) -> ServerSettings {
    // Harmless when another test was first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ServerSettings {
        allow_plain_http: true,
        ..ServerSettings::new(url, Trust::Pinned(data("ca.pem")))
    }
}

/// A card that says 9000 to everything.
fn agreeable() -> TestCard {
    TestCard::new(|_| Ok(vec![0x90, 0x00]))
}

fn credentials() -> FixedCredentials {
    FixedCredentials {
        user: Some("testuser".to_owned()),
        password: Some(Secret::new(b"Secret.123".to_vec())),
        new_pin: Some(Secret::new(b"Secret.456".to_vec())),
    }
}

#[derive(Default)]
struct Recorder(Vec<(u32, String)>);

impl Progress for Recorder {
    fn update(&mut self, percent: u32, task: &str) {
        self.0.push((percent, task.to_owned()));
    }
}

fn operate_with(
    settings: ServerSettings,
    operation: Operation,
    card: &mut TestCard,
    progress: &mut Recorder,
) -> Result<Status, ClientError> {
    let mut request = OperationRequest::new(operation);
    request.token_type = Some("userKey".to_owned());
    let mut credentials = credentials();
    let mut parties = Parties { card, credentials: &mut credentials, progress };
    run(&request, &mut HttpChannel::new(settings)?, &mut parties)
}

fn operate(url: &str, operation: Operation, card: &mut TestCard) -> Result<Status, ClientError> {
    operate_with(settings(url), operation, card, &mut Recorder::default())
}

fn end(operation: Operation, result: OperationResult, status: Status) -> ServerMessage {
    ServerMessage::EndOp { operation, result, status }
}

fn good(operation: Operation) -> ServerMessage {
    end(operation, OperationResult::Good, Status::NoError)
}

/// A format in small: BEGIN_OP is checked, then a command, a login, a status update.
fn small_format(tps: &mut Connection) {
    tps.accept_request();
    let Some(ClientMessage::BeginOp { operation, extensions }) = tps.receive() else {
        panic!("no BEGIN_OP");
    };
    assert_eq!(operation, Operation::Format);
    let names: Vec<&str> = extensions.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["tokenType", "clientVersion", "tokenATR", "statusUpdate", "extendedLoginRequest"]
    );
    assert_eq!(extensions.token_atr(), Some("3B76940000FF6276010000"));
    assert!(extensions.status_update());
    let answer = tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0, 0xA4, 4, 0, 0] });
    assert_eq!(answer, Some(ClientMessage::TokenPduResponse { pdu: vec![0x90, 0] }));
    let answer = tps.ask(&ServerMessage::LoginRequest { invalid_password: false, blocked: false });
    let login = ClientMessage::LoginResponse {
        screen_name: "testuser".to_owned(),
        password: Secret::new(b"Secret.123".to_vec()),
    };
    assert_eq!(answer, Some(login));
    let next_task_name = "PROGRESS_APPLET_BLOCK".to_owned();
    let answer = tps.ask(&ServerMessage::StatusUpdateRequest { current_state: 10, next_task_name });
    assert_eq!(answer, Some(ClientMessage::StatusUpdateResponse { current_state: 10 }));
    tps.send(&good(Operation::Format));
    // The client ends its body when the operation is over.
    assert_eq!(tps.receive_chunk(), None);
    tps.write(b"0\r\n\r\n");
}

#[test]
fn both_bodies_run_at_the_same_time_over_plain_http() {
    let server = TestServer::plain(small_format);
    let mut progress = Recorder::default();
    let mut card = agreeable();
    let status =
        operate_with(settings(&server.url), Operation::Format, &mut card, &mut progress).unwrap();
    assert_eq!(status, Status::NoError);
    assert_eq!(progress.0, [(10, "PROGRESS_APPLET_BLOCK".to_owned())]);
    server.join();
}

#[test]
fn both_bodies_run_at_the_same_time_over_tls() {
    let server = TestServer::tls(small_format);
    let status = operate(&server.url, Operation::Format, &mut agreeable());
    assert_eq!(status.unwrap(), Status::NoError);
    server.join();
}

/// Only the pinned root is believed, although the certificate is valid under another one.
#[test]
fn a_server_under_another_root_gets_nothing() {
    let server = TestServer::tls(|_| ());
    let settings = ServerSettings::new(&server.url, Trust::Pinned(data("other-ca.pem")));
    let mut card = agreeable();
    let error =
        operate_with(settings, Operation::Format, &mut card, &mut Recorder::default()).unwrap_err();
    assert!(matches!(error, ClientError::Connection(_)), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(error.exit_code(), error::EXIT_CONNECTION);
    assert!(server.thread.join().is_err(), "no request came through");
}

/// What the recorded server asked for in an enrolment, with the card answering as the recorded one did.
#[test]
fn a_recorded_enrolment() {
    let recording = include_str!("data/enroll.messages");
    let server = TestServer::plain(move |tps| {
        tps.accept_request();
        let mut lines = recording.lines().skip(1).peekable();
        assert!(matches!(tps.receive(), Some(ClientMessage::BeginOp { .. })));
        while let Some(line) = lines.next() {
            tps.chunk(line.strip_prefix("< ").expect("the server's turn").as_bytes());
            let Some(expected) = lines.next() else { break };
            let payload = expected.split_once('&').unwrap().1;
            let expected = ClientMessage::decode(payload.as_bytes()).unwrap();
            assert_eq!(tps.receive(), Some(expected));
        }
    });
    let mut answers = recording
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .map(|line| ClientMessage::decode(line.split_once('&').unwrap().1.as_bytes()).unwrap())
        .filter_map(|message| match message {
            ClientMessage::TokenPduResponse { pdu } => Some(pdu),
            _ => None,
        })
        .collect::<Vec<_>>()
        .into_iter();
    let mut card = TestCard::new(move |_| Ok(answers.next().unwrap()));
    let mut request = OperationRequest::new(Operation::Enroll);
    request.token_type = Some("userKey".to_owned());
    let mut credentials = credentials();
    credentials.new_pin = Some(Secret::new(b"Secret.123".to_vec()));
    let mut channel = HttpChannel::new(settings(&server.url)).unwrap();
    let mut progress = Recorder::default();
    let mut parties =
        Parties { card: &mut card, credentials: &mut credentials, progress: &mut progress };
    assert_eq!(run(&request, &mut channel, &mut parties).unwrap(), Status::NoError);
    server.join();
}

#[test]
fn an_extended_login_is_answered_under_the_names_it_gave() {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        let parameter = |id: &str| LoginParameter {
            id: id.to_owned(),
            name: "x".to_owned(),
            description: "x".to_owned(),
            kind: "string".to_owned(),
            option: String::new(),
        };
        let answer = tps.ask(&ServerMessage::ExtendedLoginRequest {
            invalid_password: false,
            blocked: false,
            title: "t".to_owned(),
            description: "d".to_owned(),
            parameters: vec![parameter("PASSWORD"), parameter("UID")],
        });
        tps.send(&good(Operation::ResetPin));
        answer
    });
    operate(&server.url, Operation::ResetPin, &mut agreeable()).unwrap();
    let parameters = vec![
        ("PASSWORD".to_owned(), Secret::new(b"Secret.123".to_vec())),
        ("UID".to_owned(), Secret::new(b"testuser".to_vec())),
    ];
    assert_eq!(server.join(), Some(ClientMessage::ExtendedLoginResponse { parameters }));
}

/// Runs an operation with a server that says one thing after BEGIN_OP, then waits for the client to go away.
fn one_message(message: &ServerMessage) -> ClientError {
    let bytes = message.encode().to_vec();
    let server = TestServer::plain(move |tps| {
        tps.accept_request();
        tps.receive();
        tps.chunk(&bytes);
        tps.receive()
    });
    let error = operate(&server.url, Operation::Enroll, &mut agreeable()).unwrap_err();
    assert_eq!(server.join(), None, "the client says nothing more");
    error
}

#[test]
fn a_refusal_shows_the_status_and_the_next_step() {
    let error = one_message(&end(Operation::Enroll, OperationResult::Error, Status::Login));
    let ClientError::Refused { status, .. } = error else { panic!("{error:?}") };
    assert_eq!(status, Status::Login);
    assert_eq!(error.exit_code(), error::EXIT_REFUSED);
    assert!(error.to_string().contains("LOGIN (14)"), "{error}");
    assert!(cardinal_client::advice::next_step(&error).unwrap().contains("password"));
}

#[test]
fn credentials_that_cannot_be_used_end_the_operation() {
    let long_pin = ServerMessage::NewPinRequest { minimum_length: 20, maximum_length: 30 };
    for message in [
        long_pin,
        ServerMessage::LoginRequest { invalid_password: true, blocked: false },
        ServerMessage::SecurIdRequest { pin_required: true, next_value: false },
        ServerMessage::AsqRequest { question: "which?".to_owned() },
    ] {
        let error = one_message(&message);
        assert!(matches!(error, ClientError::Credentials(_)), "{error:?}");
        assert_eq!(error.exit_code(), error::EXIT_USAGE);
    }
}

#[test]
fn senseless_requests_end_the_operation() {
    let impossible = ServerMessage::NewPinRequest { minimum_length: 9, maximum_length: 3 };
    let nothing = ServerMessage::ExtendedLoginRequest {
        invalid_password: false,
        blocked: false,
        title: String::new(),
        description: String::new(),
        parameters: vec![],
    };
    for message in [impossible, nothing] {
        assert!(matches!(one_message(&message), ClientError::ServerMisled(_)));
    }
}

/// Runs an operation with a server that sends these bytes after the head of the response and goes away.
fn broken_server(bytes: &'static [u8]) -> ClientError {
    let server = TestServer::plain(move |tps| {
        tps.accept_request();
        tps.receive();
        tps.write(bytes);
    });
    let error = operate(&server.url, Operation::Format, &mut agreeable()).unwrap_err();
    server.join();
    error
}

#[test]
fn a_server_that_vanishes_is_noticed() {
    for bytes in [&b""[..], b"0\r\n\r\n", b"5\r\ns=33&\r\n", b"5\r\ns=33&\r\n0\r\n\r\n", b"5\r\ns="]
    {
        let error = broken_server(bytes);
        assert!(matches!(error, ClientError::ServerVanished), "{error:?} after {bytes:?}");
        assert_eq!(error.exit_code(), error::EXIT_CONNECTION);
        assert_eq!(error.status(), Some(Status::ConnectionLost));
    }
}

#[test]
fn a_server_that_speaks_nonsense_is_named() {
    let cases = [
        (&b"5\r\nhello\r\n"[..], Violation::BadStart { found: b'h' }),
        (b"8\r\ns=99999&\r\n", Violation::MessageTooLarge { limit: 9999 }),
        (b"10\r\ns=11&msg_type=99\r\n", Violation::UnknownType(99)),
    ];
    for (bytes, violation) in cases {
        let error = broken_server(bytes);
        assert!(
            matches!(error, ClientError::ServerMisbehaved(found) if found == violation),
            "{error:?}"
        );
    }
}

#[test]
fn an_http_error_is_shown() {
    let server = TestServer::plain(|tps| {
        tps.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    let error = operate(&server.url, Operation::Format, &mut agreeable()).unwrap_err();
    assert!(matches!(error, ClientError::RefusedHttp(404)), "{error:?}");
    server.join();
}

#[test]
fn a_redirect_is_not_followed() {
    let server = TestServer::plain(|tps| {
        tps.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let error = operate(&server.url, Operation::Format, &mut agreeable()).unwrap_err();
    assert!(matches!(error, ClientError::RefusedHttp(302)), "{error:?}");
    server.join();
}

#[test]
fn a_server_that_hangs_up_before_it_answers_is_noticed() {
    let server = TestServer::plain(|_| ());
    let error = operate(&server.url, Operation::Format, &mut agreeable()).unwrap_err();
    assert!(matches!(error, ClientError::ServerVanished), "{error:?}");
    server.join();
}

#[test]
fn nobody_at_the_address() {
    // A port that was free a moment ago; nobody is told to listen there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = operate(&url, Operation::Format, &mut agreeable()).unwrap_err();
    assert!(matches!(error, ClientError::Connection(_)), "{error:?}");
}

/// What the client says of a server that goes silent after BEGIN_OP.
fn silent_server(message_timeout: u64, operation_timeout: u64) -> ClientError {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        tps.receive()
    });
    let settings = ServerSettings {
        message_timeout: Duration::from_secs(message_timeout),
        operation_timeout: Duration::from_secs(operation_timeout),
        ..settings(&server.url)
    };
    let error =
        operate_with(settings, Operation::Format, &mut agreeable(), &mut Recorder::default())
            .unwrap_err();
    assert_eq!(server.join(), None);
    error
}

#[test]
fn a_silent_server_is_given_up() {
    let error = silent_server(1, 60);
    assert!(matches!(error, ClientError::ServerSilent(1)), "{error:?}");
    let error = silent_server(60, 1);
    assert!(matches!(error, ClientError::TooLong(1)), "{error:?}");
}

#[test]
fn a_card_that_vanishes_is_named_and_the_server_hears_nothing_more() {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0, 0xA4, 4, 0] })
    });
    let mut card = TestCard::new(|_| Err(ReaderError::CardRemoved));
    let error = operate(&server.url, Operation::Format, &mut card).unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderError::CardRemoved)), "{error:?}");
    assert_eq!(error.exit_code(), error::EXIT_CARD);
    assert_eq!(server.join(), None);
}

/// TPS does not know 61xx: the client fetches the rest. 6Cxx it does know, and gets it.
#[test]
fn the_rest_of_a_response_is_fetched() {
    let server = TestServer::plain(|tps| {
        tps.accept_request();
        tps.receive();
        let first = tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0, 0xA4, 4, 0] });
        let second =
            tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0x80, 0xCA, 0x9F, 0x7F, 0] });
        tps.send(&good(Operation::Format));
        (first, second)
    });
    let mut card = TestCard::new(|command| {
        Ok(match command {
            [0x00, 0xA4, ..] => vec![1, 0x61, 2],
            [0x00, 0xC0, 0, 0, 2] => vec![2, 3, 0x61, 1],
            [0x00, 0xC0, 0, 0, 1] => vec![4, 0x90, 0],
            _ => vec![0x6C, 0x2D],
        })
    });
    operate(&server.url, Operation::Format, &mut card).unwrap();
    let (first, second) = server.join();
    assert_eq!(first, Some(ClientMessage::TokenPduResponse { pdu: vec![1, 2, 3, 4, 0x90, 0] }));
    assert_eq!(second, Some(ClientMessage::TokenPduResponse { pdu: vec![0x6C, 0x2D] }));
}

#[test]
fn a_card_without_status_word_or_without_end_is_refused() {
    for answer in [vec![], vec![0x90], vec![0x61, 0x01]] {
        let server = TestServer::plain(|tps| {
            tps.accept_request();
            tps.receive();
            tps.ask(&ServerMessage::TokenPduRequest { pdu: vec![0, 0xA4, 4, 0] })
        });
        let answer_length = answer.len();
        let mut card = TestCard::new(move |_| Ok(answer.clone()));
        let error = operate(&server.url, Operation::Format, &mut card).unwrap_err();
        let told = match answer_length {
            0 | 1 => matches!(error, ClientError::Reader(ReaderError::Malformed(_))),
            _ => matches!(error, ClientError::Reader(ReaderError::ResponseTooLong)),
        };
        assert!(told, "{error:?}");
        assert_eq!(server.join(), None);
    }
}

#[test]
fn a_server_without_end_is_given_up() {
    struct Endless;
    impl cardinal_client::Channel for Endless {
        fn exchange(&mut self, _: &ClientMessage) -> Result<ServerMessage, ClientError> {
            let next_task_name = String::new();
            Ok(ServerMessage::StatusUpdateRequest { current_state: 1, next_task_name })
        }
    }
    let mut progress = Recorder::default();
    let mut parties = Parties {
        card: &mut agreeable(),
        credentials: &mut credentials(),
        progress: &mut progress,
    };
    let request = OperationRequest::new(Operation::Format);
    let error = run(&request, &mut Endless, &mut parties).unwrap_err();
    assert!(matches!(error, ClientError::ServerMisled(_)), "{error:?}");
    assert_eq!(u32::try_from(progress.0.len()), Ok(MESSAGES_MAX));
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    let refuse = |url: &str, plain: bool| {
        let settings = ServerSettings { allow_plain_http: plain, ..settings(url) };
        let error = HttpChannel::new(settings).err().expect(url);
        assert_eq!(error.exit_code(), error::EXIT_USAGE, "{error}");
    };
    refuse("http://127.0.0.1:1/tps/tps", false);
    refuse("ftp://127.0.0.1/", true);
    refuse("https://user:secret@127.0.0.1/", false);
    refuse("127.0.0.1", true);
    let missing = ServerSettings::new("https://127.0.0.1", Trust::Pinned(data("missing.pem")));
    assert_eq!(HttpChannel::new(missing).err().unwrap().exit_code(), error::EXIT_USAGE);
    let empty = ServerSettings::new("https://127.0.0.1", Trust::Pinned(data("README.md")));
    assert_eq!(HttpChannel::new(empty).err().unwrap().exit_code(), error::EXIT_USAGE);
}
