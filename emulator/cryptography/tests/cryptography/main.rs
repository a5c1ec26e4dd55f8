//! The chip's algorithms: against published vectors, and against themselves.

// The helpers between the tests are tests as well.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod aead;
mod agreement;
mod block;
mod chunks;
mod constants;
mod curves;
mod derivation;
mod digest;
mod ecdsa;
mod finite_field;
mod hostile;
mod mac;
mod recovery;
mod rsa;
mod rsa_vectors;
mod support;
mod xec;
