//! General names [RFC 5280 §4.2.1.6]: the forms, and what is wrong with a value.

use super::node::{Node, tag};

/// Tags of the forms.
pub mod form {
    use super::tag;

    /// Choice 0.
    pub const OTHER_NAME: u8 = tag::context(0);
    /// Choice 1.
    pub const RFC822_NAME: u8 = tag::primitive(1);
    /// Choice 2.
    pub const DNS_NAME: u8 = tag::primitive(2);
    /// Choice 3.
    pub const X400_ADDRESS: u8 = tag::context(3);
    /// Choice 4.
    pub const DIRECTORY_NAME: u8 = tag::context(4);
    /// Choice 5.
    pub const EDI_PARTY_NAME: u8 = tag::context(5);
    /// Choice 6.
    pub const URI: u8 = tag::primitive(6);
    /// Choice 7.
    pub const IP_ADDRESS: u8 = tag::primitive(7);
    /// Choice 8.
    pub const REGISTERED_ID: u8 = tag::primitive(8);

    /// All of them.
    pub const ALL: &[u8] = &[
        OTHER_NAME,
        RFC822_NAME,
        DNS_NAME,
        X400_ADDRESS,
        DIRECTORY_NAME,
        EDI_PARTY_NAME,
        URI,
        IP_ADDRESS,
        REGISTERED_ID,
    ];
}

/// Longest DNS name, in characters [RFC 1034 §3.1].
const DNS_NAME_MAX: usize = 253;
/// Longest label of a DNS name, in characters [RFC 1034 §3.1].
const LABEL_MAX: usize = 63;

/// Text of IA5 characters.
#[must_use]
pub fn ia5<'a>(node: &Node<'a>) -> Option<&'a str> {
    node.content.is_ascii().then(|| core::str::from_utf8(node.content).ok()).flatten()
}

/// Whether it is a host name in the preferred syntax [RFC 1034 §3.5, RFC 1123 §2.1], perhaps with a wildcard as its first label.
#[must_use]
pub fn is_host(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    !name.is_empty() && name.len() <= DNS_NAME_MAX && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = label.as_bytes();
    label.len() <= LABEL_MAX
        && outer(bytes.first())
        && outer(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Whether it is a mailbox without display name or comment: `local@host` [RFC 5321 §4.1.2].
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, host)| {
        let literal = host.starts_with('[') && host.ends_with(']');
        let plain = !local.is_empty() && !local.contains([' ', '<', '>', '(', ')', ',', '@']);
        let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
        (plain || quoted) && (literal || (is_host(host) && !host.starts_with('*')))
    })
}

/// The scheme and the rest of a URI, where it is absolute [RFC 3986 §3.1].
#[must_use]
pub fn uri(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let named =
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(plain);
    let graphic =
        text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte));
    (named && graphic && !rest.is_empty()).then_some((scheme, rest))
}

/// The host of a URI that has an authority part [RFC 3986 §3.2].
#[must_use]
pub fn host_of(rest: &str) -> Option<&str> {
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return host.split_once(']').map(|(host, _)| host);
    }
    Some(host.split_once(':').map_or(host, |(host, _)| host))
}

#[cfg(test)]
mod tests {
    use super::{host_of, is_host, is_mailbox, uri};

    #[test]
    fn host_names_are_in_the_preferred_syntax() {
        for name in
            ["a", "www.example.com", "*.example.com", "xn--nxasmq6b.example", "3com.example"]
        {
            assert!(is_host(name), "{name}");
        }
        for name in ["", " ", "a..b", ".a", "-a.example", "a-.example", "a_b.example", "*", "a.*.b"]
        {
            assert!(!is_host(name), "{name}");
        }
        assert!(!is_host(&"a".repeat(64)));
    }

    #[test]
    fn mailboxes_have_no_display_name() {
        for mailbox in ["a@example.com", "a.b+c@example", "\"a b\"@example.com", "a@[192.0.2.1]"] {
            assert!(is_mailbox(mailbox), "{mailbox}");
        }
        for mailbox in ["a", "@example.com", "A <a@example.com>", "a@", "a b@example.com", "a@b c"]
        {
            assert!(!is_mailbox(mailbox), "{mailbox}");
        }
    }

    #[test]
    fn uris_are_absolute() {
        assert_eq!(uri("http://a/b").and_then(|(_, rest)| host_of(rest)), Some("a"));
        assert_eq!(host_of("//u@[::1]:80/x"), Some("[::1"));
        for text in ["", "a/b", "://a", "http:", "http://a b", "1a:b"] {
            assert_eq!(uri(text), None, "{text}");
        }
    }
}
