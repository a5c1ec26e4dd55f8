//! The PC/SC edge.
