//! The TCP edge.
