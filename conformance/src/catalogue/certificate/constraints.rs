//! Constraints on the names that an authority may certify [RFC 5280 §4.2.1.10].

use crate::{
    catalogue::rule::{Rule, must},
    document::{
        certificate::Certificate,
        extension::Extension,
        general_name::form,
        lint::{Lint, absent, at, flawless},
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-82",
        "RFC5280-4.2.1.10-authority-001",
        "RFC 5280 §4.2.1.10",
        "only an authority's certificate constrains names",
        Lint::Certificate(authority),
    ),
    must(
        "CE-83",
        "RFC5280-4.2.1.10-subtrees-002",
        "RFC 5280 §4.2.1.10",
        "something is permitted or excluded",
        Lint::Certificate(subtrees),
    ),
    must(
        "CE-84",
        "RFC5280-4.2.1.10-distance-003",
        "RFC 5280 §4.2.1.10",
        "no minimum or maximum is given",
        Lint::Certificate(distance),
    ),
    must(
        "CE-85",
        "RFC5280-4.2.1.10-address-004",
        "RFC 5280 §4.2.1.10",
        "a range of addresses is an address and a mask of the same length",
        Lint::Certificate(address),
    ),
];

fn of(certificate: &Certificate<'_>, judge: impl Fn(&Extension<'_>) -> Verdict) -> Verdict {
    certificate
        .extensions
        .get(oid::NAME_CONSTRAINTS)
        .map_or_else(|| absent("name constraints"), judge)
}

/// The subtrees that are permitted or excluded, by tag.
pub(super) fn of_kind<'a>(extension: &Extension<'a>, wanted: u8) -> Vec<Node<'a>> {
    extension
        .elements()
        .into_iter()
        .filter(|node| node.tag == wanted)
        .flat_map(|node| node.elements())
        .collect()
}

/// All subtrees.
fn all<'a>(extension: &Extension<'a>) -> Vec<Node<'a>> {
    [of_kind(extension, tag::context(0)), of_kind(extension, tag::context(1))].concat()
}

fn authority(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, |extension| {
        Verdict::require(certificate.extensions.is_authority(), || {
            at(&extension.node, "name constraints of an end entity")
        })
    })
}

fn subtrees(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, |extension| {
        let lists = extension.elements();
        let right = !lists.is_empty() && lists.iter().all(|list| !list.elements().is_empty());
        Verdict::require(right, || at(&extension.node, "no subtree"))
    })
}

fn distance(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, |extension| {
        let mut more =
            all(extension).into_iter().filter_map(|subtree| subtree.elements().into_iter().nth(1));
        flawless(more.next().map(|node| at(&node, "a minimum or maximum")))
    })
}

fn address(certificate: &Certificate<'_>) -> Verdict {
    of(certificate, |extension| {
        let bases =
            all(extension).into_iter().filter_map(|subtree| subtree.elements().into_iter().next());
        let mut ranges = bases.filter(|base| base.tag == form::IP_ADDRESS).peekable();
        if ranges.peek().is_none() {
            return absent("range of addresses");
        }
        flawless(
            ranges
                .find(|range| !is_range(range.content))
                .map(|range| at(&range, "no address with a mask")),
        )
    })
}

/// Whether it is an address followed by a mask whose ones are its first bits.
fn is_range(content: &[u8]) -> bool {
    let (_, mask) = content.split_at(content.len() / 2);
    let bits = mask.iter().map(|byte| byte.leading_ones()).take_while(|ones| *ones == 8).count();
    let rest = mask.get(bits..).unwrap_or_default();
    let partial =
        rest.first().is_none_or(|byte| byte.leading_ones() + byte.trailing_zeros().min(8) >= 8);
    matches!(content.len(), 8 | 32) && partial && rest.iter().skip(1).all(|byte| *byte == 0)
}
