//! `javacard.security`, `javacardx.crypto` and `javacardx.security`.

mod agreement;
mod caller;
mod ciphers;
mod digests;
mod keys;
mod pairs;
mod signatures;
