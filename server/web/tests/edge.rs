//! The edge over plain TCP, with a client that writes its bytes itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use token_management::message::{ClientMessage, Operation, OperationResult, ServerMessage, Status};
use web::{
    Asked, HttpClient, Limits, Listeners, Operations, Publications, Server, Unpublished,
    exchange::ExchangeError,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);
/// BEGIN_OP for FORMAT, as tpsclient sends it.
const BEGIN: &str = "s=53&msg_type=2&operation=5&extensions=tokenType%3DuserKey";
const HEAD: &str =
    "POST /tps/tps HTTP/1.1\r\nHost: 127.0.0.1:1\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What an operation saw, for the test.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Begun(Operation, Option<String>),
    Answered(u32),
    Failed(ExchangeError),
}

/// An operation that asks for a status update, then ends.
struct Echo(mpsc::Sender<Seen>);

impl Operations for Echo {
    async fn run(&self, asked: Asked, mut client: HttpClient) {
        let see = |seen| self.0.send(seen).unwrap();
        let token_type = asked.extensions.token_type().map(str::to_owned);
        see(Seen::Begun(asked.operation, token_type));
        let request =
            ServerMessage::StatusUpdateRequest { current_state: 10, next_task_name: "GO".into() };
        match client.exchange(&request).await {
            Ok(ClientMessage::StatusUpdateResponse { current_state }) => {
                see(Seen::Answered(current_state));
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => return see(Seen::Failed(error)),
        }
        let end = ServerMessage::EndOp {
            operation: asked.operation,
            result: OperationResult::Good,
            status: Status::NoError,
        };
        client.send(&end).await.unwrap();
    }
}

struct Page;

impl Publications for Page {
    async fn revocation_list(&self) -> Result<Vec<u8>, Unpublished> {
        Ok(b"crl".to_vec())
    }

    fn chain(&self) -> Result<String, Unpublished> {
        Err(Unpublished("the disk is full".to_owned()))
    }

    fn issuer(&self) -> Vec<u8> {
        b"issuer".to_vec()
    }

    fn phone_home(&self) -> String {
        "<ServiceInfo/>".to_owned()
    }

    async fn health(&self) -> (bool, String) {
        (true, "{\"status\":\"ok\"}".to_owned())
    }
}

/// A server that runs until it is stopped.
struct Running {
    address: SocketAddr,
    seen: mpsc::Receiver<Seen>,
    stop: Arc<tokio::sync::Notify>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    fn start(limits: Limits) -> Self {
        let (see, seen) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let stop = Arc::new(tokio::sync::Notify::new());
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let http = Some("127.0.0.1:0".parse().unwrap());
                let listeners = Listeners { http, https: None };
                let server = Server::bind(listeners, Echo(see), Page, limits).await.unwrap();
                tell.send(server.http_address().unwrap()).unwrap();
                server.serve(async move { stopped.notified().await }).await;
            });
        });
        let address = told.recv_timeout(PATIENCE).unwrap();
        Self { address, seen, stop, thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).unwrap()
    }

    /// A whole response to one request.
    fn answer(&self, request: &str) -> String {
        let mut stream = self.connect();
        let request = request.replacen("Host: h\r\n", "Host: h\r\nConnection: close\r\n", 1);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn status(&self, request: &str) -> String {
        self.answer(request).lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn chunk(message: &str) -> String {
    format!("{:x}\r\n{message}\r\n", message.len())
}

/// Reads until the bytes end with `end`.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

/// One operation; the request's body is never ended, as tpsclient never ends it.
fn whole_operation(verb: &str) {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    stream.write_all(HEAD.replace("POST", verb).as_bytes()).unwrap();
    // The head comes before the client has said anything.
    let head = read_until(&mut stream, "\r\n\r\n").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
    stream.write_all(chunk(BEGIN).as_bytes()).unwrap();
    assert_eq!(server.next(), Seen::Begun(Operation::Format, Some("userKey".to_owned())));
    let request = "s=46&msg_type=14&current_state=10&next_task_name=GO";
    assert_eq!(
        read_until(&mut stream, "GO\r\n").to_ascii_lowercase(),
        chunk(request).to_ascii_lowercase()
    );
    stream.write_all(chunk("s=28&msg_type=15&current_state=10").as_bytes()).unwrap();
    assert_eq!(server.next(), Seen::Answered(10));
    let end = chunk("s=42&msg_type=13&operation=5&result=0&message=0") + "0\r\n\r\n";
    assert_eq!(read_until(&mut stream, "\r\n0\r\n\r\n").to_ascii_lowercase(), end);
}

#[test]
fn an_operation_runs_in_both_directions_at_once() {
    whole_operation("POST");
}

#[test]
fn the_enterprise_security_client_sends_get_with_a_body() {
    whole_operation("GET");
}

#[test]
fn a_message_may_come_in_pieces() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    stream.write_all(HEAD.as_bytes()).unwrap();
    for piece in BEGIN.as_bytes().chunks(7) {
        stream.write_all(chunk(core::str::from_utf8(piece).unwrap()).as_bytes()).unwrap();
    }
    assert_eq!(server.next(), Seen::Begun(Operation::Format, Some("userKey".to_owned())));
}

#[test]
fn other_verbs_and_bodies_are_refused() {
    let server = Running::start(Limits::default());
    let request =
        |verb: &str, header: &str| format!("{verb} /tps/tps HTTP/1.1\r\nHost: h\r\n{header}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n";
    for verb in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(server.status(&request(verb, chunked)), "HTTP/1.1 405 Method Not Allowed");
    }
    for verb in ["POST", "GET"] {
        assert_eq!(server.status(&request(verb, "")), "HTTP/1.1 400 Bad Request");
        let length = "Content-Length: 1\r\n";
        assert_eq!(server.status(&(request(verb, length) + "x")), "HTTP/1.1 400 Bad Request");
    }
    assert_eq!(server.status("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 404 Not Found");
    assert_eq!(
        server.status("POST /ca/crl HTTP/1.1\r\nHost: h\r\n\r\n"),
        "HTTP/1.1 405 Method Not Allowed"
    );
}

#[test]
fn publications_have_their_types() {
    let server = Running::start(Limits::default());
    for (path, content_type, body) in [
        ("/ca/crl", "application/pkix-crl", "crl"),
        ("/ca/ca.crt", "application/pkix-cert", "issuer"),
        ("/tps/phoneHome?cuid=00", "application/xml", "<ServiceInfo/>"),
        ("/healthz", "application/json", "{\"status\":\"ok\"}"),
    ] {
        let answer = server.answer(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
        assert!(answer.contains(&format!("content-type: {content_type}\r\n")), "{path}: {answer}");
        assert!(
            answer.contains(&format!("content-length: {}\r\n", body.len())),
            "{path}: {answer}"
        );
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{path}: {answer}");
    }
    // Why it is not there is for the log alone.
    let answer = server.answer("GET /ca/chain HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(!answer.contains("disk"), "{answer}");
}

#[test]
fn a_client_that_vanishes_is_seen_as_gone() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    stream.write_all((HEAD.to_owned() + &chunk(BEGIN)).as_bytes()).unwrap();
    assert!(matches!(server.next(), Seen::Begun(..)));
    drop(stream);
    assert_eq!(server.next(), Seen::Failed(ExchangeError::Gone));
}

#[test]
fn a_message_that_is_too_large_ends_the_operation() {
    let server = Running::start(Limits { message_length: 64, ..Limits::default() });
    let mut stream = server.connect();
    stream.write_all((HEAD.to_owned() + &chunk(BEGIN) + &chunk("s=65&")).as_bytes()).unwrap();
    assert!(matches!(server.next(), Seen::Begun(..)));
    assert!(matches!(server.next(), Seen::Failed(ExchangeError::Violation(_))));
}

#[test]
fn whoever_does_not_begin_with_begin_op_is_hung_up_on() {
    let server = Running::start(Limits { begin: Duration::from_millis(50), ..Limits::default() });
    for body in [chunk("s=28&msg_type=15&current_state=10"), chunk("nonsense"), String::new()] {
        let mut stream = server.connect();
        stream.write_all((HEAD.to_owned() + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(!answer.contains("msg_type"), "{answer}");
    }
    assert!(server.seen.try_recv().is_err());
}

#[test]
fn a_head_that_is_too_long_or_too_slow_is_refused() {
    let server = Running::start(Limits { head: Duration::from_millis(50), ..Limits::default() });
    let long = format!("GET /healthz HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(32 * 1024));
    let mut stream = server.connect();
    // The server may hang up before it has read everything.
    let _ = stream.write_all(long.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    let mut slow = server.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn more_connections_than_allowed_wait_for_their_turn() {
    let server = Running::start(Limits { connections: 1, ..Limits::default() });
    let mut first = server.connect();
    first.write_all((HEAD.to_owned() + &chunk(BEGIN)).as_bytes()).unwrap();
    assert!(matches!(server.next(), Seen::Begun(..)));
    let mut second = server.connect();
    second.write_all((HEAD.to_owned() + &chunk(BEGIN)).as_bytes()).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(second.read(&mut [0]).is_err());
    drop(first);
    assert_eq!(server.next(), Seen::Failed(ExchangeError::Gone));
    assert!(matches!(server.next(), Seen::Begun(..)));
}

#[test]
fn an_operation_that_runs_ends_before_the_server_does() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    stream.write_all((HEAD.to_owned() + &chunk(BEGIN)).as_bytes()).unwrap();
    assert!(matches!(server.next(), Seen::Begun(..)));
    server.stop.notify_one();
    read_until(&mut stream, "GO\r\n");
    stream.write_all(chunk("s=28&msg_type=15&current_state=10").as_bytes()).unwrap();
    assert_eq!(server.next(), Seen::Answered(10));
    assert!(read_until(&mut stream, "\r\n0\r\n\r\n").contains("msg_type=13"));
}
