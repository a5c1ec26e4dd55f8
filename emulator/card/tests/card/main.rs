//! Behaviour of the card through its public interface: bytes in, bytes out.

// The helpers between the tests are tests as well.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod applet;
mod authorities;
mod authority;
mod content;
mod dap;
mod delegated;
mod domains;
mod get_data;
mod guard;
mod hostile;
mod image;
mod java_card;
mod key_kinds;
mod keys;
mod life_cycle;
mod limits;
mod memo;
mod model;
mod profiles;
mod quotas;
mod scripts;
mod secure_channel;
mod select;
mod status;
mod store_data;
mod support;
mod tear;
mod transmission;
