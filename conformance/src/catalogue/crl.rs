//! Lists of revoked certificates, one lint a clause [RFC 5280 §5].

mod entries;
mod extensions;
mod fields;

use super::rule::Rule;

/// The tables.
pub const RULES: &[&[Rule]] = &[fields::RULES, entries::RULES, extensions::RULES];
