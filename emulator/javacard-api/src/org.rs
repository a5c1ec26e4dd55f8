//! `org.*`.

pub(crate) mod globalplatform;
