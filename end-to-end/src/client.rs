//! `cardinal-client`, as a user's script calls it.

use std::{ffi::OsString, path::Path, path::PathBuf, time::Duration};

use crate::{Place, PrivatePcscd, Program, StageError, binaries::binary};

/// Environment variable that carries the password to the client.
const PASSWORD_VARIABLE: &str = "STAGE_PASSWORD";
/// Environment variable that carries the new PIN to the client.
const PIN_VARIABLE: &str = "STAGE_PIN";
/// Time that one token operation has.
const OPERATION_TIME_MAX: Duration = Duration::from_mins(2);

/// Somebody with tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Password at the server.
    pub password: String,
}

/// How the client reaches a server and readers.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    trust: Option<PathBuf>,
    environment: Vec<(String, OsString)>,
}

impl User {
    /// A user with a password.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }
}

impl Client {
    /// A client of the TPS at `url`; with a PEM file of roots to trust it over TLS, without it over plain HTTP.
    #[must_use]
    pub fn new(url: &str, trust: Option<&Path>) -> Self {
        Self { url: url.to_owned(), trust: trust.map(Path::to_owned), environment: Vec::new() }
    }

    /// Lets it find the readers of a private pcscd.
    #[must_use]
    pub fn with_readers_of(mut self, pcscd: &PrivatePcscd) -> Self {
        self.environment.push(pcscd.environment());
        self
    }

    /// Lets it log everything it can.
    #[must_use]
    pub fn with_debug_log(mut self) -> Self {
        self.environment.push(("CARDINAL_LOG".to_owned(), "trace".into()));
        self
    }

    /// Formats the token.
    ///
    /// # Errors
    /// When the client has not been built.
    pub fn format(&self, place: &Place, user: &User) -> Result<Program, StageError> {
        self.operation("format", place, user)
    }

    /// Enrols the token for the user.
    ///
    /// # Errors
    /// When the client has not been built.
    pub fn enroll(&self, place: &Place, user: &User, pin: &str) -> Result<Program, StageError> {
        let program = self.operation("enroll", place, user)?;
        Ok(program.env(PIN_VARIABLE, pin).args(["--pin-env", PIN_VARIABLE]))
    }

    /// Sets another PIN.
    ///
    /// # Errors
    /// When the client has not been built.
    pub fn reset_pin(&self, place: &Place, user: &User, pin: &str) -> Result<Program, StageError> {
        let program = self.operation("reset-pin", place, user)?;
        Ok(program.env(PIN_VARIABLE, pin).args(["--pin-env", PIN_VARIABLE]))
    }

    /// Lists what is on the token, as text or JSON.
    ///
    /// # Errors
    /// When the client has not been built.
    pub fn list(&self, place: &Place, json: bool) -> Result<Program, StageError> {
        let program = self.program()?.arg("list").args(place_arguments(place));
        Ok(if json { program.arg("--json") } else { program })
    }

    fn program(&self) -> Result<Program, StageError> {
        Ok(Program::new(binary("cardinal-client")?)
            .envs(self.environment.iter().cloned())
            .within(OPERATION_TIME_MAX))
    }

    fn operation(&self, verb: &str, place: &Place, user: &User) -> Result<Program, StageError> {
        let program = self
            .program()?
            .arg(verb)
            .args(["--server", &self.url])
            .args(place_arguments(place))
            .args(["--user", &user.name, "--password-env", PASSWORD_VARIABLE])
            .env(PASSWORD_VARIABLE, &user.password);
        Ok(match &self.trust {
            Some(file) => program.arg("--ca").arg(file),
            None => program.arg("--allow-plain-http"),
        })
    }
}

fn place_arguments(place: &Place) -> [String; 2] {
    match place {
        Place::Slot(slot) => ["--reader".to_owned(), slot.reader.clone()],
        Place::Tcp(address) => ["--tcp".to_owned(), address.to_string()],
    }
}
