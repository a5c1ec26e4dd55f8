//! A folder with a server, the program run in it, and operations over TLS.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tempfile::TempDir;

/// A password that must not show up anywhere.
pub(crate) const PASSWORD: &str = "Secret.4711";
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for one server.
pub(crate) struct Folder(TempDir);

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with a configuration that chooses its ports.
    pub(crate) fn with_defaults() -> Self {
        let folder = Self::new();
        let text = "[server]\nhttps = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:0\"\n";
        fs::write(folder.file("cardinal-server.toml"), text).unwrap();
        folder
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardinal-server"));
        command.args(arguments).env_remove("CARDINAL_LOG").env_remove("CARDINAL_CONFIG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = Self::command(arguments).current_dir(self.path()).spawn().unwrap();
        // A program that refuses its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        ended(child)
    }

    pub(crate) fn with_config(&self, arguments: &[&str], input: &str) -> Ended {
        let config = self.file("cardinal-server.toml");
        self.run(&[arguments, &["--config", config.to_str().unwrap()]].concat(), input)
    }

    /// Starts the server.
    pub(crate) fn serve(&self) -> Serving {
        let config = self.file("cardinal-server.toml");
        let arguments = ["run", "--log", "debug", "--config", config.to_str().unwrap()];
        let mut child = Self::command(&arguments).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        // The log must not fill its pipe.
        let mut log = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            log.read_to_string(&mut text).unwrap();
            text
        });
        Serving { child, ready: line.trim_end().to_owned(), log }
    }
}

fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server that runs.
pub(crate) struct Serving {
    child: Child,
    pub(crate) ready: String,
    log: std::thread::JoinHandle<String>,
}

impl Serving {
    /// The address after `scheme` in the line that says that the server is ready.
    pub(crate) fn address(&self, scheme: &str) -> SocketAddr {
        let start = format!("{scheme}://");
        let word = self.ready.split(' ').find(|word| word.starts_with(&start)).unwrap();
        word[start.len()..].strip_suffix("/tps/tps").unwrap().parse().unwrap()
    }

    /// Asks the server to stop. Its exit code and its log.
    pub(crate) fn stop(mut self) -> (i32, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        let code = self.child.wait().unwrap().code().unwrap();
        (code, self.log.join().unwrap())
    }

    /// A connection over TLS of this version, with no trust but in the folder's authority.
    pub(crate) fn connect(
        &self,
        folder: &Folder,
        version: &'static SupportedProtocolVersion,
    ) -> Tls {
        let mut roots = RootCertStore::empty();
        let chain = CertificateDer::pem_file_iter(folder.file("ca-chain.pem")).unwrap();
        // The root is the last.
        roots.add(chain.last().unwrap().unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(self.address("https")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Tls(StreamOwned::new(connection, stream))
    }
}

/// A connection over TLS.
pub(crate) struct Tls(StreamOwned<ClientConnection, TcpStream>);

impl Tls {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
        self.0.flush().unwrap();
    }

    /// Sends one message in one chunk.
    pub(crate) fn send_message(&mut self, payload: &str) {
        let message = format!("s={}&{payload}", payload.len());
        self.send(&format!("{:x}\r\n{message}\r\n", message.len()));
    }

    /// Reads until the bytes end with `end`.
    pub(crate) fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads one chunk.
    pub(crate) fn read_chunk(&mut self) -> String {
        let size = self.read_until("\r\n");
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk).unwrap();
        assert_eq!(chunk.split_off(size), b"\r\n");
        String::from_utf8(chunk).unwrap()
    }

    pub(crate) fn read_bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn version(&self) -> Option<ProtocolVersion> {
        self.0.conn.protocol_version()
    }
}
