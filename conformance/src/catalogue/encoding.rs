//! How documents are encoded: the distinguished encoding rules [X.690 §10, §11].

use super::rule::{Rule, must};
use crate::{
    document::{
        Content, Document,
        extension::{Extension, Extensions},
        lint::{Lint, at, flawless},
        node::{Node, tag},
    },
    verdict::Verdict,
};

/// Most elements of a document that are looked at; beyond it a list is judged by its beginning.
const ELEMENTS_MAX: usize = 2_000_000;

/// The rules.
pub const RULES: &[Rule] = &[
    must(
        "EN-01",
        "X690-8.1-nesting-001",
        "X.690 §8.1",
        "every element ends where the one around it does",
        Lint::Any(nesting),
    ),
    must(
        "EN-02",
        "X690-8.1-trailing-002",
        "X.690 §8.1",
        "nothing follows the document",
        Lint::Any(trailing),
    ),
    must(
        "EN-03",
        "X690-10.1-length-001",
        "X.690 §10.1",
        "lengths are definite and as short as can be",
        Lint::Any(lengths),
    ),
    must(
        "EN-04",
        "X690-10.2-string-001",
        "X.690 §10.2",
        "strings are primitive",
        Lint::Any(strings),
    ),
    must(
        "EN-05",
        "X690-11.1-boolean-001",
        "X.690 §11.1",
        "TRUE is FF and FALSE is 00",
        Lint::Any(booleans),
    ),
    must(
        "EN-06",
        "X690-8.3.2-integer-001",
        "X.690 §8.3.2",
        "integers have no byte too many",
        Lint::Any(integers),
    ),
    must(
        "EN-07",
        "X690-11.2.1-bit-string-001",
        "X.690 §11.2.1",
        "unused bits of a BIT STRING are 0",
        Lint::Any(unused_bits),
    ),
    must(
        "EN-08",
        "X690-8.19-oid-001",
        "X.690 §8.19",
        "object identifiers are whole and have no byte too many",
        Lint::Any(identifiers),
    ),
    must(
        "EN-09",
        "X690-11.5-default-001",
        "X.690 §11.5",
        "a value that is the default is left out",
        Lint::Any(defaults),
    ),
    must(
        "EN-10",
        "X690-11.6-set-of-001",
        "X.690 §11.6",
        "the elements of a SET OF are in ascending order",
        Lint::Any(sets),
    ),
    must("EN-11", "X690-8.8-null-001", "X.690 §8.8", "NULL has no content", Lint::Any(nulls)),
];

/// The extensions of a document, those of entries and answers too.
fn extensions<'d, 'a>(document: &'d Document<'a>) -> Vec<&'d Extension<'a>> {
    let lists: Vec<&Extensions<'_>> = match &document.content {
        Content::Certificate(certificate) => vec![&certificate.extensions],
        Content::Crl(list) => [&list.extensions]
            .into_iter()
            .chain(list.entries.iter().map(|entry| &entry.extensions))
            .collect(),
        Content::Ocsp(response) => response
            .basic
            .iter()
            .flat_map(|basic| {
                [&basic.extensions]
                    .into_iter()
                    .chain(basic.responses.iter().map(|one| &one.extensions))
            })
            .collect(),
    };
    lists.into_iter().flat_map(|list| &list.list).collect()
}

/// The outermost elements: the document, and what is inside the OCTET STRINGs of its extensions and answers.
fn roots<'a>(document: &Document<'a>) -> Vec<Node<'a>> {
    let mut roots: Vec<Node<'a>> = document.root.iter().copied().collect();
    roots.extend(extensions(document).iter().filter_map(|extension| extension.inner().ok()));
    if let Content::Ocsp(response) = &document.content {
        let bytes = response.bytes.and_then(|bytes| bytes.wrapped(0).ok());
        let string = bytes.and_then(|bytes| bytes.elements().into_iter().nth(1));
        roots.extend(string.and_then(|string| string.wrapped(0).ok()));
    }
    roots
}

/// The first flaw that `judge` finds in an element; the stack is a list, so that nesting costs no stack of ours.
fn first_flaw(document: &Document<'_>, judge: impl Fn(&Node<'_>) -> Option<String>) -> Verdict {
    let mut stack = roots(document);
    stack.reverse();
    for _ in 0..ELEMENTS_MAX {
        let Some(node) = stack.pop() else { break };
        if let Some(flaw) = judge(&node) {
            return flawless(Some(flaw));
        }
        if node.tag & tag::CONSTRUCTED != 0 {
            stack.extend(node.elements().into_iter().rev());
        }
    }
    Verdict::pass()
}

fn nesting(document: &Document<'_>) -> Verdict {
    if let Err(malformed) = document.root {
        return flawless(Some(malformed.to_string()));
    }
    let constructed = |node: &Node<'_>| node.tag & tag::CONSTRUCTED != 0;
    first_flaw(document, |node| {
        constructed(node).then(|| node.children().err().map(|malformed| malformed.to_string()))?
    })
}

fn trailing(document: &Document<'_>) -> Verdict {
    let length = document.root.map_or(0, |root| root.encoded.len());
    let count = document.bytes.len().saturating_sub(length);
    flawless(
        (document.root.is_ok() && count > 0)
            .then(|| format!("{count} bytes after offset {length}")),
    )
}

fn lengths(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        (!node.minimal_length).then(|| at(node, "a length longer than need be"))
    })
}

fn strings(document: &Document<'_>) -> Verdict {
    const STRINGS: &[u8] = &[
        tag::BIT_STRING,
        tag::OCTET_STRING,
        tag::UTF8_STRING,
        tag::NUMERIC_STRING,
        tag::PRINTABLE_STRING,
        tag::TELETEX_STRING,
        tag::IA5_STRING,
        tag::UTC_TIME,
        tag::GENERALIZED_TIME,
        tag::VISIBLE_STRING,
        tag::UNIVERSAL_STRING,
        tag::BMP_STRING,
    ];
    let constructed = |node: &Node<'_>| node.tag & 0xC0 == 0 && node.tag & tag::CONSTRUCTED != 0;
    first_flaw(document, |node| {
        (constructed(node) && STRINGS.contains(&(node.tag & !tag::CONSTRUCTED)))
            .then(|| at(node, "a string in pieces"))
    })
}

fn booleans(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        (node.tag == tag::BOOLEAN && !matches!(node.content, [0x00 | 0xFF]))
            .then(|| at(node, &format!("BOOLEAN {}", hex::encode_upper(node.content))))
    })
}

fn integers(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        let number = matches!(node.tag, tag::INTEGER | tag::ENUMERATED);
        let padded = matches!(node.content, [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..]);
        (number && (padded || node.content.is_empty()))
            .then(|| at(node, "an integer with a byte too many, or with none"))
    })
}

fn unused_bits(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        let bad = match node.content {
            [] => true,
            [unused, ..] if *unused > 7 => true,
            [unused] => *unused != 0,
            [unused, .., last] => last.trailing_zeros() < u32::from(*unused),
        };
        (node.tag == tag::BIT_STRING && bad)
            .then(|| at(node, "unused bits that are set, or that cannot be"))
    })
}

fn identifiers(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        (node.tag == tag::OBJECT_IDENTIFIER && !is_identifier(node.content))
            .then(|| at(node, "a broken object identifier"))
    })
}

/// Whether every arc ends, and none begins with a byte that says nothing [X.690 §8.19.2].
fn is_identifier(content: &[u8]) -> bool {
    let begins = |at: usize| {
        at.checked_sub(1).and_then(|before| content.get(before)).is_none_or(|byte| byte & 0x80 == 0)
    };
    content.last().is_some_and(|last| last & 0x80 == 0)
        && content.iter().enumerate().all(|(at, byte)| *byte != 0x80 || !begins(at))
}

fn defaults(document: &Document<'_>) -> Verdict {
    let critical = extensions(document)
        .into_iter()
        .filter_map(|extension| extension.critical)
        .find(|flag| flag.content == [0])
        .map(|flag| at(&flag, "critical FALSE is written out"));
    let version = match &document.content {
        Content::Certificate(certificate) => certificate.version,
        Content::Ocsp(response) => response.basic.as_ref().and_then(|basic| basic.version),
        Content::Crl(_) => None,
    };
    let version = version
        .filter(|node| node.content == [0])
        .map(|node| at(&node, "version 1 is written out"));
    let authority = match &document.content {
        Content::Certificate(certificate) => certificate
            .extensions
            .get(crate::document::oid::BASIC_CONSTRAINTS)
            .and_then(|extension| extension.elements().into_iter().next())
            .filter(|node| node.tag == tag::BOOLEAN && node.content == [0])
            .map(|node| at(&node, "cA FALSE is written out")),
        _ => None,
    };
    flawless(critical.or(version).or(authority))
}

fn sets(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        let elements = if node.tag == tag::SET { node.elements() } else { Vec::new() };
        let pairs = elements.iter().zip(elements.iter().skip(1));
        pairs
            .into_iter()
            .find(|(one, next)| one.encoded > next.encoded)
            .map(|(_, next)| at(next, "an element of a SET OF out of order"))
    })
}

fn nulls(document: &Document<'_>) -> Verdict {
    first_flaw(document, |node| {
        (node.tag == tag::NULL && !node.content.is_empty())
            .then(|| at(node, "a NULL that holds something"))
    })
}
