//! `run`: serves until it is told to stop.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use web::{Listeners, Server};

use super::{ConfigArgument, init::publish_chain, output};
use crate::{
    config::{Config, Paths},
    error::ServerError,
    operations::TokenOperations,
    publications::Published,
    subsystems::Foundation,
    tls,
};

pub(super) async fn run(argument: &ConfigArgument) -> Result<(), ServerError> {
    let started = Instant::now();
    // Before anything else, so that no signal finds nobody.
    let stop = Stop::new()?;
    let config = Config::read(&argument.path)?;
    let paths = Paths::new(&config, &argument.path);
    let foundation = Foundation::open(&config, &paths).await?;
    let authority = foundation.authority(&config).await?;
    publish_chain(&authority, &paths.ca_chain)?;
    let https = match config.server.https.address() {
        Some(address) => {
            Some((address, tls::server_config(&*foundation.keys, authority.tls_chain())?))
        }
        None => None,
    };
    let listeners = Listeners { http: config.server.http.address(), https };
    let driver = Arc::new(foundation.driver(&config, authority)?);
    let published = Published::new(Arc::clone(&driver), &config.server.issuer_name);
    let server = Server::bind(
        listeners,
        TokenOperations::new(driver),
        published.clone(),
        config.limits.edge(),
    )
    .await?;
    published.announce(public_url(&config, server.https_address(), server.http_address()));
    ready(server.https_address(), server.http_address(), started)?;
    server.serve(stop.wait()).await;
    foundation.database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The line that tells others where the server is.
fn ready(
    https: Option<SocketAddr>,
    http: Option<SocketAddr>,
    started: Instant,
) -> Result<(), ServerError> {
    let urls: Vec<_> = [("https", https), ("http", http)]
        .into_iter()
        .filter_map(|(scheme, address)| address.map(|address| (scheme, address)))
        .map(|(scheme, address)| format!("{scheme}://{address}{}", web::service::TPS_PATH))
        .collect();
    let milliseconds = started.elapsed().as_millis();
    output::line(&format!("ready: {} in {milliseconds} ms", urls.join(" ")))
}

/// Where clients find token operations, as phone home tells.
fn public_url(config: &Config, https: Option<SocketAddr>, http: Option<SocketAddr>) -> String {
    if !config.server.public_url.is_empty() {
        return config.server.public_url.clone();
    }
    let name = config.ca.server_names.first().map_or("localhost", String::as_str);
    match (https, http) {
        (Some(https), _) => format!("https://{name}:{}{}", https.port(), web::service::TPS_PATH),
        (None, Some(http)) => format!("http://{name}:{}{}", http.port(), web::service::TPS_PATH),
        (None, None) => String::new(),
    }
}

/// The signals that stop the server.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> Result<Self, ServerError> {
        let listen = |kind| signal(kind).map_err(ServerError::System);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        tracing::info!("stopping: operations that run may end");
    }
}
