//! The channel to TPS: one POST whose request and response bodies run at the same time, a message a chunk.

use std::{
    future::Future,
    io,
    path::PathBuf,
    pin::Pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::stream;
use reqwest::{Body, Certificate, Client, Response, Url, redirect::Policy};
use token_management::message::{
    ClientMessage, Deframer, Dialect, MESSAGE_SIZE_MAX, ServerMessage,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::timeout,
};

use crate::{ClientError, operation::Channel};

/// Path of TPS when the address has none.
pub const DEFAULT_PATH: &str = "/tps/tps";
/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the server may be silent unless told otherwise, in seconds: ESC's value.
pub const MESSAGE_TIMEOUT_SECONDS: u64 = 90;
/// How long an operation may take unless told otherwise, in seconds.
pub const OPERATION_TIMEOUT_SECONDS: u64 = 900;
/// How long the end of the exchange may take after END_OP; it is a courtesy to the server.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);
/// Largest file of CA certificates, in bytes.
const CA_FILE_MAX: u64 = 1 << 20;

/// Whom to believe that it is the server.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The system's roots.
    System,
    /// Only the roots in this PEM file.
    Pinned(PathBuf),
}

/// How to reach TPS.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// `https://host[:port][/path]`.
    pub url: String,
    /// Whom to believe.
    pub trust: Trust,
    /// Whether `http://` is allowed: everything, also the password, is then sent in clear.
    pub allow_plain_http: bool,
    /// How long the server may be silent.
    pub message_timeout: Duration,
    /// How long the whole operation may take.
    pub operation_timeout: Duration,
}

impl ServerSettings {
    /// Settings for an address, the rest as usual.
    #[must_use]
    pub fn new(url: impl Into<String>, trust: Trust) -> Self {
        Self {
            url: url.into(),
            trust,
            allow_plain_http: false,
            message_timeout: Duration::from_secs(MESSAGE_TIMEOUT_SECONDS),
            operation_timeout: Duration::from_secs(OPERATION_TIMEOUT_SECONDS),
        }
    }

    /// The address, checked.
    fn checked_url(&self) -> Result<Url, ClientError> {
        let usage = |what: String| Err(ClientError::Usage(what));
        let mut url = Url::parse(&self.url)
            .map_err(|error| ClientError::Usage(format!("server address: {error}")))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_plain_http => {}
            "http" => {
                return usage(
                    "plain http sends the password in clear; use https, or --allow-plain-http"
                        .to_owned(),
                );
            }
            other => return usage(format!("server address: '{other}' is neither https nor http")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return usage("server address: no user name or password in it, please".to_owned());
        }
        if url.path() == "/" {
            url.set_path(DEFAULT_PATH);
        }
        Ok(url)
    }

    fn client(&self) -> Result<Client, ClientError> {
        let builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .https_only(!self.allow_plain_http);
        let builder = match &self.trust {
            Trust::System => builder,
            Trust::Pinned(path) => builder.tls_certs_only(read_certificates(path)?),
        };
        builder.build().map_err(|error| ClientError::Usage(format!("TLS: {}", chain(&error))))
    }
}

fn read_certificates(path: &PathBuf) -> Result<Vec<Certificate>, ClientError> {
    let usage = |what: String| ClientError::Usage(format!("CA file {}: {what}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| usage(error.to_string()))?.len();
    if length > CA_FILE_MAX {
        return Err(usage(format!("more than {CA_FILE_MAX} bytes")));
    }
    let pem = std::fs::read(path).map_err(|error| usage(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| usage(chain(&error)))?;
    if certificates.is_empty() {
        return Err(usage("no certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// The answer to a POST whose body is still being sent.
struct Pending(Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send>>);

/// Where the response is.
enum Answer {
    /// Its head has not come yet.
    Awaited(Pending),
    /// Its body is coming.
    Streaming(Response),
}

/// One POST to TPS.
pub struct HttpChannel {
    runtime: Runtime,
    exchange: Exchange,
    settings: ServerSettings,
    started: Instant,
}

/// The two bodies of the POST.
struct Exchange {
    // Dropping it ends the request body.
    request: Option<mpsc::Sender<Bytes>>,
    answer: Option<Answer>,
    deframer: Deframer,
    received: Bytes,
}

impl HttpChannel {
    /// Prepares a POST; the connection is made with the first message.
    ///
    /// # Errors
    /// [`ClientError::Usage`] when address or CA file cannot be used.
    pub fn new(settings: ServerSettings) -> Result<Self, ClientError> {
        let url = settings.checked_url()?;
        let client = settings.client()?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ClientError::Connection(error.to_string()))?;
        let (request, body) = mpsc::channel::<Bytes>(1);
        let body = stream::unfold(body, |mut body| async move {
            body.recv().await.map(|message| (Ok::<_, io::Error>(message), body))
        });
        let response = client
            .post(url)
            .header(reqwest::header::CONTENT_TYPE, "text/plain")
            .header(reqwest::header::USER_AGENT, crate::conversation::CLIENT_VERSION)
            .body(Body::wrap_stream(body))
            .send();
        let exchange = Exchange {
            request: Some(request),
            answer: Some(Answer::Awaited(Pending(Box::pin(response)))),
            deframer: Deframer::new(MESSAGE_SIZE_MAX),
            received: Bytes::new(),
        };
        Ok(Self { runtime, exchange, settings, started: Instant::now() })
    }
}

impl Channel for HttpChannel {
    fn exchange(&mut self, message: &ClientMessage) -> Result<ServerMessage, ClientError> {
        let ServerSettings { message_timeout, operation_timeout, .. } = self.settings;
        let left = operation_timeout.saturating_sub(self.started.elapsed());
        let exchange = &mut self.exchange;
        self.runtime.block_on(async {
            tokio::select! {
                // Only while we wait for the server: a card is never left in the middle of a command.
                _ = tokio::signal::ctrl_c() => Err(ClientError::Interrupted),
                answer = timeout(message_timeout.min(left), exchange.turn(message)) => match answer {
                    Ok(answer) => answer,
                    Err(_) if left < message_timeout => {
                        Err(ClientError::TooLong(operation_timeout.as_secs()))
                    }
                    Err(_) => Err(ClientError::ServerSilent(message_timeout.as_secs())),
                },
            }
        })
    }

    fn finish(&mut self) {
        self.exchange.request = None;
        let exchange = &mut self.exchange;
        // Whatever comes now changes nothing: the server has said how the operation ended.
        self.runtime.block_on(async {
            let _ = timeout(FINISH_TIMEOUT, async {
                while exchange.more().await.is_ok_and(|more| more) {
                    exchange.received.clear();
                }
            })
            .await;
        });
    }
}

impl Exchange {
    /// Sends one chunk, then reads until a message is complete.
    async fn turn(&mut self, message: &ClientMessage) -> Result<ServerMessage, ClientError> {
        // Wiped when the last reference goes, for it may hold a password.
        let bytes = Bytes::from_owner(message.encode(Dialect::Esc));
        // The channel is closed when hyper gave up the request; the answer says why.
        if let Some(request) = &self.request {
            let _ = request.send(bytes).await;
        }
        loop {
            let mut unread: &[u8] = &self.received;
            let payload = self.deframer.next(&mut unread)?;
            let consumed = self.received.len() - unread.len();
            let _ = self.received.split_to(consumed);
            if let Some(payload) = payload {
                return Ok(ServerMessage::decode(payload.as_bytes())?);
            }
            if !self.more().await? {
                return Err(ClientError::ServerVanished);
            }
        }
    }

    /// Receives more bytes; whether there are any.
    async fn more(&mut self) -> Result<bool, ClientError> {
        let broken = |error: reqwest::Error| {
            // "connection closed before message completed" and the like, before or after the head of the response.
            if error.is_connect() || error.is_builder() {
                ClientError::Connection(chain(&error))
            } else {
                tracing::debug!(error = chain(&error), "the exchange broke");
                ClientError::ServerVanished
            }
        };
        if let Some(Answer::Awaited(Pending(pending))) = &mut self.answer {
            let response = pending.await;
            self.answer = None;
            let response = response.map_err(broken)?;
            let status = response.status();
            if !status.is_success() {
                return Err(ClientError::RefusedHttp(status.as_u16()));
            }
            self.answer = Some(Answer::Streaming(response));
        }
        let Some(Answer::Streaming(response)) = &mut self.answer else { return Ok(false) };
        match response.chunk().await.map_err(broken)? {
            Some(chunk) => {
                self.received = chunk;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
