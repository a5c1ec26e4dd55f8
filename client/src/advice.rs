//! What to do next when something did not work.

use reader::ReaderError;
use token_management::message::Status;

use crate::ClientError;

/// The next step for the user, in words; `None` when there is nothing useful to say.
#[must_use]
pub const fn next_step(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::Refused { status, .. } => for_status(*status),
        ClientError::Connection(_) => {
            Some("check --server and --ca, and that the server is running")
        }
        ClientError::RefusedHttp(_) => Some("the address usually ends in /tps/tps"),
        ClientError::ServerSilent(_) | ClientError::ServerVanished | ClientError::TooLong(_) => {
            Some("run the same command again: the server repairs a token that was left half done")
        }
        ClientError::Reader(error) => for_reader(error),
        _ => None,
    }
}

const fn for_reader(error: &ReaderError) -> Option<&'static str> {
    match error {
        ReaderError::NoCard(_) => Some("insert a card"),
        ReaderError::NoReader(_) => Some("'cardinal-client list' shows the readers"),
        ReaderError::ReaderInUse(_) => Some("close the other program and try again"),
        ReaderError::CardRemoved | ReaderError::CardReset | ReaderError::Timeout(_) => {
            Some("leave the card in the reader and run the same command again")
        }
        _ => None,
    }
}

const fn for_status(status: Status) -> Option<&'static str> {
    match status {
        Status::Login => Some("try again with the right user name and password"),
        Status::UnknownToken => Some("an administrator must add the token first"),
        Status::DisabledToken => Some(
            "an agent must look at the token's state; a token that is enrolled may need to be formatted first",
        ),
        Status::NotPinResettable => Some("an agent must set PIN_RESET=YES in the token's policy"),
        Status::HasAtLeastOneActiveToken => {
            Some("the former token must be formatted, or marked lost or damaged by an agent")
        }
        Status::NotTokenOwner => Some("log in as the user to whom the token belongs"),
        Status::SecureChannel | Status::ExternalAuth | Status::SecInitUpdate => Some(
            "the card may be blocked after several tries: do not repeat; the server's administrator must check the key set",
        ),
        Status::MappingResolverFailed | Status::MappingResolverParamsNotFound => {
            Some("check --token-type against the server's profiles")
        }
        Status::Connection
        | Status::CaResponse
        | Status::Db
        | Status::LdapConnection
        | Status::UpdateTokenDbFailed
        | Status::Misconfiguration => Some("the server's log says more; try again later"),
        Status::TokenTerminated | Status::NoOperationOnLostToken => {
            Some("this token cannot be used any more; take another")
        }
        Status::UpgradeApplet | Status::CannotEstablishCommunication => {
            Some("the card may not be of a kind that the server supports")
        }
        _ => None,
    }
}
