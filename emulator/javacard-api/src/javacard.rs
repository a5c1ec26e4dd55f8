//! `javacard.*`.

pub(crate) mod framework;
pub(crate) mod security;
