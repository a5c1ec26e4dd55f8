//! Credentials from files, the environment, standard input or the terminal.

use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind, IsTerminal, Write, stderr, stdin},
    path::Path,
};

use token_management::{message::LoginParameter, subsystem::secret::Secret};
use zeroize::Zeroizing;

use super::arguments::{LoginArguments, PinArguments};
use crate::{ClientError, Credentials, credentials::check_new_pin};

/// Longest line of a password or PIN, in bytes.
const SECRET_LENGTH_MAX: u64 = 1024;
/// Most times that a new PIN is asked for.
const PIN_PROMPTS_MAX: u32 = 3;

/// Credentials as the command line says; what it does not say is asked for.
pub(super) struct Prompt {
    user: Option<String>,
    password: Option<Secret>,
    new_pin: Option<Secret>,
}

impl Prompt {
    /// Reads what files, environment and standard input hold, before anything is sent to anybody.
    pub(super) fn new(login: &LoginArguments, pin: &PinArguments) -> Result<Self, ClientError> {
        let password = match login {
            LoginArguments { password_file: Some(path), .. } => Some(from_file(path)?),
            LoginArguments { password_stdin: true, .. } => {
                Some(first_line(stdin().lock(), "standard input")?)
            }
            LoginArguments { password_env: Some(name), .. } => Some(from_environment(name)?),
            _ => None,
        };
        let new_pin = match pin {
            PinArguments { pin_file: Some(path), .. } => Some(from_file(path)?),
            PinArguments { pin_env: Some(name), .. } => Some(from_environment(name)?),
            _ => None,
        };
        Ok(Self { user: login.user.clone(), password, new_pin })
    }

    /// Whether the server need not ask for more than user name and password.
    pub(super) const fn is_preset(&self) -> bool {
        self.user.is_some() && self.password.is_some()
    }
}

impl Credentials for Prompt {
    fn user(&mut self) -> Result<String, ClientError> {
        if let Some(user) = &self.user {
            return Ok(user.clone());
        }
        need_terminal("the user name", "--user")?;
        let user = ask_visible("User name: ")?;
        Ok(self.user.insert(user).clone())
    }

    fn password(&mut self) -> Result<Secret, ClientError> {
        match &self.password {
            Some(password) => Ok(password.clone()),
            None => ask_hidden("Password: ", "the password", "--password-file"),
        }
    }

    fn new_pin(&mut self, minimum: u32, maximum: u32) -> Result<Secret, ClientError> {
        if let Some(pin) = &self.new_pin {
            return Ok(pin.clone());
        }
        let prompt = format!("New PIN ({minimum} to {maximum} characters): ");
        for _ in 0..PIN_PROMPTS_MAX {
            let pin = ask_hidden(&prompt, "the new PIN", "--pin-file")?;
            if let Err(error) = check_new_pin(&pin, minimum, maximum) {
                complain(&error.to_string());
                continue;
            }
            if ask_hidden("New PIN again: ", "the new PIN", "--pin-file")? == pin {
                return Ok(pin);
            }
            complain("the two are not the same");
        }
        Err(ClientError::Credentials("no new PIN was chosen".to_owned()))
    }

    fn other(&mut self, parameter: &LoginParameter) -> Result<Secret, ClientError> {
        let prompt = format!("{}: ", printable(&parameter.name));
        if parameter.kind == "password" {
            return ask_hidden(&prompt, "what the server asks for", "a terminal");
        }
        need_terminal("what the server asks for", "a terminal")?;
        Ok(Secret::new(ask_visible(&prompt)?.into_bytes()))
    }

    fn rejected(&mut self) -> Result<(), ClientError> {
        if self.password.is_some() {
            let what = "the server did not accept user name and password";
            return Err(ClientError::Credentials(what.to_owned()));
        }
        complain("the server did not accept user name and password");
        Ok(())
    }
}

fn complain(what: &str) {
    // A terminal that is gone is noticed at the next prompt.
    let _ = writeln!(stderr(), "{what}");
}

/// What a server sends for display, without control characters that could play with the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn need_terminal(what: &str, instead: &str) -> Result<(), ClientError> {
    if stdin().is_terminal() {
        return Ok(());
    }
    Err(ClientError::Credentials(format!("no terminal to ask for {what}; use {instead}")))
}

fn ask_visible(prompt: &str) -> Result<String, ClientError> {
    let mut output = stderr();
    output
        .write_all(prompt.as_bytes())
        .and_then(|()| output.flush())
        .map_err(ClientError::Output)?;
    let line = first_line(stdin().lock(), "the terminal")?;
    String::from_utf8(line.expose().to_vec())
        .map_err(|_| ClientError::Credentials("the answer is not text".to_owned()))
}

fn ask_hidden(prompt: &str, what: &str, instead: &str) -> Result<Secret, ClientError> {
    need_terminal(what, instead)?;
    // Ctrl-C comes back as an error after the terminal is as it was.
    match rpassword::prompt_password(prompt) {
        Ok(answer) => Ok(Secret::new(answer.into_bytes())),
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(ClientError::Interrupted),
        Err(error) => Err(ClientError::Credentials(format!("cannot ask for {what}: {error}"))),
    }
}

fn from_file(path: &Path) -> Result<Secret, ClientError> {
    let file = File::open(path).map_err(|error| {
        ClientError::Credentials(format!("cannot read {}: {error}", path.display()))
    })?;
    first_line(BufReader::new(file), &path.display().to_string())
}

fn from_environment(name: &str) -> Result<Secret, ClientError> {
    std::env::var(name).map(|value| Secret::new(value.into_bytes())).map_err(|_| {
        ClientError::Credentials(format!("environment variable {name} is not set, or not text"))
    })
}

/// The first line, without its end.
fn first_line(input: impl BufRead, source: &str) -> Result<Secret, ClientError> {
    let mut line =
        Zeroizing::new(Vec::with_capacity(usize::try_from(SECRET_LENGTH_MAX).unwrap_or(0) + 1));
    let read = input.take(SECRET_LENGTH_MAX + 1).read_until(b'\n', &mut line);
    read.map_err(|error| ClientError::Credentials(format!("cannot read {source}: {error}")))?;
    if line.len() as u64 > SECRET_LENGTH_MAX {
        return Err(ClientError::Credentials(format!("{source}: the first line is too long")));
    }
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    if end == 0 {
        return Err(ClientError::Credentials(format!("{source}: the first line is empty")));
    }
    line.truncate(end);
    Ok(line.into())
}
