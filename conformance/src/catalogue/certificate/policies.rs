//! Policies [RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        general_name,
        lint::{Lint, absent, at, flawless},
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// Longest explicit text of a notice, in characters.
const EXPLICIT_TEXT_MAX: usize = 200;

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-63",
        "RFC5280-4.2.1.4-policies-001",
        "RFC 5280 §4.2.1.4",
        "policies are listed, one at least",
        Lint::Certificate(not_empty),
    ),
    must(
        "CE-64",
        "RFC5280-4.2.1.4-policies-002",
        "RFC 5280 §4.2.1.4",
        "no policy is listed twice",
        Lint::Certificate(duplicate),
    ),
    must(
        "CE-65",
        "RFC5280-4.2.1.4-qualifiers-003",
        "RFC 5280 §4.2.1.4",
        "any policy is qualified by a statement or a notice only",
        Lint::Certificate(any_policy),
    ),
    must(
        "CE-66",
        "RFC5280-4.2.1.4-statement-004",
        "RFC 5280 §4.2.1.4",
        "a practice statement is an IA5String with a URI",
        Lint::Certificate(statement),
    ),
    must(
        "CE-67",
        "RFC5280-4.2.1.4-notice-005",
        "RFC 5280 §4.2.1.4",
        "explicit text is no IA5String, and of 200 characters at most",
        Lint::Certificate(explicit_text),
    ),
    should(
        "CE-68",
        "RFC5280-4.2.1.4-notice-006",
        "RFC 5280 §4.2.1.4",
        "explicit text is UTF8String, and no notice is referred to",
        Lint::Certificate(notice),
    ),
    must(
        "CE-69",
        "RFC5280-4.2.1.5-mappings-001",
        "RFC 5280 §4.2.1.5",
        "policies are mapped by authorities, and never any policy",
        Lint::Certificate(mappings),
    ),
    must(
        "CE-70",
        "RFC5280-4.2.1.11-constraints-001",
        "RFC 5280 §4.2.1.11",
        "policy constraints constrain something",
        Lint::Certificate(constraints),
    ),
    should(
        "CE-95",
        "RFC5280-4.2.1.11-authority-002",
        "RFC 5280 §4.2.1.11",
        "only an authority's certificate constrains policies",
        Lint::Certificate(constraints_of_authority),
    ),
    must(
        "CE-71",
        "RFC5280-4.2.1.14-inhibit-001",
        "RFC 5280 §4.2.1.14",
        "a number of certificates is not negative",
        Lint::Certificate(inhibit),
    ),
];

/// The policies: identifier and qualifiers.
fn policies<'a>(
    certificate: &Certificate<'a>,
) -> Option<Vec<(Option<ObjectIdentifier>, Vec<Node<'a>>)>> {
    let extension = certificate.extensions.get(oid::CERTIFICATE_POLICIES)?;
    let policy = |node: Node<'a>| {
        let elements = node.elements();
        let qualifiers = elements.get(1).map(Node::elements).unwrap_or_default();
        (elements.first().and_then(Node::oid), qualifiers)
    };
    Some(extension.elements().into_iter().map(policy).collect())
}

/// The first flaw of a qualifier: its identifier and value.
fn qualifiers(
    certificate: &Certificate<'_>,
    wanted: ObjectIdentifier,
    what: &str,
    judge: impl Fn(&Node<'_>) -> Option<String>,
) -> Verdict {
    let Some(policies) = policies(certificate) else { return absent("policies") };
    let mut values = policies
        .iter()
        .flat_map(|(_, qualifiers)| qualifiers)
        .filter_map(|qualifier| {
            let elements = qualifier.elements();
            (elements.first()?.oid()? == wanted).then(|| elements.get(1).copied())?
        })
        .peekable();
    if values.peek().is_none() {
        return absent(what);
    }
    flawless(values.find_map(|value| judge(&value)))
}

fn not_empty(certificate: &Certificate<'_>) -> Verdict {
    let Some(policies) = policies(certificate) else { return absent("policies") };
    let right = !policies.is_empty() && policies.iter().all(|(policy, _)| policy.is_some());
    Verdict::require(right, || "no policy, or one without identifier".to_owned())
}

fn duplicate(certificate: &Certificate<'_>) -> Verdict {
    let Some(policies) = policies(certificate) else { return absent("policies") };
    let twice = policies.iter().enumerate().find(|(at, (policy, _))| {
        policy.is_some() && policies.iter().take(*at).any(|(other, _)| other == policy)
    });
    flawless(
        twice.and_then(|(_, (policy, _))| *policy).map(|policy| format!("policy {policy} twice")),
    )
}

fn any_policy(certificate: &Certificate<'_>) -> Verdict {
    let Some(policies) = policies(certificate) else { return absent("policies") };
    let Some((_, qualifiers)) =
        policies.iter().find(|(policy, _)| *policy == Some(oid::ANY_POLICY))
    else {
        return absent("any policy");
    };
    let known = |node: &Node<'_>| {
        let kind = node.elements().first().and_then(Node::oid);
        matches!(kind, Some(oid::QUALIFIER_CPS | oid::QUALIFIER_USER_NOTICE))
    };
    flawless(
        qualifiers
            .iter()
            .find(|node| !known(node))
            .map(|node| at(node, "another qualifier of any policy")),
    )
}

fn statement(certificate: &Certificate<'_>) -> Verdict {
    qualifiers(certificate, oid::QUALIFIER_CPS, "practice statement", |value| {
        let uri = general_name::ia5(value).and_then(general_name::uri);
        (value.tag != tag::IA5_STRING || uri.is_none()).then(|| at(value, "no URI"))
    })
}

/// The explicit text of a notice.
fn text<'a>(notice: &Node<'a>) -> Option<Node<'a>> {
    notice.elements().into_iter().find(|node| node.tag != tag::SEQUENCE)
}

fn explicit_text(certificate: &Certificate<'_>) -> Verdict {
    qualifiers(certificate, oid::QUALIFIER_USER_NOTICE, "notice", |notice| {
        let text = text(notice)?;
        let length = match text.tag {
            tag::UTF8_STRING => String::from_utf8_lossy(text.content).chars().count(),
            tag::BMP_STRING => text.content.len() / 2,
            tag::VISIBLE_STRING => text.content.len(),
            other => return Some(at(&text, &format!("text of type {other:02X}"))),
        };
        (length > EXPLICIT_TEXT_MAX || length == 0)
            .then(|| at(&text, &format!("text of {length} characters")))
    })
}

fn notice(certificate: &Certificate<'_>) -> Verdict {
    qualifiers(certificate, oid::QUALIFIER_USER_NOTICE, "notice", |notice| {
        let reference = notice.elements().into_iter().find(|node| node.tag == tag::SEQUENCE);
        let other = text(notice).filter(|text| text.tag != tag::UTF8_STRING);
        let reference = reference.map(|node| at(&node, "a reference to a notice"));
        reference.or_else(|| other.map(|text| at(&text, "text that is no UTF8String")))
    })
}

fn mappings(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::POLICY_MAPPINGS) else {
        return absent("policy mappings");
    };
    let any = extension
        .elements()
        .iter()
        .any(|pair| pair.elements().iter().any(|policy| policy.oid() == Some(oid::ANY_POLICY)));
    let right = certificate.extensions.is_authority() && !any && !extension.elements().is_empty();
    Verdict::require(right, || {
        at(&extension.node, "mappings of nothing, of any policy, or by an end entity")
    })
}

fn constraints(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::POLICY_CONSTRAINTS) else {
        return absent("policy constraints");
    };
    let elements = extension.elements();
    let counted = |node: &Node<'_>| {
        matches!(node.tag, 0x80 | 0x81) && node.content.first().is_some_and(|byte| byte & 0x80 == 0)
    };
    Verdict::require(!elements.is_empty() && elements.iter().all(counted), || {
        at(&extension.node, "policy constraints without a number of certificates")
    })
}

fn inhibit(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::INHIBIT_ANY_POLICY) else {
        return absent("inhibitAnyPolicy");
    };
    let number = extension
        .inner()
        .ok()
        .filter(|node| node.tag == tag::INTEGER)
        .and_then(|node| node.small_number());
    Verdict::require(number.is_some(), || at(&extension.node, "a negative number, or none"))
}

fn constraints_of_authority(certificate: &Certificate<'_>) -> Verdict {
    let mut there = [oid::POLICY_CONSTRAINTS, oid::INHIBIT_ANY_POLICY]
        .into_iter()
        .filter_map(|oid| certificate.extensions.get(oid))
        .peekable();
    if there.peek().is_none() {
        return absent("constraints of policies");
    }
    let entity = !certificate.extensions.is_authority();
    flawless(
        there
            .next()
            .filter(|_| entity)
            .map(|extension| at(&extension.node, "policies constrained by an end entity")),
    )
}
