//! A certificate and its issuer's [RFC 5280 §6.1.3, §6.1.4].

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        extension::{Extension, usage},
        general_name::{self, form},
        lint::{Lint, absent, at, flawless, unreadable},
        name::Name,
        node::{Node, tag},
        oid,
        signature::{Check, verify},
    },
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-86",
        "RFC5280-6.1.3-signature-002",
        "RFC 5280 §6.1.3",
        "the issuer's key made the signature",
        Lint::Issued(signature),
    ),
    must(
        "CE-87",
        "RFC5280-6.1.3-issuer-003",
        "RFC 5280 §6.1.3",
        "the issuer is named as its certificate names its subject",
        Lint::Issued(issuer),
    ),
    must(
        "CE-88",
        "RFC5280-6.1.4-authority-001",
        "RFC 5280 §6.1.4",
        "the issuer is an authority",
        Lint::Issued(authority),
    ),
    must(
        "CE-89",
        "RFC5280-6.1.4-key-usage-002",
        "RFC 5280 §6.1.4",
        "the issuer's key may sign certificates",
        Lint::Issued(key_usage),
    ),
    must(
        "CE-90",
        "RFC5280-6.1.4-path-length-003",
        "RFC 5280 §6.1.4",
        "the issuer's path length lets an authority follow",
        Lint::Issued(path_length),
    ),
    must(
        "CE-91",
        "RFC5280-6.1.3-names-004",
        "RFC 5280 §6.1.3",
        "the names are within the issuer's constraints",
        Lint::Issued(names),
    ),
    must(
        "CE-92",
        "RFC5280-4.2.1.1-authority-key-004",
        "RFC 5280 §4.2.1.1",
        "the identifier of the issuer's key is the one in its certificate",
        Lint::Issued(key_identifier),
    ),
    should(
        "CE-93",
        "RFC5280-6.1.3-validity-005",
        "RFC 5280 §6.1.3",
        "the certificate is valid within its issuer's validity",
        Lint::Issued(validity),
    ),
];

pub(super) fn signature_check(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Check {
    verify(
        issuer.key.as_ref(),
        certificate.algorithm.as_ref(),
        certificate.to_be_signed,
        certificate.signature,
    )
}

/// A verdict on a signature.
pub(in crate::catalogue) fn judge(check: Check) -> Verdict {
    match check {
        Check::Valid => Verdict::pass(),
        Check::Invalid => Grade::Fail.because("the signature is not the key's"),
        Check::Missing => unreadable("key or signature"),
        Check::Unsupported(what) => Grade::Inconclusive.because(format!("cannot verify {what}")),
    }
}

fn signature(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    judge(signature_check(certificate, issuer))
}

pub(super) fn issuer(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let (Some(named), Some(subject)) = (&certificate.issuer, &issuer.subject) else {
        return unreadable("a name");
    };
    Verdict::require(named.matches(subject), || at(&named.node, "another issuer"))
}

fn authority(_: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    Verdict::require(issuer.extensions.is_authority(), || {
        "the issuer's basic constraints do not say cA".to_owned()
    })
}

fn key_usage(_: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let Some(bits) = issuer.extensions.key_usage() else {
        return absent("key usage of the issuer");
    };
    Verdict::require(bits & usage::KEY_CERT_SIGN != 0, || {
        "the issuer's key usage lacks keyCertSign".to_owned()
    })
}

fn path_length(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let length =
        issuer.extensions.basic_constraints().and_then(|constraints| constraints.path_length);
    let Some(length) = length else { return absent("path length of the issuer") };
    let counts = certificate.extensions.is_authority() && !certificate.is_self_issued();
    let below =
        certificate.extensions.basic_constraints().and_then(|constraints| constraints.path_length);
    let most = length.small_number().unwrap_or(0);
    if counts && most == 0 {
        return Grade::Fail.because("an authority below an issuer with path length 0");
    }
    let wider =
        below.and_then(|below| below.small_number()).is_some_and(|below| counts && below >= most);
    Verdict {
        finding: if wider {
            "allows a longer path than its issuer".to_owned()
        } else {
            String::new()
        },
        grade: if wider { Grade::PassWithObservation } else { Grade::Pass },
    }
}

fn key_identifier(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let identifiers = (
        certificate.extensions.authority_key_identifier(),
        issuer.extensions.subject_key_identifier(),
    );
    let (Some(named), Some(own)) = identifiers else { return absent("pair of key identifiers") };
    Verdict::require(named == own, || {
        format!("{} instead of {}", hex::encode_upper(named), hex::encode_upper(own))
    })
}

fn validity(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let period = |it: &Certificate<'_>| Some((it.not_before?.seconds?, it.not_after?.seconds?));
    let (Some((begin, end)), Some((first, last))) = (period(certificate), period(issuer)) else {
        return unreadable("a validity");
    };
    Verdict::require(first <= begin && end <= last, || {
        "valid before or after its issuer".to_owned()
    })
}

/// The names that constraints are about: subject, alternative names [RFC 5280 §6.1.3 (b)].
fn constrained<'a>(certificate: &Certificate<'a>) -> Vec<Node<'a>> {
    let extension = certificate.extensions.get(oid::SUBJECT_ALT_NAME);
    extension.map(Extension::elements).unwrap_or_default()
}

fn names(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Verdict {
    let Some(constraints) = issuer.extensions.get(oid::NAME_CONSTRAINTS) else {
        return absent("name constraints of the issuer");
    };
    if certificate.is_self_issued() && certificate.extensions.is_authority() {
        return absent("certificate that the constraints are about");
    }
    let bases = |wanted| -> Vec<Node<'_>> {
        let subtrees = super::constraints::of_kind(constraints, wanted);
        subtrees.into_iter().filter_map(|subtree| subtree.elements().into_iter().next()).collect()
    };
    let (permitted, excluded) = (bases(tag::context(0)), bases(tag::context(1)));
    flawless(subject_outside(certificate, &permitted, &excluded).or_else(|| {
        constrained(certificate)
            .iter()
            .find(|name| is_outside(name, &permitted, &excluded))
            .map(|name| at(name, "a name outside the constraints"))
    }))
}

fn is_outside(name: &Node<'_>, permitted: &[Node<'_>], excluded: &[Node<'_>]) -> bool {
    let mut of_form = permitted.iter().filter(|base| base.tag == name.tag).peekable();
    let allowed = of_form.peek().is_none() || of_form.any(|base| is_within(name, base));
    !allowed || excluded.iter().any(|base| base.tag == name.tag && is_within(name, base))
}

fn subject_outside(
    certificate: &Certificate<'_>,
    permitted: &[Node<'_>],
    excluded: &[Node<'_>],
) -> Option<String> {
    let subject = certificate.subject.as_ref().filter(|subject| !subject.is_empty())?;
    let directory = |base: &&Node<'_>| base.tag == form::DIRECTORY_NAME;
    let within =
        |base: &Node<'_>| base.wrapped(0).is_ok_and(|base| subject.begins_with(&Name::read(base)));
    let mut allowed = permitted.iter().filter(directory).peekable();
    let outside = allowed.peek().is_some() && !allowed.any(within);
    (outside || excluded.iter().filter(directory).any(within))
        .then(|| at(&subject.node, "a subject outside the constraints"))
}

/// Whether a name is in the subtree of a base of the same form.
fn is_within(name: &Node<'_>, base: &Node<'_>) -> bool {
    let text = |node: &Node<'_>| general_name::ia5(node).unwrap_or_default().to_ascii_lowercase();
    match name.tag {
        form::DNS_NAME => is_below(&text(name), text(base).trim_start_matches('.')),
        form::RFC822_NAME => is_mailbox_within(&text(name), &text(base)),
        form::URI => {
            let name = text(name);
            let host = general_name::uri(&name)
                .and_then(|(_, rest)| general_name::host_of(rest))
                .unwrap_or_default();
            is_host_within(host, &text(base))
        }
        form::IP_ADDRESS => is_address_within(name.content, base.content),
        form::DIRECTORY_NAME => match (name.wrapped(0), base.wrapped(0)) {
            (Ok(name), Ok(base)) => Name::read(name).begins_with(&Name::read(base)),
            _ => false,
        },
        _ => name.content == base.content,
    }
}

fn is_below(name: &str, base: &str) -> bool {
    base.is_empty()
        || name == base
        || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

/// A base that begins with a period is for what is below it, one that does not for exactly that host.
fn is_host_within(host: &str, base: &str) -> bool {
    if base.starts_with('.') { host.ends_with(base) } else { host == base }
}

fn is_mailbox_within(mailbox: &str, base: &str) -> bool {
    if base.contains('@') {
        return mailbox == base;
    }
    mailbox.rsplit_once('@').is_some_and(|(_, host)| is_host_within(host, base))
}

fn is_address_within(address: &[u8], range: &[u8]) -> bool {
    let (base, mask) = range.split_at(range.len() / 2);
    let masked = |(byte, mask): (&u8, &u8)| byte & mask;
    address.len() == base.len()
        && address.iter().zip(mask).map(masked).eq(base.iter().zip(mask).map(masked))
}

#[cfg(test)]
mod tests {
    use super::{is_address_within, is_below, is_host_within, is_mailbox_within};

    #[test]
    fn subtrees_are_of_labels_and_bits() {
        assert!(is_below("a.example.com", "example.com") && is_below("example.com", "example.com"));
        assert!(!is_below("badexample.com", "example.com"));
        assert!(is_host_within("a.example.com", ".example.com"));
        assert!(
            !is_host_within("example.com", ".example.com")
                && !is_host_within("a.example.com", "example.com")
        );
        assert!(
            is_mailbox_within("a@example.com", "example.com")
                && is_mailbox_within("a@b.com", "a@b.com")
        );
        assert!(!is_mailbox_within("a@x.example.com", "example.com"));
        assert!(is_address_within(&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!is_address_within(&[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!is_address_within(&[0; 16], &[10, 0, 0, 0, 255, 0, 0, 0]));
    }
}
