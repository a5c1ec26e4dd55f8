//! The constant pool while code is emitted.

use super::{AssembleError, Package, types::Type};
use crate::component::{Constant, MethodLocation, StaticMethodRef};

/// An entry whose bytes may not be known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Known(Constant),
    /// A static method, constructor or private method of the package: position of its class and its own.
    Method(usize, usize),
    Raw([u8; 4]),
}

/// Where an entry is: by the order in which entries were met, not yet by the order of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    Entry(usize),
    Fixed(u16),
}

/// The entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    entries: Vec<(Symbol, Option<Type>)>,
    raw: Vec<String>,
    /// Whether an exception handler catches a class: index 0 cannot be a class then.
    pub(crate) catches: bool,
}

impl Pool {
    pub(crate) fn intern(&mut self, symbol: Symbol, entry_type: Option<Type>) -> Index {
        let known = self.entries.iter().position(|(known, _)| *known == symbol);
        Index::Entry(known.unwrap_or_else(|| {
            self.entries.push((symbol, entry_type));
            self.entries.len() - 1
        }))
    }

    /// Adds the entries that the package declares as they are.
    pub(crate) fn add_raw(&mut self, package: &Package) {
        for (name, bytes) in &package.constants {
            self.entries.push((Symbol::Raw(*bytes), None));
            self.raw.push(name.clone());
        }
    }

    /// The entry of an operand `#5` or `#name`.
    pub(crate) fn raw_index(package: &Package, operand: &str) -> Option<RawIndex> {
        match operand.parse() {
            Ok(index) => Some(RawIndex::Fixed(index)),
            Err(_) => package
                .constants
                .iter()
                .position(|(name, _)| name == operand)
                .map(RawIndex::Declared),
        }
    }

    /// The entries in their order, and the index of each in the order in which they were met.
    pub(crate) fn order(&self) -> Ordered {
        let mut positions: Vec<usize> = (0..self.entries.len()).collect();
        let entry = |position: usize| self.entries.get(position).map(|(symbol, _)| symbol);
        positions.sort_by_key(|position| entry(*position).map_or(0, rank));
        let first_is_class = positions
            .first()
            .copied()
            .and_then(entry)
            .is_some_and(|symbol| matches!(symbol, Symbol::Known(Constant::Class(_))));
        let doubled = (self.catches && first_is_class).then(|| positions.first().copied());
        let order: Vec<usize> = doubled.flatten().into_iter().chain(positions).collect();
        let mut indices = vec![0; self.entries.len()];
        for (index, position) in order.iter().enumerate() {
            if let Some(place) = indices.get_mut(*position) {
                *place = u16::try_from(index).unwrap_or(u16::MAX);
            }
        }
        let entries = order.iter().filter_map(|position| self.entries.get(*position).cloned());
        Ordered { entries: entries.collect(), indices, raw: self.raw.clone() }
    }
}

/// An operand that names an entry as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawIndex {
    Fixed(u16),
    Declared(usize),
}

fn rank(symbol: &Symbol) -> u8 {
    match symbol {
        Symbol::Known(Constant::InstanceField { .. }) => 0,
        Symbol::Known(Constant::VirtualMethod { .. }) => 1,
        Symbol::Known(Constant::SuperMethod { .. }) => 2,
        Symbol::Known(Constant::StaticField(_)) => 3,
        Symbol::Known(Constant::StaticMethod(_)) | Symbol::Method(..) => 4,
        Symbol::Known(Constant::Class(_)) => 5,
        Symbol::Raw(_) => 6,
    }
}

/// The constant pool in its final order.
pub(crate) struct Ordered {
    pub(crate) entries: Vec<(Symbol, Option<Type>)>,
    indices: Vec<u16>,
    raw: Vec<String>,
}

impl Ordered {
    pub(crate) fn index(&self, index: Index) -> u16 {
        match index {
            Index::Entry(position) => self.indices.get(position).copied().unwrap_or_default(),
            Index::Fixed(index) => index,
        }
    }

    /// The declared entries by name, with their indices: they are the last ones.
    pub(crate) fn raw_names(&self) -> Vec<(String, u16)> {
        let first = self.entries.len().saturating_sub(self.raw.len());
        let indices = (first..).map(|index| u16::try_from(index).unwrap_or(u16::MAX));
        self.raw.iter().cloned().zip(indices).collect()
    }

    /// The constants, now that methods have their places.
    pub(crate) fn resolve(
        &self,
        location: impl Fn(usize, usize) -> Option<MethodLocation>,
    ) -> Result<Vec<[u8; 4]>, AssembleError> {
        let resolve = |(symbol, _): &(Symbol, Option<Type>)| match symbol {
            Symbol::Known(constant) => Ok(constant.to_bytes()),
            Symbol::Raw(bytes) => Ok(*bytes),
            Symbol::Method(class, method) => location(*class, *method)
                .map(|location| {
                    Constant::StaticMethod(StaticMethodRef::Internal(location)).to_bytes()
                })
                .ok_or_else(|| AssembleError::new("constant pool", "a method without a body")),
        };
        self.entries.iter().map(resolve).collect()
    }
}
