//! The server's end of TLS: versions 1.2 and 1.3, a certificate of our own authority.

use std::sync::Arc;

use keys::KeyProvider;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::error::ServerError;

/// TLS with this chain (DER, the server's certificate first) and the key of the authority's TLS certificate.
pub(crate) fn server_config(
    keys: &impl KeyProvider,
    chain: Vec<Vec<u8>>,
) -> Result<Arc<ServerConfig>, ServerError> {
    let key = keys.tls_private_key(ca::TLS_KEY)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| ServerError::Tls(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
