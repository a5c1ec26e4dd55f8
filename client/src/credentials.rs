//! Where user name, password and PIN come from.

use token_management::{message::LoginParameter, subsystem::secret::Secret};

use crate::ClientError;

/// Answers the server's questions to the user.
pub trait Credentials {
    /// The user's name.
    ///
    /// # Errors
    /// [`ClientError::Credentials`] when there is none to be had.
    fn user(&mut self) -> Result<String, ClientError>;

    /// The user's password.
    ///
    /// # Errors
    /// As [`Credentials::user`].
    fn password(&mut self) -> Result<Secret, ClientError>;

    /// The new PIN. The conversation checks it with [`check_new_pin`].
    ///
    /// # Errors
    /// As [`Credentials::user`].
    fn new_pin(&mut self, minimum_length: u32, maximum_length: u32) -> Result<Secret, ClientError>;

    /// Anything else that the server asks for, e.g. what a device shows.
    ///
    /// # Errors
    /// As [`Credentials::user`].
    fn other(&mut self, parameter: &LoginParameter) -> Result<Secret, ClientError>;

    /// The server did not accept the last login and asks again.
    ///
    /// # Errors
    /// When asking again would give the same answer.
    fn rejected(&mut self) -> Result<(), ClientError>;
}

/// Credentials that are known from the start.
#[derive(Clone, Debug, Default)]
pub struct FixedCredentials {
    /// The user's name.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// The new PIN.
    pub new_pin: Option<Secret>,
}

fn missing(what: &str) -> ClientError {
    ClientError::Credentials(format!("the server asks for {what}, and none was given"))
}

impl Credentials for FixedCredentials {
    fn user(&mut self) -> Result<String, ClientError> {
        self.user.clone().ok_or_else(|| missing("a user name"))
    }

    fn password(&mut self) -> Result<Secret, ClientError> {
        self.password.clone().ok_or_else(|| missing("a password"))
    }

    fn new_pin(&mut self, _minimum: u32, _maximum: u32) -> Result<Secret, ClientError> {
        self.new_pin.clone().ok_or_else(|| missing("a new PIN"))
    }

    fn other(&mut self, parameter: &LoginParameter) -> Result<Secret, ClientError> {
        Err(missing(&format!("'{}'", parameter.name)))
    }

    fn rejected(&mut self) -> Result<(), ClientError> {
        Err(ClientError::Credentials("the server did not accept user name and password".to_owned()))
    }
}

/// Whether a PIN has the length the server wants and can be sent: it travels raw between `&` and `=`.
///
/// # Errors
/// [`ClientError::Credentials`] with what is wrong.
pub fn check_new_pin(pin: &Secret, minimum: u32, maximum: u32) -> Result<(), ClientError> {
    let wrong = |what: String| Err(ClientError::Credentials(what));
    let Ok(text) = core::str::from_utf8(pin.expose()) else {
        return wrong("the PIN is not text".to_owned());
    };
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if length < minimum || length > maximum {
        return wrong(format!("the PIN must have {minimum} to {maximum} characters"));
    }
    if text.chars().any(|c| matches!(c, '&' | '=') || c.is_control()) {
        return wrong("the PIN must not contain '&', '=' or control characters".to_owned());
    }
    Ok(())
}
