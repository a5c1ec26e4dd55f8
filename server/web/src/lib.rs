//! The HTTP and HTTPS edges of the subsystems: the token operations at `/tps/tps`, and what is published beside them.
//!
//! - [`Operations`] is what the edge needs of TPS, [`Publications`] what it needs of the CA and of the program.
//! - [`service`] routes requests; [`exchange`] carries the messages of one operation over one request, whose body and whose
//!   response's body run at the same time, a message a chunk [RFC 9112 §7.1].
//! - [`server`] listens, over plain TCP and over TLS, and stops gracefully.

pub mod exchange;
pub mod limits;
mod response;
pub mod server;
pub mod service;

use core::future::Future;

pub use exchange::HttpClient;
pub use limits::Limits;
pub use server::{Listeners, Server, ServerError};

use token_management::message::{Extensions, Operation};

/// What the client asked for, and where from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which operation.
    pub operation: Operation,
    /// What BEGIN_OP says besides.
    pub extensions: Extensions,
    /// Address of the client.
    pub client: String,
}

/// Token operations.
pub trait Operations: Send + Sync + 'static {
    /// Runs one operation to its end, END_OP included.
    fn run(&self, asked: Asked, client: HttpClient) -> impl Future<Output = ()> + Send;
}

/// A publication that cannot be made now; the cause is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unpublished(pub String);

/// What anybody may fetch.
pub trait Publications: Send + Sync + 'static {
    /// DER of the list of revoked certificates that is in force [RFC 5280 §5].
    fn revocation_list(&self) -> impl Future<Output = Result<Vec<u8>, Unpublished>> + Send;

    /// PEM of issuing authority and root.
    ///
    /// # Errors
    /// It cannot be made now.
    fn chain(&self) -> Result<String, Unpublished>;

    /// DER of the issuing authority's certificate.
    fn issuer(&self) -> Vec<u8>;

    /// The XML that the Enterprise Security Client phones home for.
    fn phone_home(&self) -> String;

    /// JSON with the state of the server, and whether it is well.
    fn health(&self) -> impl Future<Output = (bool, String)> + Send;
}
