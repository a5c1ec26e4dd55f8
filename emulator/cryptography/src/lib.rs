//! The algorithms of a chip, over bytes.
