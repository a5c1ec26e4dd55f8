//! A server for tests that speaks HTTP as Dogtag's TPS does: it answers before the request is over, a message a chunk, and says
//! `Transfer-Encoding: chunked` twice.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use token_management::message::{ClientMessage, Deframer, ServerMessage};

/// How long the server waits for the client before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection of a client, head of the request already read.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    pub(crate) head: String,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Connection {
    fn accept(mut stream: Box<dyn Stream>) -> Option<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            head.extend_from_slice(&byte);
        }
        Some(Self { stream, head: String::from_utf8(head).unwrap() })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        // The client may be gone: what it says then is what the test is about.
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    /// The head of the response, as Dogtag sends it.
    pub(crate) fn accept_request(&mut self) {
        assert!(self.head.starts_with("POST /tps/tps HTTP/1.1\r\n"), "{}", self.head);
        let head = self.head.to_lowercase();
        assert!(head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: text/plain\r\n"), "{head}");
        self.write(
            b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
    }

    /// Sends raw bytes as one chunk.
    pub(crate) fn chunk(&mut self, bytes: &[u8]) {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk);
    }

    pub(crate) fn send(&mut self, message: &ServerMessage) {
        self.chunk(&message.encode());
    }

    /// One chunk of the request; `None` at its end, or when the client is gone.
    pub(crate) fn receive_chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            self.stream.read_exact(&mut byte).ok()?;
            line.extend_from_slice(&byte);
        }
        let digits = String::from_utf8(line).unwrap();
        let size = usize::from_str_radix(digits.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        assert!(chunk.ends_with(b"\r\n"));
        chunk.truncate(size);
        (size > 0).then_some(chunk)
    }

    /// One message, which must be one chunk.
    pub(crate) fn receive(&mut self) -> Option<ClientMessage> {
        let chunk = self.receive_chunk()?;
        let mut rest = chunk.as_slice();
        let payload = Deframer::default().next(&mut rest).unwrap().expect("a whole message");
        assert!(rest.is_empty(), "one message a chunk");
        Some(ClientMessage::decode(payload.as_bytes()).unwrap())
    }

    /// Asks and gets an answer: the request goes on after the response began.
    pub(crate) fn ask(&mut self, message: &ServerMessage) -> Option<ClientMessage> {
        self.send(message);
        self.receive()
    }
}

/// A server with one connection.
pub(crate) struct TestServer<T> {
    pub(crate) url: String,
    pub(crate) thread: JoinHandle<T>,
}

impl<T: Send + 'static> TestServer<T> {
    /// Serves one connection over plain HTTP.
    pub(crate) fn plain(serve: impl FnOnce(&mut Connection) -> T + Send + 'static) -> Self {
        Self::start("http", |stream| Box::new(stream), serve)
    }

    /// Serves one connection over TLS, with the certificate of the test root.
    pub(crate) fn tls(serve: impl FnOnce(&mut Connection) -> T + Send + 'static) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("../data/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../data/server.key"));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.unwrap()], key.unwrap())
            .unwrap();
        let wrap = move |stream| -> Box<dyn Stream> {
            let connection = ServerConnection::new(Arc::new(config)).unwrap();
            Box::new(StreamOwned::new(connection, stream))
        };
        Self::start("https", wrap, serve)
    }

    fn start(
        scheme: &str,
        wrap: impl FnOnce(TcpStream) -> Box<dyn Stream> + Send + 'static,
        serve: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}/tps/tps", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut connection = Connection::accept(wrap(stream)).expect("a request");
            serve(&mut connection)
        });
        Self { url, thread }
    }

    /// What the server saw; its panics are the test's.
    pub(crate) fn join(self) -> T {
        match self.thread.join() {
            Ok(seen) => seen,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
