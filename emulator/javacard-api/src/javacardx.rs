//! `javacardx.*`.

pub(crate) mod apdu;
pub(crate) mod biometry;
pub(crate) mod biometry1ton;
pub(crate) mod crypto;
pub(crate) mod external;
pub(crate) mod framework;
pub(crate) mod security;
