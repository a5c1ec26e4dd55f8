//! Subjects from patterns.

use core::{fmt::Write as _, str::FromStr as _};

use token_management::subsystem::tks::Cuid;
use x509_cert::name::Name;

use crate::error::CaError;

/// Longest user name in a subject, in characters: the upper bound of a UID [RFC 4519 §2.39].
pub(crate) const USER_LENGTH_MAX: usize = 256;

/// The name that a pattern gives for this user and token.
pub(crate) fn from_pattern(pattern: &str, user: &str, cuid: &Cuid) -> Result<Name, CaError> {
    let refused = || CaError::SubjectRefused(pattern.to_owned());
    if user.is_empty()
        || user.chars().count() > USER_LENGTH_MAX
        || user.chars().any(char::is_control)
    {
        return Err(refused());
    }
    let cuid: String = cuid.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    let text = pattern.replace("$cuid", &cuid).replace("$user", &escape(user));
    parse(&text)
}

/// A name from its text [RFC 4514].
pub(crate) fn parse(text: &str) -> Result<Name, CaError> {
    let name = Name::from_str(text).map_err(|_| CaError::SubjectRefused(text.to_owned()))?;
    if name.is_empty() { Err(CaError::SubjectRefused(text.to_owned())) } else { Ok(name) }
}

/// A user name as an attribute value: every character that has a meaning in a name is escaped as hexadecimal, so that no user name can
/// add an attribute [RFC 4514 §2.4].
fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    value.chars().enumerate().fold(
        String::with_capacity(value.len()),
        |mut escaped, (i, character)| {
            let edge = i == 0 || i == last;
            match character {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' | '#' => {
                    push_hex(&mut escaped, character);
                }
                ' ' if edge => push_hex(&mut escaped, character),
                other => escaped.push(other),
            }
            escaped
        },
    )
}

fn push_hex(escaped: &mut String, character: char) {
    let mut bytes = [0; 4];
    for byte in character.encode_utf8(&mut bytes).bytes() {
        // Writing to a String cannot fail.
        let _ = write!(escaped, "\\{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::from_pattern;

    const PATTERN: &str = "UID=$user,O=Token Key User";

    #[test]
    fn a_user_name_stays_one_value() {
        for user in ["alice", "a,O=Evil", "a+CN=b", "#00", " x ", "A\"B\\C", "jürgen", "a=b"] {
            let name = from_pattern(PATTERN, user, &[0; 10]).unwrap();
            assert_eq!(name.len(), 2, "{user}: {name}");
        }
    }

    #[test]
    fn what_is_no_user_name_is_refused() {
        for user in ["", "a\nb", &"x".repeat(257)] {
            assert!(from_pattern(PATTERN, user, &[0; 10]).is_err());
        }
    }
}
