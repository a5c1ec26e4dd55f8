//! Passwords of users: asked for twice, or read from standard input.

use std::io::{Read as _, stdin};

use token_management::subsystem::secret::Secret;
use tps::login::PASSWORD_LENGTH_MAX;
use zeroize::Zeroizing;

use crate::error::ServerError;

/// A new password.
pub(super) fn new_password(from_stdin: bool) -> Result<Secret, ServerError> {
    if from_stdin { first_line() } else { asked_twice() }
}

/// The first line of standard input.
fn first_line() -> Result<Secret, ServerError> {
    let limit = PASSWORD_LENGTH_MAX + "\r\n".len() + 1;
    let mut input = Zeroizing::new(Vec::with_capacity(limit));
    stdin()
        .take(u64::try_from(limit).unwrap_or(u64::MAX))
        .read_to_end(&mut input)
        .map_err(ServerError::System)?;
    let line = input.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Secret::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

fn asked_twice() -> Result<Secret, ServerError> {
    let password = ask("Password: ")?;
    if *password != *ask("The same again: ")? {
        return Err(ServerError::Input("the two passwords are not the same".to_owned()));
    }
    Ok(Secret::new(password.as_bytes().to_vec()))
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, ServerError> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
        ServerError::Input(format!("no password: {error}; without a terminal use --password-stdin"))
    })
}
