//! A connection to a server, over TCP or TLS, that gives up after a while.

use std::{
    fs,
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};

use super::Address;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest file with certificates or a key, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// Bytes to and from a server.
pub trait Stream: Read + Write + Send {
    /// Sets how long a read may take.
    ///
    /// # Errors
    /// When the socket refuses.
    fn set_patience(&mut self, patience: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_patience(&mut self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))
    }
}

impl Stream for StreamOwned<ClientConnection, TcpStream> {
    fn set_patience(&mut self, patience: Duration) -> io::Result<()> {
        self.sock.set_read_timeout(Some(patience))
    }
}

/// How TLS is done: whom to believe, and as whom to come. Without files nobody is believed.
#[derive(Clone)]
pub struct Tls(Option<Arc<ClientConfig>>);

impl Tls {
    /// No TLS: plain HTTP only.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Believes the certificates of a PEM file; comes with a certificate and its key, each in a PEM file, where they are given.
    ///
    /// # Errors
    /// When a file cannot be read, or has not in it what it should.
    pub fn from_files(roots: &Path, client: Option<(&Path, &Path)>) -> anyhow::Result<Self> {
        let mut store = RootCertStore::empty();
        for certificate in certificates(roots)? {
            store.add(certificate).with_context(|| format!("root in {}", roots.display()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store);
        let config = match client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let bytes = zeroize::Zeroizing::new(read(key)?);
                let key = PrivateKeyDer::from_pem_slice(&bytes)
                    .with_context(|| format!("private key in {}", key.display()))?;
                builder.with_client_auth_cert(certificates(certificate)?, key)?
            }
        };
        Ok(Self(Some(Arc::new(config))))
    }
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let bytes = read(path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .with_context(|| format!("certificates in {}", path.display()))?;
    anyhow::ensure!(!certificates.is_empty(), "no certificate in {}", path.display());
    Ok(certificates)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = fs::metadata(path).with_context(|| path.display().to_string())?.len();
    anyhow::ensure!(length <= FILE_MAX, "{} has more than {FILE_MAX} bytes", path.display());
    fs::read(path).with_context(|| path.display().to_string())
}

/// Connects to a server.
///
/// # Errors
/// When there is nobody, or TLS cannot be agreed on.
pub fn connect(
    address: &Address,
    tls: &Tls,
    patience: Duration,
) -> anyhow::Result<Box<dyn Stream>> {
    let name = (address.host.as_str(), address.port);
    let mut last = anyhow::anyhow!("{} has no address", address.host);
    for socket in name.to_socket_addrs().with_context(|| format!("address of {}", address.host))? {
        match TcpStream::connect_timeout(&socket, CONNECT_TIMEOUT) {
            Ok(socket) => return secure(socket, address, tls, patience),
            Err(error) => last = error.into(),
        }
    }
    Err(last.context(format!("connecting to {}", address.authority())))
}

fn secure(
    socket: TcpStream,
    address: &Address,
    tls: &Tls,
    patience: Duration,
) -> anyhow::Result<Box<dyn Stream>> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(patience))?;
    socket.set_write_timeout(Some(patience))?;
    if !address.secure {
        return Ok(Box::new(socket));
    }
    let config =
        tls.0.clone().context("HTTPS needs a file with the server's root: --server-ca FILE")?;
    let name = ServerName::try_from(address.host.clone()).context("name of the server")?;
    let mut stream = StreamOwned::new(ClientConnection::new(config, name)?, socket);
    // The handshake now, so that its failure is told as such.
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).context("TLS")?;
    }
    Ok(Box::new(stream))
}
