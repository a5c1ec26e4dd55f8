//! `visa.*`.

pub(crate) mod openplatform;
