//! Who is there: login requests and their answers.

use token_management::{
    message::{ClientMessage, LoginParameter, ServerMessage, Status},
    subsystem::secret::Secret,
};

use crate::{context::out_of_order, outcome::Fault};

/// Longest user name, in bytes.
pub const USER_LENGTH_MAX: usize = 64;
/// Longest password, in bytes.
pub const PASSWORD_LENGTH_MAX: usize = 256;

/// Identifier of the parameter with the user's name.
const USER_ID: &str = "UID";
/// Identifier of the parameter with the password.
const PASSWORD: &str = "PASSWORD";

/// EXTENDED_LOGIN_REQUEST for user name and password.
pub(crate) fn extended_request() -> ServerMessage {
    let parameter = |id: &str, name: &str, kind: &str| LoginParameter {
        id: id.to_owned(),
        name: name.to_owned(),
        description: name.to_owned(),
        kind: kind.to_owned(),
        option: String::new(),
    };
    ServerMessage::ExtendedLoginRequest {
        invalid_password: false,
        blocked: false,
        title: "Login".to_owned(),
        description: "User name and password of your token's account".to_owned(),
        parameters: vec![
            parameter(USER_ID, "User name", "string"),
            parameter(PASSWORD, "Password", "password"),
        ],
    }
}

/// User name and password out of the answer; tpsclient names the fields as in the plain answer.
pub(crate) fn extended(answer: ClientMessage) -> Result<(String, Secret), Fault> {
    let parameters = match answer {
        ClientMessage::ExtendedLoginResponse { parameters } => parameters,
        other => return Err(out_of_order(&other)),
    };
    let find = |names: [&str; 2]| {
        parameters
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value)
            .ok_or_else(|| Fault::new(Status::Login, "the login lacks a parameter"))
    };
    let user = core::str::from_utf8(find([USER_ID, "screen_name"])?.expose())
        .map_err(|_| Fault::new(Status::Login, "the user name is not text"))?
        .to_owned();
    Ok((user, find([PASSWORD, "password"])?.clone()))
}

/// Whether a user name may be looked up at all: it goes into logs, names and certificates.
#[must_use]
pub fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= USER_LENGTH_MAX
        && name.chars().all(|c| c.is_alphanumeric() || "._-@ ".contains(c))
        && name.trim() == name
}
