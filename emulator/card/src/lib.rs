//! The card operating system: registry, issuer security domain, life cycle, selection, dispatch, write log, image.
//!
//! [`Card::transmit`] takes the bytes of one command and returns those of its response: whatever the bytes, there is a status word.
//! No thread, clock, socket or file is below it; randomness ([`random::Random`]) and the place where records are kept
//! ([`image::ImageStore`]) are passed in. Everything persistent is a record of [`nvm`].

pub mod applet;
pub mod authority;
mod card;
mod channel;
mod domain;
mod encoding;
pub mod host;
pub mod image;
pub mod info;
pub mod nvm;
pub mod profile;
pub mod random;
mod secure_channel;
mod state;
pub mod trace;
mod vm;

pub use applet::{Applet, ExecutableModule};
pub use card::{Card, CardError};
pub use domain::{DOMAIN_LOAD_FILE, DOMAIN_MODULE, LoadPolicy};
pub use host::Host;
pub use image::{ImageError, ImageStore, MemoryImage, RedbImage};
pub use javacard_api::AlgorithmFamily;
pub use nvm::Nvm;
pub use profile::{
    Algorithms, CardProfile, Cplc, InitialApplication, InitialKeySet, InitialLoadFile,
    JavaCardLevel, JavaCardProfile, Personality, ProfileError, PutKeyRule, Transmission,
};
pub use random::Random;
pub use secure_channel::SecureChannel;
pub use vm::Failure;
