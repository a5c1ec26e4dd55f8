//! Alternative names, distribution points and access descriptions [RFC 5280 §4.2.1.6, §4.2.1.7, §4.2.1.13, §4.2.2].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        extension::Extension,
        general_name::{self, form},
        lint::{Lint, absent, at, flawless},
        name::Name,
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-72",
        "RFC5280-4.2.1.6-names-001",
        "RFC 5280 §4.2.1.6",
        "there is one alternative name at least, each of a known form and not empty",
        Lint::Certificate(forms),
    ),
    must(
        "CE-73",
        "RFC5280-4.2.1.6-dns-002",
        "RFC 5280 §4.2.1.6",
        "DNS names are in the preferred syntax",
        Lint::Certificate(dns),
    ),
    must(
        "CE-74",
        "RFC5280-4.2.1.6-mailbox-003",
        "RFC 5280 §4.2.1.6",
        "mail addresses are plain mailboxes",
        Lint::Certificate(mailbox),
    ),
    must(
        "CE-75",
        "RFC5280-4.2.1.6-uri-004",
        "RFC 5280 §4.2.1.6",
        "URIs are absolute, in ASCII, and name a host where they name an authority",
        Lint::Certificate(uri),
    ),
    must(
        "CE-76",
        "RFC5280-4.2.1.6-address-005",
        "RFC 5280 §4.2.1.6",
        "IP addresses have 4 or 16 bytes",
        Lint::Certificate(address),
    ),
    should(
        "CE-77",
        "RFC5280-4.2.1.6-critical-006",
        "RFC 5280 §4.2.1.6",
        "alternative names beside a subject are not critical",
        Lint::Certificate(critical),
    ),
    must(
        "CE-78",
        "RFC5280-4.2.1.13-point-001",
        "RFC 5280 §4.2.1.13",
        "a distribution point says where or who, not only for which reasons",
        Lint::Certificate(points),
    ),
    should(
        "CE-79",
        "RFC5280-4.2.1.13-uri-002",
        "RFC 5280 §4.2.1.13",
        "a distribution point has an HTTP or LDAP URI",
        Lint::Certificate(point_uri),
    ),
    must(
        "CE-80",
        "RFC5280-4.2.2.1-access-001",
        "RFC 5280 §4.2.2.1",
        "access to information lists a method and a place, one at least",
        Lint::Certificate(access),
    ),
    should(
        "CE-81",
        "RFC5280-4.2.2.1-issuers-002",
        "RFC 5280 §4.2.2.1",
        "the place of the issuer's certificate is an HTTP or LDAP URI",
        Lint::Certificate(access_uri),
    ),
];

/// The names of both extensions for alternative names.
fn names<'a>(certificate: &Certificate<'a>) -> Option<Vec<Node<'a>>> {
    let extensions =
        [oid::SUBJECT_ALT_NAME, oid::ISSUER_ALT_NAME].map(|oid| certificate.extensions.get(oid));
    let there: Vec<_> = extensions.into_iter().flatten().collect();
    (!there.is_empty()).then(|| there.into_iter().flat_map(Extension::elements).collect())
}

/// The first flaw of a name of this form.
fn of_form(
    certificate: &Certificate<'_>,
    wanted: u8,
    what: &str,
    judge: impl Fn(&Node<'_>) -> bool,
) -> Verdict {
    let names = names(certificate).unwrap_or_default();
    let mut concerned = names.iter().filter(|name| name.tag == wanted).peekable();
    if concerned.peek().is_none() {
        return absent(what);
    }
    flawless(
        concerned
            .find(|name| !judge(name))
            .map(|name| at(name, &format!("'{}' is no {what}", name.content.escape_ascii()))),
    )
}

fn forms(certificate: &Certificate<'_>) -> Verdict {
    let Some(names) = names(certificate) else { return absent("alternative names") };
    let right = |name: &Node<'_>| form::ALL.contains(&name.tag) && !name.content.is_empty();
    let empty = names.is_empty().then(|| "no alternative name in the list".to_owned());
    flawless(empty.or_else(|| {
        names
            .iter()
            .find(|name| !right(name))
            .map(|name| at(name, "an empty name, or one of no form"))
    }))
}

fn dns(certificate: &Certificate<'_>) -> Verdict {
    of_form(certificate, form::DNS_NAME, "DNS name", |name| {
        general_name::ia5(name).is_some_and(general_name::is_host)
    })
}

fn mailbox(certificate: &Certificate<'_>) -> Verdict {
    of_form(certificate, form::RFC822_NAME, "mail address", |name| {
        general_name::ia5(name).is_some_and(general_name::is_mailbox)
    })
}

fn uri(certificate: &Certificate<'_>) -> Verdict {
    of_form(certificate, form::URI, "URI", |name| {
        let parts = general_name::ia5(name).and_then(general_name::uri);
        parts.is_some_and(|(_, rest)| {
            !rest.starts_with("//")
                || general_name::host_of(rest).is_some_and(|host| !host.is_empty())
        })
    })
}

fn address(certificate: &Certificate<'_>) -> Verdict {
    of_form(certificate, form::IP_ADDRESS, "IP address", |name| {
        matches!(name.content.len(), 4 | 16)
    })
}

fn critical(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::SUBJECT_ALT_NAME) else {
        return absent("alternative names");
    };
    if certificate.subject.as_ref().is_none_or(Name::is_empty) {
        return absent("subject");
    }
    Verdict::require(!extension.is_critical(), || {
        at(&extension.node, "critical alternative names beside a subject")
    })
}

/// Distribution points of CRLs and of delta CRLs.
fn distribution_points<'a>(certificate: &Certificate<'a>) -> Option<Vec<Node<'a>>> {
    let extensions = [oid::CRL_DISTRIBUTION_POINTS, oid::FRESHEST_CRL]
        .map(|oid| certificate.extensions.get(oid));
    let there: Vec<_> = extensions.into_iter().flatten().collect();
    (!there.is_empty()).then(|| there.into_iter().flat_map(Extension::elements).collect())
}

fn points(certificate: &Certificate<'_>) -> Verdict {
    let Some(points) = distribution_points(certificate) else {
        return absent("distribution points");
    };
    let right =
        |point: &Node<'_>| point.elements().iter().any(|node| matches!(node.tag, 0xA0 | 0xA2));
    let empty = points.is_empty().then(|| "no distribution point in the list".to_owned());
    flawless(empty.or_else(|| {
        points
            .iter()
            .find(|point| !right(point))
            .map(|point| at(point, "a distribution point without place and issuer"))
    }))
}

/// The URIs of a distribution point: inside distributionPoint and fullName.
pub(in crate::catalogue) fn point_names<'a>(point: &Node<'a>) -> Vec<Node<'a>> {
    let place = point.elements().into_iter().find(|node| node.tag == tag::context(0));
    let full = place
        .map(|place| place.elements())
        .unwrap_or_default()
        .into_iter()
        .find(|node| node.tag == tag::context(0));
    full.map(|full| full.elements()).unwrap_or_default()
}

/// Whether it is a URI by which lists and certificates are fetched.
fn is_fetchable(name: &Node<'_>) -> bool {
    let scheme = general_name::ia5(name)
        .and_then(general_name::uri)
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    name.tag == form::URI && scheme.is_some_and(|scheme| matches!(&*scheme, "http" | "ldap"))
}

fn point_uri(certificate: &Certificate<'_>) -> Verdict {
    let Some(points) = distribution_points(certificate) else {
        return absent("distribution points");
    };
    let fetchable = points.iter().flat_map(point_names).any(|name| is_fetchable(&name));
    Verdict::require(fetchable, || "no distribution point has an HTTP or LDAP URI".to_owned())
}

fn descriptions<'a>(
    certificate: &Certificate<'a>,
) -> Option<Vec<(Option<ObjectIdentifier>, Node<'a>, Node<'a>)>> {
    let extensions = [oid::AUTHORITY_INFO_ACCESS, oid::SUBJECT_INFO_ACCESS]
        .map(|oid| certificate.extensions.get(oid));
    let there: Vec<_> = extensions.into_iter().flatten().collect();
    let description = |node: Node<'a>| {
        let elements = node.elements();
        (elements.first().and_then(Node::oid), elements.get(1).copied().unwrap_or(node), node)
    };
    (!there.is_empty())
        .then(|| there.into_iter().flat_map(Extension::elements).map(description).collect())
}

fn access(certificate: &Certificate<'_>) -> Verdict {
    let Some(descriptions) = descriptions(certificate) else {
        return absent("access to information");
    };
    let empty = descriptions.is_empty().then(|| "no access description in the list".to_owned());
    let wrong = descriptions
        .iter()
        .find(|(method, place, _)| method.is_none() || !form::ALL.contains(&place.tag));
    flawless(empty.or_else(|| wrong.map(|(.., node)| at(node, "no method with a place"))))
}

fn access_uri(certificate: &Certificate<'_>) -> Verdict {
    let Some(descriptions) = descriptions(certificate) else {
        return absent("access to information");
    };
    let concerned: Vec<_> = descriptions
        .iter()
        .filter(|(method, ..)| matches!(method, Some(oid::ACCESS_CA_ISSUERS | oid::ACCESS_OCSP)))
        .collect();
    for method in [oid::ACCESS_CA_ISSUERS, oid::ACCESS_OCSP] {
        let mut places = concerned.iter().filter(|(its, ..)| *its == Some(method)).peekable();
        if places.peek().is_some() && !places.any(|(_, place, _)| is_fetchable(place)) {
            return flawless(Some(format!("no HTTP or LDAP URI for {}", oid::describe(&method))));
        }
    }
    if concerned.is_empty() { absent("place of the issuer's certificate") } else { Verdict::pass() }
}
