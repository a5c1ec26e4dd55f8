//! Who does what API methods do natively.

use crate::{
    heap::Reclaimed,
    ident::ClassId,
    reference::Reference,
    trap::{Fault, Trap},
    vm::Vm,
};

/// The native side of the API packages.
pub trait Native {
    /// Performs a native method. What it returns is pushed as the method's descriptor says (nothing for `void`).
    ///
    /// The method runs with the privileges of the runtime environment; it checks by [`Vm`]'s access methods what its caller may use.
    ///
    /// # Errors
    /// The exception that it throws, or a fault.
    fn invoke(
        &mut self,
        vm: &mut Vm<'_>,
        method: u16,
        arguments: Arguments<'_>,
    ) -> Result<i32, Trap>;

    /// The value of a static reference field of a native class, which is no constant: an entry point of the runtime environment.
    ///
    /// # Errors
    /// A fault where no such field is implemented.
    fn static_field(
        &mut self,
        vm: &mut Vm<'_>,
        class: ClassId,
        token: u8,
    ) -> Result<Reference, Trap> {
        let _ = (vm, class, token);
        Err(Fault::IllFormed("a static field that nobody implements").into())
    }

    /// Objects were reclaimed: whatever is kept for them natively goes.
    fn reclaimed(&mut self, objects: &Reclaimed);
}

/// Arguments of a native method, in cells, `this` first.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(pub &'a [i32]);

impl Arguments<'_> {
    /// The cell at this position. Linking has matched the number of cells, so that there is one.
    ///
    /// # Errors
    /// A fault when there is none.
    pub fn cell(&self, index: usize) -> Result<i32, Trap> {
        self.0.get(index).copied().ok_or(Trap::Fault(Fault::IllFormed("a native lacks arguments")))
    }

    /// A reference.
    ///
    /// # Errors
    /// As [`Arguments::cell`].
    pub fn reference(&self, index: usize) -> Result<Reference, Trap> {
        self.cell(index).map(Reference::from_cell)
    }

    /// A short.
    ///
    /// # Errors
    /// As [`Arguments::cell`].
    #[allow(clippy::cast_possible_truncation)] // a cell holds a short
    pub fn short(&self, index: usize) -> Result<i16, Trap> {
        self.cell(index).map(|cell| cell as i16)
    }

    /// A byte.
    ///
    /// # Errors
    /// As [`Arguments::cell`].
    #[allow(clippy::cast_possible_truncation)] // a cell holds a byte
    pub fn byte(&self, index: usize) -> Result<i8, Trap> {
        self.cell(index).map(|cell| cell as i8)
    }

    /// A boolean.
    ///
    /// # Errors
    /// As [`Arguments::cell`].
    pub fn boolean(&self, index: usize) -> Result<bool, Trap> {
        self.cell(index).map(|cell| cell & 1 != 0)
    }

    /// An int, which takes this cell and the next.
    ///
    /// # Errors
    /// As [`Arguments::cell`].
    pub fn int(&self, index: usize) -> Result<i32, Trap> {
        self.cell(index + 1)?;
        self.cell(index)
    }
}
