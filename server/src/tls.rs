//! TLS: our own certificate, the key from the server's keys.

use std::sync::Arc;

use anyhow::Context as _;
use keys::KeyProvider;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The server's end of TLS 1.2 and 1.3, for HTTP/1.1.
///
/// # Errors
/// The key is missing, or does not belong to the certificate.
pub fn server_config(
    keys: &impl KeyProvider,
    chain: Vec<Vec<u8>>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let key = keys.tls_private_key(ca::TLS_KEY)?;
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec())))
        .context("TLS certificate and key")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
