//! Arrays, for natives: checked as the code that called would be.

use super::Vm;
use crate::{
    heap::{Body, Elements, READABLE, WRITABLE, Write},
    limits::BYTES_PER_FUEL,
    reference::Reference,
    trap::{Fault, Standard, Trap},
};

/// What a store that is not atomic writes at once, in bytes: the power may fail after each.
const NON_ATOMIC_CHUNK: usize = 32;

impl Vm<'_> {
    /// A part of a byte or boolean array.
    ///
    /// # Errors
    /// `NullPointerException`, `SecurityException` (firewall, or not such an array), `ArrayIndexOutOfBoundsException`.
    pub fn bytes(&mut self, array: Reference, offset: i16, length: i16) -> Result<&[u8], Trap> {
        let found = self.checked(array, offset, length, READABLE)?;
        let all = self.state.heap.get(found.array).and_then(|object| object.body.bytes());
        all.and_then(|all| all.get(found.offset..found.offset + found.length))
            .ok_or(Trap::Fault(Fault::IllFormed("array bounds")))
    }

    /// A whole byte or boolean array.
    ///
    /// # Errors
    /// As [`Vm::bytes`].
    pub fn all_bytes(&mut self, array: Reference) -> Result<&[u8], Trap> {
        let length = self.array_length(array)?;
        self.bytes(array, 0, i16::try_from(length).unwrap_or(i16::MAX))
    }

    /// Number of elements of an array of any type.
    ///
    /// # Errors
    /// `NullPointerException`, `SecurityException`.
    pub fn array_length(&mut self, array: Reference) -> Result<usize, Trap> {
        self.check_access(array)?;
        Ok(self.object(array)?.body.length())
    }

    /// Checks that a part of a byte or boolean array is there, without reading it.
    ///
    /// # Errors
    /// As [`Vm::bytes`].
    pub fn check_bytes(&mut self, array: Reference, offset: i16, length: i16) -> Result<(), Trap> {
        self.checked(array, offset, length, 0).map(|_| ())
    }

    /// Writes bytes into a byte or boolean array; with `Transactional` atomically and in the transaction, with `Immediate` neither.
    ///
    /// # Errors
    /// As [`Vm::bytes`]; `TransactionException` when the commit buffer is full.
    pub fn write_bytes(
        &mut self,
        array: Reference,
        offset: i16,
        bytes: &[u8],
        write: Write,
    ) -> Result<(), Trap> {
        let length = i16::try_from(bytes.len()).unwrap_or(i16::MAX);
        let found = self.checked(array, offset, length, WRITABLE)?;
        let step = match write {
            Write::Transactional => bytes.len().max(1),
            Write::Immediate => NON_ATOMIC_CHUNK,
        };
        let mut at = found.offset;
        for chunk in bytes.chunks(step) {
            let stored = self.state.heap.store_bytes(found.array, at, chunk, write);
            stored.map_err(|error| self.write_error(error))?;
            at += chunk.len();
        }
        Ok(())
    }

    /// An element of a short array.
    ///
    /// # Errors
    /// As [`Vm::bytes`].
    pub fn short_at(&mut self, array: Reference, index: i16) -> Result<i16, Trap> {
        let found = self.located(array, index, 1, READABLE)?;
        match self.state.heap.get(found.array).map(|object| &object.body) {
            Some(Body::Shorts(shorts)) => shorts
                .get(found.offset)
                .copied()
                .ok_or(Trap::Fault(Fault::IllFormed("array bounds"))),
            _ => Err(self.throw(Standard::Security)),
        }
    }

    /// Stores an element of a short array.
    ///
    /// # Errors
    /// As [`Vm::write_bytes`].
    pub fn set_short_at(&mut self, array: Reference, index: i16, value: i16) -> Result<(), Trap> {
        let found = self.located(array, index, 1, WRITABLE)?;
        if !matches!(self.object(found.array)?.body, Body::Shorts(_)) {
            return Err(self.throw(Standard::Security));
        }
        let stored =
            self.state.heap.store_short(found.array, found.offset, value, Write::Transactional);
        stored.map_err(|error| self.write_error(error))
    }

    /// An element of an int or reference array.
    ///
    /// # Errors
    /// As [`Vm::bytes`].
    pub fn cell_at(&mut self, array: Reference, index: i16) -> Result<i32, Trap> {
        let found = self.located(array, index, 1, READABLE)?;
        match self.state.heap.get(found.array).map(|object| &object.body) {
            Some(Body::Ints(cells) | Body::References { cells, .. }) => cells
                .get(found.offset)
                .copied()
                .ok_or(Trap::Fault(Fault::IllFormed("array bounds"))),
            _ => Err(self.throw(Standard::Security)),
        }
    }

    /// Stores an element of an int or reference array.
    ///
    /// # Errors
    /// As [`Vm::write_bytes`].
    pub fn set_cell_at(
        &mut self,
        array: Reference,
        index: i16,
        value: i32,
        write: Write,
    ) -> Result<(), Trap> {
        let found = self.located(array, index, 1, WRITABLE)?;
        if !matches!(self.object(found.array)?.body, Body::Ints(_) | Body::References { .. }) {
            return Err(self.throw(Standard::Security));
        }
        let stored = self.state.heap.store_cell(found.array, found.offset, value, write);
        stored.map_err(|error| self.write_error(error))
    }

    /// Where a part of a byte or boolean array is.
    fn checked(
        &mut self,
        array: Reference,
        offset: i16,
        length: i16,
        right: i16,
    ) -> Result<Elements, Trap> {
        let found = self.located(array, offset, length, right)?;
        if matches!(self.object(found.array)?.body, Body::Bytes(_)) {
            return Ok(found);
        }
        Err(self.throw(Standard::Security))
    }

    /// Where a part of an array is, whatever its type. A view must grant the right.
    fn located(
        &mut self,
        array: Reference,
        offset: i16,
        length: i16,
        right: i16,
    ) -> Result<Elements, Trap> {
        self.check_access(array)?;
        let granted = match self.object(array)?.body {
            Body::View { attributes, .. } => attributes & right == right,
            _ => true,
        };
        if !granted {
            return Err(self.throw(Standard::Security));
        }
        let Some(found) = self.state.heap.elements(array) else {
            return Err(self.throw(Standard::Security));
        };
        let start = usize::try_from(offset).ok();
        let length = usize::try_from(length).ok();
        match (start, length) {
            (Some(start), Some(length)) if start + length <= found.length => {
                self.spend_on(length)?;
                Ok(Elements { array: found.array, offset: found.offset + start, length })
            }
            _ => Err(self.throw(Standard::ArrayIndexOutOfBounds)),
        }
    }

    /// Uses fuel for work on so many bytes.
    pub(super) fn spend_on(&mut self, bytes: usize) -> Result<(), Trap> {
        self.spend(u64::try_from(bytes / BYTES_PER_FUEL).unwrap_or(u64::MAX))
    }
}
