//! The machine as natives see it: objects under the firewall, exceptions, calls into programs.

mod arrays;
mod calls;
pub(crate) mod firewall;
mod runtime;

use crate::{
    code::Code,
    heap::{AbortedObjects, Body, Heap, Lifetime, Object, ObjectFlags, OutOfMemory, Write},
    ident::{AppletId, ClassId, ContextId},
    limits::ARRAY_LENGTH_MAX,
    machine::{AppletRecord, State},
    reference::Reference,
    trap::{Fault, Standard, Trap},
};

/// Packages and objects, while something runs.
pub struct Vm<'a> {
    pub(crate) code: &'a Code,
    pub(crate) state: &'a mut State,
}

impl<'a> Vm<'a> {
    pub(crate) const fn new(code: &'a Code, state: &'a mut State) -> Self {
        Self { code, state }
    }

    // --- who runs ---

    /// The context whose code called.
    #[must_use]
    pub const fn context(&self) -> ContextId {
        self.state.context
    }

    /// The applet on whose behalf the code runs; `NONE` for the runtime environment.
    #[must_use]
    pub const fn applet(&self) -> AppletId {
        self.state.applet
    }

    /// The applet that was active before the last context switch [JCRE 3.0.5 §6.2.5.2].
    #[must_use]
    pub fn previous_applet(&self) -> AppletId {
        let switched = |frame: &&crate::interpreter::Frame| frame.context != self.state.context;
        self.state.frames.iter().rev().find(switched).map_or(AppletId::NONE, |frame| frame.applet)
    }

    /// What the machine knows of an applet.
    #[must_use]
    pub fn applet_record(&self, id: AppletId) -> Option<&AppletRecord> {
        self.state.applets.get(usize::from(id.0))?.as_ref()
    }

    /// All applets.
    pub fn applets(&self) -> impl Iterator<Item = (AppletId, &AppletRecord)> {
        self.state.applets()
    }

    /// What the machine knows of an applet, to be completed when it registers.
    pub fn applet_record_mut(&mut self, id: AppletId) -> Option<&mut AppletRecord> {
        self.state.applets.get_mut(usize::from(id.0))?.as_mut()
    }

    /// Uses fuel for work that takes longer than a native call does in any case: that of about so many instructions.
    ///
    /// # Errors
    /// A fault when there is not so much left.
    pub fn spend(&mut self, fuel: u64) -> Result<(), Trap> {
        let left = self.state.fuel.checked_sub(fuel);
        self.state.fuel = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Trap::Fault(Fault::OutOfFuel))
    }

    /// Heap, to read.
    #[must_use]
    pub const fn heap(&self) -> &Heap {
        &self.state.heap
    }

    /// Heap, with everything that it can do. The firewall is the caller's business.
    pub const fn heap_mut(&mut self) -> &mut Heap {
        &mut self.state.heap
    }

    // --- exceptions ---

    /// A standard exception, on its way.
    pub fn throw(&mut self, exception: Standard) -> Trap {
        let (class, reason) = exception.class();
        self.throw_class(class, reason)
    }

    /// The runtime environment's exception of a native class, with a reason [JCRE 3.0.5 §6.2.1].
    pub fn throw_class(&mut self, class: ClassId, reason: i16) -> Trap {
        self.state.throw(self.code, class, reason)
    }

    // --- objects ---

    /// The object behind a reference, whoever owns it.
    ///
    /// # Errors
    /// `NullPointerException`.
    pub fn object(&mut self, reference: Reference) -> Result<&Object, Trap> {
        if self.state.heap.get(reference).is_none() {
            return Err(self.throw(Standard::NullPointer));
        }
        self.state.heap.get(reference).ok_or(Trap::Fault(Fault::IllFormed("no object")))
    }

    /// Whether an object is an instance of a class, interface or array class [JCVM 3.0.5 §7.5.20].
    #[must_use]
    pub fn is_instance(&self, reference: Reference, class: ClassId) -> bool {
        self.state
            .heap
            .get(reference)
            .is_some_and(|object| self.code.is_subclass(object.class, class))
    }

    /// A hidden cell of a native object (or of an applet's subclass of a native class): `index` counts from the first cell of the
    /// native class that declares it, `class`.
    #[must_use]
    pub fn field(&self, this: Reference, class: ClassId, index: usize) -> i32 {
        let first = self.code.first_cell(class);
        let cells = self.state.heap.get(this).and_then(|object| object.body.cells());
        cells.and_then(|cells| cells.get(first + index)).copied().unwrap_or(0)
    }

    /// Stores a hidden cell; see [`Vm::field`].
    ///
    /// # Errors
    /// `TransactionException` when the commit buffer is full; a fault when the power fails.
    pub fn set_field(
        &mut self,
        this: Reference,
        class: ClassId,
        index: usize,
        value: i32,
        write: Write,
    ) -> Result<(), Trap> {
        let cell = self.code.first_cell(class) + index;
        let stored = self.state.heap.store_cell(this, cell, value, write);
        stored.map_err(|error| self.write_error(error))
    }

    /// Makes an instance of a native class for the current applet; its cells are zero and null.
    ///
    /// # Errors
    /// `SystemException` when memory is full.
    pub fn new_instance(&mut self, class: ClassId, lifetime: Lifetime) -> Result<Reference, Trap> {
        let cells = self.code.instance_cells(class);
        self.allocate(class, lifetime, Body::Fields(vec![0; cells].into()))
    }

    /// Makes a byte array for the current applet.
    ///
    /// # Errors
    /// `NegativeArraySizeException`, `SystemException` when memory is full.
    pub fn new_bytes(&mut self, length: i16, lifetime: Lifetime) -> Result<Reference, Trap> {
        self.new_array(ClassId::BYTE_ARRAY, length, lifetime)
    }

    /// Makes an array of a primitive type, or of references to `java.lang.Object`, for the current applet.
    ///
    /// # Errors
    /// As [`Vm::new_bytes`].
    pub fn new_array(
        &mut self,
        class: ClassId,
        length: i16,
        lifetime: Lifetime,
    ) -> Result<Reference, Trap> {
        let Ok(length) = usize::try_from(length) else {
            return Err(self.throw(Standard::NegativeArraySize));
        };
        let body = match class {
            ClassId::SHORT_ARRAY => Body::Shorts(vec![0; length].into()),
            ClassId::INT_ARRAY => Body::Ints(vec![0; length].into()),
            ClassId::REFERENCE_ARRAY => {
                Body::References { element: ClassId::OBJECT, cells: vec![0; length].into() }
            }
            _ => Body::Bytes(vec![0; length].into()),
        };
        self.allocate(class, lifetime, body)
    }

    /// Makes an object of any kind for the current applet.
    ///
    /// # Errors
    /// `SystemException`: `NO_TRANSIENT_SPACE` or `NO_RESOURCE`.
    pub fn allocate(
        &mut self,
        class: ClassId,
        lifetime: Lifetime,
        body: Body,
    ) -> Result<Reference, Trap> {
        debug_assert!(body.length() <= ARRAY_LENGTH_MAX);
        self.spend_on(body.size())?;
        let owner = (self.state.context, self.state.applet);
        self.allocate_for(owner, class, lifetime, body)
    }

    /// Makes an object for somebody else, e.g. an entry point of the runtime environment.
    ///
    /// # Errors
    /// As [`Vm::allocate`].
    pub fn allocate_for(
        &mut self,
        owner: (ContextId, AppletId),
        class: ClassId,
        lifetime: Lifetime,
        body: Body,
    ) -> Result<Reference, Trap> {
        self.state.heap.allocate(class, owner, lifetime, body).map_err(|error| {
            self.throw(Standard::System(match error {
                OutOfMemory::Transient => 2,
                OutOfMemory::Persistent => 5,
            }))
        })
    }

    /// Sets properties of an object that is not recorded, or has just been made.
    pub fn set_flags(&mut self, reference: Reference, flags: ObjectFlags) {
        if let Some(object) = self.state.heap.get_mut(reference) {
            object.flags.insert(flags);
        }
    }

    // --- transactions ---

    /// Begins a transaction.
    ///
    /// # Errors
    /// `TransactionException`: `IN_PROGRESS`.
    pub fn begin_transaction(&mut self) -> Result<(), Trap> {
        self.state.heap.begin_transaction().map_err(|_| self.throw(Standard::Transaction(1)))
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// `TransactionException`: `NOT_IN_PROGRESS`.
    pub fn commit_transaction(&mut self) -> Result<(), Trap> {
        self.state.heap.commit_transaction().map_err(|_| self.throw(Standard::Transaction(2)))
    }

    /// Aborts the transaction; references to objects made in it become null everywhere. The caller forgets what it keeps for them.
    ///
    /// # Errors
    /// `TransactionException`: `NOT_IN_PROGRESS`; a fault when there is no fuel left to go through all objects: then it is aborted.
    pub fn abort_transaction(&mut self) -> Result<AbortedObjects, Trap> {
        match self.state.heap.abort_transaction() {
            Ok(aborted) => {
                self.state.forget(&aborted);
                if !aborted.0.is_empty() {
                    let cells = self.state.heap.extent();
                    self.spend_on(cells)?;
                }
                Ok(aborted)
            }
            Err(_) => Err(self.throw(Standard::Transaction(2))),
        }
    }

    pub(crate) fn write_error(&mut self, error: crate::heap::WriteError) -> Trap {
        use crate::heap::WriteError;
        match error {
            WriteError::BufferFull => self.throw(Standard::Transaction(3)),
            other => Trap::Fault(other.into()),
        }
    }
}
