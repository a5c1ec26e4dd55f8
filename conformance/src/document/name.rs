//! Distinguished names [RFC 5280 §4.1.2.4].

use const_oid::ObjectIdentifier;

use super::{
    node::{Node, Parts, tag},
    oid,
};

/// An attribute of a name.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// What it is.
    pub oid: Option<ObjectIdentifier>,
    /// Its value.
    pub value: Option<Node<'a>>,
}

/// A name: a sequence of sets of attributes.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    /// All of it.
    pub node: Node<'a>,
    /// Relative distinguished names, in order.
    pub relative: Vec<Vec<Attribute<'a>>>,
    /// What is not built as a name is.
    pub flaw: Option<String>,
}

impl<'a> Name<'a> {
    /// Reads a name.
    #[must_use]
    pub fn read(node: Node<'a>) -> Self {
        let mut flaw = node.children().err().map(|malformed| malformed.to_string());
        let mut broken = |what: &str, at: &Node<'_>| {
            flaw.get_or_insert_with(|| format!("{what} at offset {}", at.offset));
        };
        let mut relative = Vec::new();
        for set in node.elements() {
            if set.tag != tag::SET {
                broken("something else than a SET", &set);
            }
            let attributes: Vec<Attribute<'a>> =
                set.elements().into_iter().map(attribute).collect();
            if attributes.is_empty() {
                broken("an empty relative distinguished name", &set);
            }
            for attribute in &attributes {
                if attribute.oid.is_none() || attribute.value.is_none() {
                    broken("an attribute without type or value", &attribute.node);
                }
            }
            relative.push(attributes);
        }
        Self { node, relative, flaw }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.relative.is_empty()
    }

    /// All attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute<'a>> {
        self.relative.iter().flatten()
    }

    /// Whether it is the same name: attributes in order, text without regard to case and to how many spaces there are [RFC 5280 §7.1].
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.node.encoded == other.node.encoded
            || (self.relative.len() == other.relative.len() && self.begins_with(other))
    }

    /// Whether it is below `base` in the tree of names, or is it [RFC 5280 §7.1].
    #[must_use]
    pub fn begins_with(&self, base: &Self) -> bool {
        base.relative.len() <= self.relative.len()
            && self.relative.iter().zip(&base.relative).all(|(one, other)| {
                one.len() == other.len()
                    && one.iter().all(|attribute| other.iter().any(|its| attribute.matches(its)))
            })
    }
}

fn attribute(node: Node<'_>) -> Attribute<'_> {
    let mut parts = Parts::of((node.tag == tag::SEQUENCE).then_some(node));
    let oid = parts.take(tag::OBJECT_IDENTIFIER).and_then(|node| node.oid());
    Attribute { node, oid, value: parts.take_next() }
}

impl Attribute<'_> {
    /// Its type in words.
    #[must_use]
    pub fn name(&self) -> String {
        self.oid.as_ref().map_or_else(|| "an attribute".to_owned(), oid::describe)
    }

    /// How many characters the value has.
    #[must_use]
    pub fn characters(&self) -> usize {
        let Some(value) = self.value else { return 0 };
        match value.tag {
            tag::UTF8_STRING => String::from_utf8_lossy(value.content).chars().count(),
            tag::BMP_STRING => value.content.len() / 2,
            tag::UNIVERSAL_STRING => value.content.len() / 4,
            _ => value.content.len(),
        }
    }

    fn matches(&self, other: &Self) -> bool {
        let (Some(one), Some(other_value)) = (self.value, other.value) else { return false };
        self.oid == other.oid
            && (one.encoded == other_value.encoded
                || matches!((folded(&one), folded(&other_value)), (Some(one), Some(other)) if one == other))
    }
}

/// Text prepared for comparison.
fn folded(value: &Node<'_>) -> Option<String> {
    let text = match value.tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING => {
            core::str::from_utf8(value.content).ok()?
        }
        _ => return None,
    };
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}
