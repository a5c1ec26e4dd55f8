//! Listens, serves, stops.

use core::{convert::Infallible, future::Future};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Operations, Publications,
    limits::{HEAD_LENGTH_MAX, Limits},
    service::Service,
};

/// Pause after a failure to accept a connection, e.g. for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where the server listens; at least one of both.
#[derive(Clone, Default)]
pub struct Listeners {
    /// Address of plain HTTP, for clients without TLS.
    pub http: Option<SocketAddr>,
    /// Address of HTTPS, with certificate and key.
    pub https: Option<(SocketAddr, Arc<rustls::ServerConfig>)>,
}

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Neither HTTP nor HTTPS is wanted.
    #[error("neither HTTP nor HTTPS is configured")]
    Nowhere,
}

/// A server that listens and does not serve yet.
pub struct Server<O, P> {
    service: Arc<Service<O, P>>,
    http: Option<TcpListener>,
    https: Option<(TcpListener, TlsAcceptor)>,
    ended: mpsc::Receiver<()>,
}

impl<O: Operations, P: Publications> Server<O, P> {
    /// Takes the addresses.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn bind(
        listeners: Listeners,
        operations: O,
        publications: P,
        limits: Limits,
    ) -> Result<Self, ServerError> {
        if listeners.http.is_none() && listeners.https.is_none() {
            return Err(ServerError::Nowhere);
        }
        let http = match listeners.http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let https = match listeners.https {
            Some((address, tls)) => Some((listen(address).await?, TlsAcceptor::from(tls))),
            None => None,
        };
        let (alive, ended) = mpsc::channel(1);
        let service = Service {
            operations: Arc::new(operations),
            publications: Arc::new(publications),
            limits,
            alive,
        };
        Ok(Self { service: Arc::new(service), http, https, ended })
    }

    /// The address of plain HTTP: the port that was chosen where 0 was asked for.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// The address of HTTPS.
    #[must_use]
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Serves until `stop` is ready; then nothing new begins, and what runs gets some time to end.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) {
        let Self { service, http, https, mut ended } = self;
        let patience = service.limits.shutdown;
        let (stopping, stopped) = watch::channel(false);
        let permits = Arc::new(Semaphore::new(service.limits.connections));
        let mut tasks = Vec::new();
        if let Some(listener) = http {
            let door = Door { listener, tls: None, permits: Arc::clone(&permits) };
            tasks.push(tokio::spawn(door.accept_all(Arc::clone(&service), stopped.clone())));
        }
        if let Some((listener, tls)) = https {
            let door = Door { listener, tls: Some(tls), permits };
            tasks.push(tokio::spawn(door.accept_all(Arc::clone(&service), stopped)));
        }
        stop.await;
        // Nobody to tell is as good as everybody told.
        let _ = stopping.send(true);
        drop(service);
        for task in tasks {
            let _ = task.await;
        }
        if timeout(patience, ended.recv()).await.is_err() {
            tracing::warn!("operations were cut off: they took too long to end");
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| ServerError::Listen { address, source })
}

/// One listener.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    permits: Arc<Semaphore>,
}

impl Door {
    async fn accept_all<O: Operations, P: Publications>(
        self,
        service: Arc<Service<O, P>>,
        mut stopped: watch::Receiver<bool>,
    ) {
        loop {
            let next = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
                (permit, self.listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                next = next => next,
            };
            match accepted {
                Ok((stream, client)) => {
                    let connection = Connection {
                        service: Arc::clone(&service),
                        client,
                        stopped: stopped.clone(),
                        _permit: permit,
                    };
                    tokio::spawn(connection.run(stream, self.tls.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// One connection.
struct Connection<O, P> {
    service: Arc<Service<O, P>>,
    client: SocketAddr,
    stopped: watch::Receiver<bool>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl<O: Operations, P: Publications> Connection<O, P> {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Messages are small and answered one by one: none may wait for the acknowledgement of the last.
        let _ = stream.set_nodelay(true);
        let client = self.client;
        match tls {
            None => self.serve(stream).await,
            Some(tls) => match timeout(self.service.limits.head, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.serve(stream).await,
                Ok(Err(error)) => tracing::debug!(%client, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(%client, "TLS handshake took too long"),
            },
        }
    }

    async fn serve(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (service, client) = (Arc::clone(&self.service), self.client);
        let answer = service_fn(move |request| {
            let service = Arc::clone(&service);
            async move { Ok::<_, Infallible>(service.answer(request, client).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.service.limits.head)
            .max_buf_size(HEAD_LENGTH_MAX)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::pin!(connection);
        let stop = async {
            // An error means that the server is gone, which is a stop too.
            let _ = self.stopped.wait_for(|stopped| *stopped).await;
        };
        let life = self.service.limits.connection;
        let ended = tokio::select! {
            ended = &mut connection => Some(ended),
            () = stop => None,
            () = tokio::time::sleep(life) => None,
        };
        let ended = if let Some(ended) = ended {
            ended
        } else {
            connection.as_mut().graceful_shutdown();
            // A client that reads nothing would hold the connection for ever.
            timeout(life, connection).await.unwrap_or(Ok(()))
        };
        if let Err(error) = ended {
            tracing::debug!(%client, %error, "connection ended");
        }
    }
}
