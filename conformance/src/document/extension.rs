//! Extensions of certificates, lists and answers [RFC 5280 §4.2].

use const_oid::ObjectIdentifier;

use super::{
    node::{Malformed, Node, Parts, tag},
    oid,
};

/// One extension.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// Which one.
    pub oid: Option<ObjectIdentifier>,
    /// The flag as it is written; missing where it is not.
    pub critical: Option<Node<'a>>,
    /// The OCTET STRING around the value.
    pub value: Option<Node<'a>>,
    /// Whether nothing follows.
    pub complete: bool,
}

impl<'a> Extension<'a> {
    fn read(node: Node<'a>) -> Self {
        let mut parts = Parts::of((node.tag == tag::SEQUENCE).then_some(node));
        let oid = parts.take(tag::OBJECT_IDENTIFIER).and_then(|node| node.oid());
        let critical = parts.take(tag::BOOLEAN);
        let value = parts.take(tag::OCTET_STRING);
        let complete = oid.is_some() && value.is_some() && parts.left().is_none();
        Self { node, oid, critical, value, complete }
    }

    /// Whether it is critical.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.critical.is_some_and(|flag| flag.content.iter().any(|byte| *byte != 0))
    }

    /// The value inside the OCTET STRING.
    ///
    /// # Errors
    /// Where it is no single element.
    pub fn inner(&self) -> Result<Node<'a>, Malformed> {
        self.value.unwrap_or(self.node).wrapped(0)
    }

    /// The elements of the value, none when it cannot be read.
    #[must_use]
    pub fn elements(&self) -> Vec<Node<'a>> {
        self.inner().map(|inner| inner.elements()).unwrap_or_default()
    }

    /// The name, for findings.
    #[must_use]
    pub fn name(&self) -> String {
        self.oid
            .as_ref()
            .map_or_else(|| "an extension without identifier".to_owned(), oid::describe)
    }
}

/// A list of extensions.
#[derive(Clone, Debug, Default)]
pub struct Extensions<'a> {
    /// The tag around the list, where it is there.
    pub node: Option<Node<'a>>,
    /// The extensions, in order.
    pub list: Vec<Extension<'a>>,
    /// What is not built as extensions are.
    pub flaw: Option<String>,
}

impl<'a> Extensions<'a> {
    /// Reads the list inside a context-specific tag.
    #[must_use]
    pub fn read(node: Option<Node<'a>>) -> Self {
        match node.map(|node| node.wrapped(0)) {
            None => Self::default(),
            Some(Err(malformed)) => {
                Self { node, list: Vec::new(), flaw: Some(malformed.to_string()) }
            }
            Some(Ok(list)) => Self { node, ..Self::read_list(list) },
        }
    }

    /// Reads the list without a tag around it.
    #[must_use]
    pub fn read_list(node: Node<'a>) -> Self {
        let list: Vec<Extension<'a>> = node.elements().into_iter().map(Extension::read).collect();
        let malformed = node.children().err().map(|malformed| malformed.to_string());
        let incomplete = list.iter().find(|extension| !extension.complete);
        let flaw = malformed.or_else(|| {
            incomplete.map(|extension| format!("no extension at offset {}", extension.node.offset))
        });
        Self { node: Some(node), list, flaw }
    }

    /// The first extension of this kind.
    #[must_use]
    pub fn get(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        self.list.iter().find(|extension| extension.oid == Some(oid))
    }

    /// An extension that is there twice.
    #[must_use]
    pub fn duplicate(&self) -> Option<&Extension<'a>> {
        self.list.iter().enumerate().find_map(|(at, extension)| {
            let earlier = self.list.iter().take(at);
            (extension.oid.is_some() && earlier.clone().any(|other| other.oid == extension.oid))
                .then_some(extension)
        })
    }
}

/// Names of the bits of KeyUsage, the first is bit 0 [RFC 5280 §4.2.1.3].
pub mod usage {
    /// Bit 0.
    pub const DIGITAL_SIGNATURE: u16 = 1 << 0;
    /// Bit 1.
    pub const NON_REPUDIATION: u16 = 1 << 1;
    /// Bit 2.
    pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
    /// Bit 3.
    pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
    /// Bit 4.
    pub const KEY_AGREEMENT: u16 = 1 << 4;
    /// Bit 5.
    pub const KEY_CERT_SIGN: u16 = 1 << 5;
    /// Bit 6.
    pub const CRL_SIGN: u16 = 1 << 6;
    /// Bit 7.
    pub const ENCIPHER_ONLY: u16 = 1 << 7;
    /// Bit 8.
    pub const DECIPHER_ONLY: u16 = 1 << 8;
}

/// The bits of a BIT STRING whose bits have names, bit 0 first.
#[must_use]
pub fn named_bits(string: &Node<'_>) -> u16 {
    let bytes = string.content.get(1..).unwrap_or_default();
    let bit =
        |at: usize, byte: u8| u16::from(byte.reverse_bits()).checked_shl(8 * u32::from(at == 1));
    bytes
        .iter()
        .take(2)
        .enumerate()
        .filter_map(|(at, byte)| bit(at, *byte))
        .fold(0, |all, one| all | one)
}

/// What basic constraints say [RFC 5280 §4.2.1.9].
#[derive(Clone, Copy, Debug)]
pub struct BasicConstraints<'a> {
    /// Whether the flag for an authority is set.
    pub authority: bool,
    /// Most authorities that may follow.
    pub path_length: Option<Node<'a>>,
}

impl<'a> Extensions<'a> {
    /// Basic constraints, where they are there and can be read.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints<'a>> {
        let inner = self.get(oid::BASIC_CONSTRAINTS)?.inner().ok()?;
        let mut parts = Parts::of((inner.tag == tag::SEQUENCE).then_some(inner));
        let flag = parts.take(tag::BOOLEAN);
        let authority = flag.is_some_and(|flag| flag.content.iter().any(|byte| *byte != 0));
        Some(BasicConstraints { authority, path_length: parts.take(tag::INTEGER) })
    }

    /// Whether basic constraints say that the key is an authority's.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.authority)
    }

    /// The bits of key usage.
    #[must_use]
    pub fn key_usage(&self) -> Option<u16> {
        let inner = self.get(oid::KEY_USAGE)?.inner().ok()?;
        (inner.tag == tag::BIT_STRING).then(|| named_bits(&inner))
    }

    /// Purposes of extended key usage.
    #[must_use]
    pub fn purposes(&self) -> Option<Vec<ObjectIdentifier>> {
        let extension = self.get(oid::EXTENDED_KEY_USAGE)?;
        Some(extension.elements().iter().filter_map(Node::oid).collect())
    }

    /// The key identifier of the subject.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        let inner = self.get(oid::SUBJECT_KEY_IDENTIFIER)?.inner().ok()?;
        (inner.tag == tag::OCTET_STRING).then_some(inner.content)
    }

    /// The key identifier of the authority.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        let elements = self.get(oid::AUTHORITY_KEY_IDENTIFIER)?.elements();
        elements.iter().find(|node| node.tag == tag::primitive(0)).map(|node| node.content)
    }
}
