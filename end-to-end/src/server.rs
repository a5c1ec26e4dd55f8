//! `cardinal-server`: started, killed, started again, asked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    Client, Lifetime, Process, Program, StageError, User, binaries::binary, emulator::free_port,
};

/// Time the server has for its first start, in which it makes keys, and for every other.
const READY_TIME_MAX: Duration = Duration::from_mins(1);
/// Environment variable with the server's log level.
const LOG_VARIABLE: &str = "CARDINAL_LOG";

/// How a server is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// Whether it also listens to plain HTTP, for clients without TLS.
    pub plain_http: bool,
    /// Its log level; without it what the server thinks right.
    pub log: Option<String>,
    /// More lines for its configuration: whole tables other than `[server]` and `[ca]`.
    pub more_configuration: String,
}

/// A server in a folder of its own.
#[derive(Debug)]
pub struct ServerProcess {
    process: Process,
    folder: PathBuf,
    options: ServerOptions,
    https: u16,
    http: Option<u16>,
    started_in: Duration,
    lifetime: Lifetime,
}

impl ServerProcess {
    /// Sets one up in `folder` and starts it; it makes keys, database and certificates.
    ///
    /// # Errors
    /// When it has not been built, or is not ready in time.
    pub fn start(
        folder: &Path,
        options: ServerOptions,
        lifetime: Lifetime,
    ) -> Result<Self, StageError> {
        fs::create_dir_all(folder)
            .map_err(StageError::io(format!("folder {}", folder.display())))?;
        let https = free_port()?;
        let http = if options.plain_http { Some(free_port()?) } else { None };
        configure(folder, https, http, &options.more_configuration)?;
        let (process, started_in) = launch(folder, &options, lifetime)?;
        Ok(Self { process, folder: folder.to_owned(), options, https, http, started_in, lifetime })
    }

    /// Starts it again after it was stopped or killed, with the same ports.
    ///
    /// # Errors
    /// As [`ServerProcess::start`].
    pub fn restart(&mut self) -> Result<(), StageError> {
        (self.process, self.started_in) = launch(&self.folder, &self.options, self.lifetime)?;
        Ok(())
    }

    /// Stops it and starts it again with other lines in its configuration: whole tables other than `[server]` and `[ca]`.
    ///
    /// # Errors
    /// When it does not end, or as [`ServerProcess::start`].
    pub fn reconfigure(&mut self, more: &str) -> Result<(), StageError> {
        self.process.stop()?;
        more.clone_into(&mut self.options.more_configuration);
        configure(&self.folder, self.https, self.http, more)?;
        self.restart()
    }

    /// The process: its log, its memory, a way to kill it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Time from the last start until it was ready.
    #[must_use]
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Its folder: configuration, database, keys, log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        log_file(&self.folder)
    }

    /// PEM file with its authority's certificates.
    #[must_use]
    pub fn chain(&self) -> PathBuf {
        self.folder.join("ca-chain.pem")
    }

    /// URL of token operations.
    #[must_use]
    pub fn url(&self) -> String {
        self.https_url("/tps/tps")
    }

    /// URL of something else it publishes.
    #[must_use]
    pub fn https_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.https)
    }

    /// Port of HTTPS.
    #[must_use]
    pub const fn https_port(&self) -> u16 {
        self.https
    }

    /// Port of plain HTTP.
    #[must_use]
    pub const fn http_port(&self) -> Option<u16> {
        self.http
    }

    /// A client of it over HTTPS.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url(), Some(&self.chain()))
    }

    /// A command of its own command line on the same configuration, e.g. `["token", "list"]`.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn command(&self, arguments: &[&str]) -> Result<Program, StageError> {
        Ok(Program::new(binary("cardinal-server")?)
            .args(arguments)
            .arg("--config")
            .arg(configuration_file(&self.folder))
            .env(LOG_VARIABLE, "warn"))
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When the server's command line refuses.
    pub fn add_user(&self, user: &User) -> Result<(), StageError> {
        self.command(&["user", "add", &user.name, "--password-stdin"])?
            .input(format!("{}\n", user.password))
            .succeed()?;
        Ok(())
    }

    /// Fetches what it publishes at a path, with curl, over HTTPS.
    ///
    /// # Errors
    /// When curl fails, or does not believe the server.
    pub fn fetch(&self, path: &str) -> Result<Vec<u8>, StageError> {
        let outcome = Program::new("curl")
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert"])
            .arg(self.chain())
            .arg(self.https_url(path))
            .succeed()?;
        Ok(outcome.stdout)
    }
}

fn configuration_file(folder: &Path) -> PathBuf {
    folder.join("cardinal-server.toml")
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn configure(folder: &Path, https: u16, http: Option<u16>, more: &str) -> Result<(), StageError> {
    let http = http.map_or_else(|| "off".to_owned(), |port| format!("127.0.0.1:{port}"));
    let text = format!(
        "[server]\nhttps = \"127.0.0.1:{https}\"\nhttp = \"{http}\"\n\n\
         [ca]\ncrl_url = \"https://localhost:{https}/ca/crl\"\n\
         issuer_url = \"https://localhost:{https}/ca/ca.crt\"\n\n{more}\n"
    );
    fs::write(configuration_file(folder), text)
        .map_err(StageError::io("configuration of the server"))
}

fn launch(
    folder: &Path,
    options: &ServerOptions,
    lifetime: Lifetime,
) -> Result<(Process, Duration), StageError> {
    let mut command = Command::new(binary("cardinal-server")?);
    command.arg("run").arg("--config").arg(configuration_file(folder));
    if let Some(level) = &options.log {
        command.env(LOG_VARIABLE, level);
    }
    let started = Instant::now();
    let mut process = Process::start("cardinal-server", &command, &log_file(folder), lifetime)?;
    process.wait_for_line("ready: ", READY_TIME_MAX)?;
    Ok((process, started.elapsed()))
}
