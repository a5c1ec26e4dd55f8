//! Elements of arrays of any primitive, as bytes.

use jcvm::{ClassId, Fault, Reference, Trap, Vm, Write};

/// A primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Byte,
    Short,
    Int,
}

impl Kind {
    /// What arrays of this class hold; `None` when they hold references, or it is no class of arrays.
    pub(super) const fn of(class: ClassId) -> Option<Self> {
        match class {
            ClassId::BOOLEAN_ARRAY => Some(Self::Boolean),
            ClassId::BYTE_ARRAY => Some(Self::Byte),
            ClassId::SHORT_ARRAY => Some(Self::Short),
            ClassId::INT_ARRAY => Some(Self::Int),
            _ => None,
        }
    }

    /// Bytes of an element.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Boolean | Self::Byte => 1,
            Self::Short => 2,
            Self::Int => 4,
        }
    }

    /// Elements in an order that can be compared: bytes without sign, the others with it.
    pub(super) fn values(self, bytes: &[u8]) -> Vec<i32> {
        match self {
            Self::Boolean | Self::Byte => bytes.iter().map(|byte| i32::from(*byte)).collect(),
            Self::Short => shorts(bytes).map(i32::from).collect(),
            Self::Int => ints(bytes).collect(),
        }
    }
}

fn shorts(bytes: &[u8]) -> impl Iterator<Item = i16> {
    bytes.as_chunks().0.iter().map(|pair| i16::from_be_bytes(*pair))
}

fn ints(bytes: &[u8]) -> impl Iterator<Item = i32> {
    bytes.as_chunks().0.iter().map(|four| i32::from_be_bytes(*four))
}

/// Elements of an array that are known to be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The array.
    pub(super) array: Reference,
    /// What it holds.
    pub(super) kind: Kind,
    /// The first element.
    pub(super) offset: i16,
    /// How many.
    pub(super) length: usize,
}

impl Part {
    fn indices(&self) -> impl Iterator<Item = i16> {
        let count = i16::try_from(self.length).unwrap_or(i16::MAX);
        self.offset..self.offset.saturating_add(count)
    }

    /// The elements as bytes, high byte first.
    pub(super) fn load(&self, vm: &mut Vm<'_>) -> Result<Vec<u8>, Trap> {
        let mut bytes = Vec::with_capacity(self.length * self.kind.size());
        match self.kind {
            Kind::Boolean | Kind::Byte => {
                let length = i16::try_from(self.length).unwrap_or(i16::MAX);
                bytes.extend_from_slice(vm.bytes(self.array, self.offset, length)?);
            }
            Kind::Short => {
                for index in self.indices() {
                    bytes.extend(vm.short_at(self.array, index)?.to_be_bytes());
                }
            }
            Kind::Int => {
                for index in self.indices() {
                    bytes.extend(vm.cell_at(self.array, index)?.to_be_bytes());
                }
            }
        }
        Ok(bytes)
    }

    /// Stores bytes as the elements: with `Transactional` all of them or none, in the transaction if there is one.
    pub(super) fn store(&self, vm: &mut Vm<'_>, bytes: &[u8], write: Write) -> Result<(), Trap> {
        if matches!(self.kind, Kind::Boolean | Kind::Byte) {
            return vm.write_bytes(self.array, self.offset, bytes, write);
        }
        let own = write == Write::Transactional && !vm.heap().in_transaction();
        if own {
            vm.begin_transaction()?;
        }
        let stored = self.store_each(vm, bytes, write);
        match stored {
            // After a power failure nothing runs any more: reset undoes what was stored.
            _ if !own => {}
            Ok(()) => vm.commit_transaction()?,
            Err(Trap::Fault(Fault::PowerLost)) => {}
            Err(_) => drop(vm.abort_transaction()?),
        }
        stored
    }

    fn store_each(&self, vm: &mut Vm<'_>, bytes: &[u8], write: Write) -> Result<(), Trap> {
        match self.kind {
            Kind::Int => self
                .indices()
                .zip(ints(bytes))
                .try_for_each(|(index, value)| vm.set_cell_at(self.array, index, value, write)),
            _ => self
                .indices()
                .zip(shorts(bytes))
                .try_for_each(|(index, value)| set_short(vm, self.array, index, value, write)),
        }
    }
}

/// Stores a short, in the transaction or not.
fn set_short(
    vm: &mut Vm<'_>,
    array: Reference,
    index: i16,
    value: i16,
    write: Write,
) -> Result<(), Trap> {
    if write == Write::Transactional {
        return vm.set_short_at(array, index, value);
    }
    // The read checks what the store does not.
    vm.short_at(array, index)?;
    let elements = vm.heap().elements(array).ok_or(Fault::IllFormed("no array"))?;
    let place = elements.offset + usize::from(index.unsigned_abs());
    let stored = vm.heap_mut().store_short(elements.array, place, value, write);
    stored.map_err(|error| Trap::Fault(error.into()))
}
