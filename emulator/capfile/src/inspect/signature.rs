//! Types and signatures as Java descriptors [JCVM 3.0.5 §6.14.4].

use crate::component::{ClassRef, TypeNibbles};

/// The Java descriptor of a field's type or a method's signature, with `class` to name classes.
///
/// A signature's last type is its result, and a field's type is its only one: which of the two it is, the caller knows.
#[must_use]
pub fn signature(
    nibbles: &TypeNibbles,
    method: bool,
    class: impl Fn(ClassRef) -> String,
) -> String {
    let mut types = Vec::new();
    let mut rest = nibbles.0.as_slice();
    while let Some((nibble, after)) = rest.split_first() {
        rest = after;
        let primitive = match nibble & 7 {
            1 => "V",
            2 => "Z",
            3 => "B",
            4 => "S",
            5 => "I",
            6 => "L",
            _ => "?",
        };
        let array = if nibble & 8 == 0 { "" } else { "[" };
        if nibble & 7 == 6 {
            let (reference, after) = rest.split_at_checked(4).unwrap_or((rest, &[]));
            rest = after;
            let value = reference.iter().fold(0, |value, nibble| value << 4 | u16::from(*nibble));
            types.push(format!("{array}L{};", class(ClassRef::from_u2(value))));
        } else {
            types.push(format!("{array}{primitive}"));
        }
    }
    if !method {
        return types.concat();
    }
    let result = types.pop().unwrap_or_default();
    format!("({}){result}", types.concat())
}
