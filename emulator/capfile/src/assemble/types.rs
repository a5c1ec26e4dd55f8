//! Java descriptors, and the type table of the Descriptor component.

use super::{AssembleError, scope::Scope};
use crate::component::ClassRef;

/// Nibble of an object, which a class reference follows; arrays are eight above their elements.
const REFERENCE: u8 = 6;
/// Bit of a field's type that is primitive [JCVM 3.0.5 §6.14.2].
const PRIMITIVE: u16 = 0x8000;

/// A parsed descriptor: the nibbles of a type or signature, and the cells it takes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Type {
    pub(crate) nibbles: Vec<u8>,
    /// Cells of the parameters, without `this`.
    pub(crate) parameters: u8,
    /// Cells of the result, or of the field.
    pub(crate) result: u8,
    /// Whether it has an int.
    pub(crate) int: bool,
}

impl Type {
    /// Whether a field of this type is a reference.
    pub(crate) fn is_reference(&self) -> bool {
        self.nibbles.first().is_some_and(|nibble| *nibble >= REFERENCE)
    }

    /// Bytes of a static field of this type.
    pub(crate) fn static_size(&self) -> u16 {
        match self.nibbles.first() {
            Some(2 | 3) => 1,
            Some(5) => 4,
            _ => 2,
        }
    }

    /// The element type of an array of primitives, as array initialisers have it.
    pub(crate) fn element_type(&self) -> Option<u8> {
        self.nibbles.first().and_then(|nibble| nibble.checked_sub(8)).filter(|nibble| *nibble < 6)
    }
}

/// The type of a field descriptor (`S`, `[B`, `LDemo;`) or method descriptor (`(S[B)V`).
pub(crate) fn parse(
    scope: &Scope<'_>,
    place: &str,
    descriptor: &str,
) -> Result<Type, AssembleError> {
    let wrong =
        |what: &str| AssembleError::new(place, format!("descriptor `{descriptor}`: {what}"));
    let mut result = Type::default();
    let mut rest = descriptor;
    if let Some(parameters) = rest.strip_prefix('(') {
        rest = parameters;
        while !rest.starts_with(')') {
            let cells;
            (cells, rest) = one(scope, &mut result, rest).map_err(|what| wrong(&what))?;
            result.parameters = result.parameters.saturating_add(cells);
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    let (cells, rest) = one(scope, &mut result, rest).map_err(|what| wrong(&what))?;
    result.result = cells;
    if rest.is_empty() { Ok(result) } else { Err(wrong("characters are left over")) }
}

/// One type; its cells, and what follows it.
fn one<'a>(
    scope: &Scope<'_>,
    result: &mut Type,
    descriptor: &'a str,
) -> Result<(u8, &'a str), String> {
    let mut characters = descriptor.chars();
    let (array, first) = match characters.next() {
        Some('[') => (8, characters.next()),
        first => (0, first),
    };
    let nibble = match first {
        Some('V') if array == 0 => 1,
        Some('Z') => 2,
        Some('B') => 3,
        Some('S') => 4,
        Some('I') => 5,
        Some('L') => REFERENCE,
        _ => return Err("not the descriptor of a type".to_owned()),
    };
    result.nibbles.push(nibble + array);
    result.int |= nibble == 5;
    let cells = match nibble + array {
        1 => 0,
        5 => 2,
        _ => 1,
    };
    if nibble != REFERENCE {
        return Ok((cells, characters.as_str()));
    }
    // A statement's end takes the last semicolon of a line away.
    let (name, rest) = characters.as_str().split_once(';').unwrap_or((characters.as_str(), ""));
    let class = scope.class_ref(name).ok_or(format!("no class `{name}`"))?;
    let [high, low] = class.to_u2().to_be_bytes();
    result.nibbles.extend([high >> 4, high & 0x0F, low >> 4, low & 0x0F]);
    Ok((cells, rest))
}

/// The type of a field that only its instruction tells: `getfield_a` and so on.
pub(crate) fn of_suffix(mnemonic: &str) -> Type {
    let letter = mnemonic.split('_').nth(1).unwrap_or_default();
    let nibbles = match letter {
        "a" => {
            let [high, low] = ClassRef::External { package: 0, class: 0 }.to_u2().to_be_bytes();
            vec![REFERENCE, high >> 4, high & 0x0F, low >> 4, low & 0x0F]
        }
        "b" => vec![3],
        "i" => vec![5],
        _ => vec![4],
    };
    let result = if letter == "i" { 2 } else { 1 };
    Type { nibbles, parameters: 0, result, int: letter == "i" }
}

/// The types of the Descriptor, each once.
#[derive(Default)]
pub(crate) struct TypeTable {
    types: Vec<(u16, Vec<u8>)>,
    bytes: Vec<u8>,
    start: u16,
}

impl TypeTable {
    /// A table after this number of constants.
    pub(crate) fn new(constants: usize) -> Self {
        let start = u16::try_from(2 + 2 * constants).unwrap_or(u16::MAX);
        Self { start, ..Self::default() }
    }

    /// The offset of a type, which is added where it is not there yet.
    pub(crate) fn offset(&mut self, nibbles: &[u8]) -> u16 {
        if let Some((offset, _)) = self.types.iter().find(|(_, known)| known == nibbles) {
            return *offset;
        }
        let length = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX);
        let offset = self.start.saturating_add(length);
        self.bytes.push(u8::try_from(nibbles.len()).unwrap_or(u8::MAX));
        for pair in nibbles.chunks(2) {
            let high = pair.first().copied().unwrap_or_default();
            let low = pair.get(1).copied().unwrap_or_default();
            self.bytes.push(high << 4 | low);
        }
        self.types.push((offset, nibbles.to_vec()));
        offset
    }

    /// The type of a field: a primitive one, or the offset of a reference type.
    pub(crate) fn field(&mut self, field: &Type) -> u16 {
        match field.nibbles.as_slice() {
            [primitive] if *primitive < REFERENCE => PRIMITIVE | u16::from(*primitive),
            nibbles => self.offset(nibbles),
        }
    }

    /// The whole `type_descriptor_info`, constant types first.
    pub(crate) fn finish(self, constants: &[u16]) -> Vec<u8> {
        let mut bytes = u16::try_from(constants.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        bytes.extend(constants.iter().flat_map(|offset| offset.to_be_bytes()));
        bytes.extend(self.bytes);
        bytes
    }
}
