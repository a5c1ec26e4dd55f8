//! Names of issuer and subject [RFC 5280 §4.1.2.4, §4.1.2.6, Appendix A.1].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        extension::{Extension, usage},
        general_name::form,
        lint::{Lint, absent, at, flawless, unreadable},
        name::{Attribute, Name},
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-10",
        "RFC5280-4.1.2.4-issuer-001",
        "RFC 5280 §4.1.2.4",
        "the issuer has a name",
        Lint::Certificate(issuer),
    ),
    must(
        "CE-11",
        "RFC5280-4.1.2.4-name-002",
        "RFC 5280 §4.1.2.4",
        "names are sequences of sets of attributes",
        Lint::Certificate(structure),
    ),
    must(
        "CE-12",
        "RFC5280-4.1.2.4-string-003",
        "RFC 5280 §4.1.2.4",
        "text is PrintableString or UTF8String where any string may be",
        Lint::Certificate(string_types),
    ),
    must(
        "CE-13",
        "RFC5280-4.1.2.4-characters-004",
        "RFC 5280 §4.1.2.4",
        "strings hold only characters of their type",
        Lint::Certificate(characters),
    ),
    must(
        "CE-14",
        "RFC5280-A.1-bounds-001",
        "RFC 5280 §A.1",
        "attributes are neither empty nor longer than their upper bound",
        Lint::Certificate(bounds),
    ),
    must(
        "CE-15",
        "RFC5280-A.1-country-002",
        "RFC 5280 §A.1",
        "a country is two letters in a PrintableString",
        Lint::Certificate(country),
    ),
    must(
        "CE-16",
        "RFC5280-A.1-printable-003",
        "RFC 5280 §A.1",
        "serialNumber and dnQualifier are PrintableStrings",
        Lint::Certificate(printable),
    ),
    must(
        "CE-17",
        "RFC5280-A.1-ia5-004",
        "RFC 5280 §A.1",
        "domainComponent and emailAddress are IA5Strings",
        Lint::Certificate(ia5),
    ),
    must(
        "CE-18",
        "RFC5280-4.1.2.6-subject-001",
        "RFC 5280 §4.1.2.6",
        "an authority's subject is not empty",
        Lint::Certificate(authority),
    ),
    must(
        "CE-19",
        "RFC5280-4.1.2.6-subject-002",
        "RFC 5280 §4.1.2.6",
        "an empty subject comes with a critical alternative name",
        Lint::Certificate(empty_subject),
    ),
    must(
        "CE-94",
        "RFC5280-4.1.2.6-email-004",
        "RFC 5280 §4.1.2.6",
        "a mail address in the subject is an alternative name, too",
        Lint::Certificate(mail_address_twice),
    ),
    should(
        "CE-20",
        "RFC5280-4.1.2.6-email-003",
        "RFC 5280 §4.1.2.6",
        "mail addresses are alternative names, not attributes",
        Lint::Certificate(mail_address),
    ),
];

/// Attributes that are a DirectoryString, with the most characters they may have.
const DIRECTORY_STRINGS: &[(ObjectIdentifier, usize)] = &[
    (oid::COMMON_NAME, 64),
    (oid::SURNAME, 32_768),
    (oid::LOCALITY, 128),
    (oid::STATE, 128),
    (oid::ORGANIZATION, 64),
    (oid::ORGANIZATIONAL_UNIT, 64),
    (oid::TITLE, 64),
    (oid::NAME, 32_768),
    (oid::GIVEN_NAME, 32_768),
    (oid::INITIALS, 32_768),
    (oid::GENERATION_QUALIFIER, 32_768),
    (oid::PSEUDONYM, 128),
];

/// Other attributes with an upper bound.
const OTHER_BOUNDS: &[(ObjectIdentifier, usize)] =
    &[(oid::SERIAL_NUMBER, 64), (oid::EMAIL_ADDRESS, 255)];

fn names<'c, 'a>(certificate: &'c Certificate<'a>) -> impl Iterator<Item = &'c Name<'a>> {
    certificate.issuer.iter().chain(&certificate.subject)
}

/// The first flaw of an attribute of either name.
fn attributes(
    certificate: &Certificate<'_>,
    judge: impl Fn(&Attribute<'_>, &Node<'_>) -> Option<String>,
) -> Verdict {
    let mut all = names(certificate).flat_map(Name::attributes);
    flawless(all.find_map(|attribute| judge(attribute, attribute.value.as_ref()?)))
}

fn found(attribute: &Attribute<'_>, what: &str) -> String {
    at(&attribute.node, &format!("{} {what}", attribute.name()))
}

fn issuer(certificate: &Certificate<'_>) -> Verdict {
    let Some(name) = &certificate.issuer else { return unreadable("the issuer") };
    Verdict::require(!name.is_empty(), || at(&name.node, "an empty issuer"))
}

fn structure(certificate: &Certificate<'_>) -> Verdict {
    flawless(names(certificate).find_map(|name| name.flaw.clone()))
}

fn string_types(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, value| {
        let directory = DIRECTORY_STRINGS.iter().any(|(oid, _)| attribute.oid == Some(*oid));
        let right = matches!(value.tag, tag::PRINTABLE_STRING | tag::UTF8_STRING);
        (directory && !right).then(|| found(attribute, &format!("of type {:02X}", value.tag)))
    })
}

/// What is wrong with the characters of a string.
pub(in crate::catalogue) fn wrong_character(value: &Node<'_>) -> Option<String> {
    let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    let right = match value.tag {
        tag::PRINTABLE_STRING => value.content.iter().all(printable),
        tag::NUMERIC_STRING => {
            value.content.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ')
        }
        tag::IA5_STRING => value.content.is_ascii(),
        tag::VISIBLE_STRING => value.content.iter().all(|byte| (0x20..0x7F).contains(byte)),
        tag::UTF8_STRING => core::str::from_utf8(value.content).is_ok(),
        tag::BMP_STRING => value.content.len().is_multiple_of(2),
        tag::UNIVERSAL_STRING => value.content.len().is_multiple_of(4),
        _ => true,
    };
    (!right).then(|| at(value, "a character that its string type has not"))
}

fn characters(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |_, value| wrong_character(value))
}

fn bounds(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, _| {
        let mut table = DIRECTORY_STRINGS.iter().chain(OTHER_BOUNDS);
        let (_, most) = table.find(|(oid, _)| attribute.oid == Some(*oid))?;
        let count = attribute.characters();
        (count == 0 || count > *most)
            .then(|| found(attribute, &format!("of {count} characters, {most} allowed")))
    })
}

fn country(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, value| {
        let two = value.content.len() == 2 && value.content.iter().all(u8::is_ascii_alphabetic);
        let right = value.tag == tag::PRINTABLE_STRING && two;
        (attribute.oid == Some(oid::COUNTRY) && !right)
            .then(|| found(attribute, "is not two letters of a PrintableString"))
    })
}

fn printable(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, value| {
        let concerned = matches!(attribute.oid, Some(oid::SERIAL_NUMBER | oid::DN_QUALIFIER));
        (concerned && value.tag != tag::PRINTABLE_STRING)
            .then(|| found(attribute, "is no PrintableString"))
    })
}

fn ia5(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, value| {
        let concerned = matches!(attribute.oid, Some(oid::DOMAIN_COMPONENT | oid::EMAIL_ADDRESS));
        (concerned && value.tag != tag::IA5_STRING).then(|| found(attribute, "is no IA5String"))
    })
}

fn authority(certificate: &Certificate<'_>) -> Verdict {
    let usage = certificate.extensions.key_usage().unwrap_or(0);
    let signs = usage & usage::CRL_SIGN != 0;
    if !certificate.extensions.is_authority() && !signs {
        return absent("authority");
    }
    let Some(name) = &certificate.subject else { return unreadable("the subject") };
    Verdict::require(!name.is_empty(), || at(&name.node, "an empty subject"))
}

fn empty_subject(certificate: &Certificate<'_>) -> Verdict {
    let Some(name) = &certificate.subject else { return unreadable("the subject") };
    if !name.is_empty() {
        return absent("empty subject");
    }
    let names = certificate.extensions.get(oid::SUBJECT_ALT_NAME);
    Verdict::require(names.is_some_and(Extension::is_critical), || {
        "an empty subject without a critical subjectAltName".to_owned()
    })
}

fn mail_address(certificate: &Certificate<'_>) -> Verdict {
    attributes(certificate, |attribute, _| {
        (attribute.oid == Some(oid::EMAIL_ADDRESS)).then(|| found(attribute, "in a name"))
    })
}

fn mail_address_twice(certificate: &Certificate<'_>) -> Verdict {
    let attributes = certificate.subject.iter().flat_map(Name::attributes);
    let mut addresses = attributes
        .filter(|attribute| attribute.oid == Some(oid::EMAIL_ADDRESS))
        .filter_map(|attribute| attribute.value)
        .peekable();
    if addresses.peek().is_none() {
        return absent("mail address in the subject");
    }
    let extension = certificate.extensions.get(oid::SUBJECT_ALT_NAME);
    let names = extension.map(Extension::elements).unwrap_or_default();
    let is_alternative = |address: &Node<'_>| {
        names.iter().any(|name| {
            name.tag == form::RFC822_NAME && name.content.eq_ignore_ascii_case(address.content)
        })
    };
    flawless(
        addresses
            .find(|address| !is_alternative(address))
            .map(|address| at(&address, "an address that is no alternative name")),
    )
}
