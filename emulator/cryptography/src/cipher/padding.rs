//! Paddings of block ciphers.
