//! OCSP responses, one lint a clause [RFC 6960; RFC 9654].

mod answers;
mod responder;
mod structure;

use super::rule::Rule;

/// The tables.
pub const RULES: &[&[Rule]] = &[structure::RULES, answers::RULES, responder::RULES];
