//! The card operating system: registry, security domains, life cycle, selection, dispatch, write log, image.

pub mod applet;
