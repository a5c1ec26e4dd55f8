//! Instructions after linking: constant pool indices have become what they refer to, branch offsets indices of instructions.

use crate::{ident::ClassId, ident::MethodId};

/// Comparisons of two values, or of one with zero or null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equal,
    NotEqual,
    Less,
    GreaterOrEqual,
    Greater,
    LessOrEqual,
}

/// Types of values, as far as instructions tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Bytes and booleans.
    Byte,
    /// Shorts.
    Short,
    /// Ints, which take two cells.
    Int,
    /// References.
    Reference,
}

/// An instruction. Eight bytes: the whole program of a card is a sequence of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Nop,
    /// A short, or null.
    Push(i16),
    PushInt(i32),
    /// A short or a reference.
    Load(u8),
    LoadInt(u8),
    Store(u8),
    StoreInt(u8),
    ArrayLoadReference,
    ArrayLoadByte,
    ArrayLoadShort,
    ArrayLoadInt,
    ArrayStoreReference,
    ArrayStoreByte,
    ArrayStoreShort,
    ArrayStoreInt,
    Pop,
    Pop2,
    Dup,
    Dup2,
    DupX {
        count: u8,
        depth: u8,
    },
    SwapX {
        upper: u8,
        lower: u8,
    },
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    ShiftLeft,
    ShiftRight,
    UnsignedShiftRight,
    And,
    Or,
    Xor,
    AddInt,
    SubtractInt,
    MultiplyInt,
    DivideInt,
    RemainderInt,
    NegateInt,
    ShiftLeftInt,
    ShiftRightInt,
    UnsignedShiftRightInt,
    AndInt,
    OrInt,
    XorInt,
    Increment {
        local: u8,
        by: i16,
    },
    IncrementInt {
        local: u8,
        by: i16,
    },
    ShortToByte,
    ShortToInt,
    IntToByte,
    IntToShort,
    CompareInt,
    /// Compares a short with zero, or a reference with null.
    IfZero {
        test: Test,
        target: u32,
    },
    /// Compares two shorts or two references.
    IfCompare {
        test: Test,
        target: u32,
    },
    Goto(u32),
    Subroutine(u32),
    /// Returns from a subroutine: the local holds the index of an instruction.
    SubroutineReturn(u8),
    SwitchShort(u32),
    SwitchInt(u32),
    Return(Width),
    ReturnVoid,
    /// Package and index of the reference in its static image.
    GetStaticReference {
        package: u8,
        index: u16,
    },
    /// A static reference of a native class, by its token.
    GetNativeStatic {
        token: u8,
        class: ClassId,
    },
    /// Package and offset after the references of its static image.
    GetStatic {
        width: Width,
        package: u8,
        offset: u16,
    },
    PutStaticReference {
        package: u8,
        index: u16,
    },
    PutStatic {
        width: Width,
        package: u8,
        offset: u16,
    },
    GetField(u16),
    GetFieldInt(u16),
    GetFieldThis(u16),
    GetFieldThisInt(u16),
    PutField {
        width: Width,
        cell: u16,
    },
    PutFieldThis {
        width: Width,
        cell: u16,
    },
    InvokeVirtual {
        nargs: u8,
        token: u8,
    },
    InvokePackageVisible {
        nargs: u8,
        token: u8,
    },
    /// A method that is known: static, private, of a superclass, a constructor.
    Invoke {
        this: bool,
        method: MethodId,
    },
    InvokeNative {
        nargs: u8,
        this: bool,
        method: u16,
    },
    InvokeInterface {
        nargs: u8,
        token: u8,
        interface: ClassId,
    },
    New(ClassId),
    NewArray(u8),
    NewReferenceArray(ClassId),
    ArrayLength,
    Throw,
    CheckCast(ClassId),
    CheckCastArray(ClassId),
    InstanceOf(ClassId),
    InstanceOfArray(ClassId),
    /// A place that no well-formed program reaches.
    IllFormed,
}

/// The table of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    Table {
        low: i32,
        targets: Box<[u32]>,
        default: u32,
    },
    /// Ascending by value.
    Lookup {
        pairs: Box<[(i32, u32)]>,
        default: u32,
    },
}

impl Switch {
    /// How many targets it has.
    pub(crate) const fn targets(&self) -> usize {
        match self {
            Self::Table { targets, .. } => targets.len(),
            Self::Lookup { pairs, .. } => pairs.len(),
        }
    }

    /// Where a value leads.
    pub(crate) fn target(&self, value: i32) -> u32 {
        match self {
            Self::Table { low, targets, default } => {
                let index = i64::from(value) - i64::from(*low);
                let found = usize::try_from(index).ok().and_then(|index| targets.get(index));
                found.copied().unwrap_or(*default)
            }
            Self::Lookup { pairs, default } => pairs
                .binary_search_by_key(&value, |pair| pair.0)
                .ok()
                .and_then(|index| pairs.get(index))
                .map_or(*default, |pair| pair.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_has_eight_bytes() {
        assert_eq!(size_of::<Op>(), 8);
    }
}
