//! MACs: of block ciphers, and HMAC.

mod block;
mod hmac;

pub(crate) use self::{block::BlockMac, hmac::Hmac};
