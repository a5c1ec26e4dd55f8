//! Which request is answered with what.

use std::{net::SocketAddr, sync::Arc};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, HeaderValue, TRANSFER_ENCODING},
};
use token_management::message::ClientMessage;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Asked, Operations, Publications, Unpublished,
    exchange::HttpClient,
    limits::Limits,
    response::{ResponseBody, messages, plain, whole},
};

/// Where token operations are.
pub const TPS_PATH: &str = "/tps/tps";

/// Everything that requests need, shared by all connections.
pub(crate) struct Service<O, P> {
    pub(crate) operations: Arc<O>,
    pub(crate) publications: Arc<P>,
    pub(crate) limits: Limits,
    /// Held by whatever must end before the server does.
    pub(crate) alive: mpsc::Sender<()>,
}

impl<O: Operations, P: Publications> Service<O, P> {
    /// Answers one request.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<ResponseBody> {
        if request.uri().path() == TPS_PATH {
            return self.token_operation(request, client);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return not_allowed("GET, HEAD");
        }
        match request.uri().path() {
            "/ca/crl" => {
                let list = self.publications.revocation_list().await;
                published("application/pkix-crl", list)
            }
            "/ca/chain" => published(
                "application/x-pem-file",
                self.publications.chain().map(String::into_bytes),
            ),
            "/ca/ca.crt" => published("application/pkix-cert", Ok(self.publications.issuer())),
            "/tps/phoneHome" => {
                published("application/xml", Ok(self.publications.phone_home().into_bytes()))
            }
            "/healthz" => {
                let (well, json) = self.publications.health().await;
                let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                whole(status, "application/json", json)
            }
            _ => plain(StatusCode::NOT_FOUND),
        }
    }

    /// Begins a token operation: from here on request and response run at the same time. The Enterprise Security Client sends
    /// GET with a body, everybody else POST; both must be chunked.
    fn token_operation(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<ResponseBody> {
        if request.method() != Method::POST && request.method() != Method::GET {
            return not_allowed("POST");
        }
        let chunked = request
            .headers()
            .get(TRANSFER_ENCODING)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"chunked"));
        if !chunked {
            return plain(StatusCode::BAD_REQUEST);
        }
        let (sender, receiver) = mpsc::channel(1);
        let link = HttpClient::new(request.into_body(), self.limits.message_length, sender);
        let (operations, limits) = (Arc::clone(&self.operations), self.limits);
        let alive = self.alive.clone();
        // A task of its own: the operation must be run to its end also when the connection ends.
        tokio::spawn(async move {
            operate(&*operations, limits, link, client).await;
            drop(alive);
        });
        messages(receiver)
    }
}

/// Waits for BEGIN_OP, then runs the operation. Whoever begins otherwise is hung up on, as Dogtag does.
async fn operate<O: Operations>(
    operations: &O,
    limits: Limits,
    mut link: HttpClient,
    client: SocketAddr,
) {
    match timeout(limits.begin, link.receive()).await {
        Ok(Ok(ClientMessage::BeginOp { operation, extensions })) => {
            let asked = Asked { operation, extensions, client: client.ip().to_string() };
            operations.run(asked, link).await;
        }
        Ok(Ok(other)) => {
            tracing::info!(%client, message = %other.message_type(), "an operation does not begin with BEGIN_OP");
        }
        Ok(Err(error)) => tracing::info!(%client, %error, "no BEGIN_OP"),
        Err(_) => tracing::info!(%client, "no BEGIN_OP in time"),
    }
}

fn not_allowed(methods: &'static str) -> Response<ResponseBody> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn published(
    content_type: &'static str,
    body: Result<Vec<u8>, Unpublished>,
) -> Response<ResponseBody> {
    match body {
        Ok(body) => whole(StatusCode::OK, content_type, body),
        Err(error) => {
            tracing::error!(%error, "a publication cannot be made");
            plain(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
