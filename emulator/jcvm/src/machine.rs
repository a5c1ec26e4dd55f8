//! A machine: packages and objects of one card, and what is running.

use std::{collections::BTreeMap, sync::Arc};

use capfile::CapFile;
use faults::Fault as Planted;
use iso7816::Aid;

use crate::{
    api::ApiTable,
    code::{Code, LinkError, LoadedPackage},
    heap::{AbortedObjects, Body, Heap, Lifetime, ObjectFlags},
    ident::{AppletId, ClassId, ContextId, PackageId},
    interpreter::{Frame, Stack},
    limits::Limits,
    reference::Reference,
    trap::{Fault, Standard, Trap},
    vm::Vm,
};

/// Most applet instances.
pub const APPLETS_MAX: usize = 0xFE;

/// An applet instance, as the machine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppletRecord {
    /// AID of the instance: while it is installed, what `register()` would give it.
    pub aid: Aid,
    /// Its package.
    pub package: PackageId,
    /// The applet object; null until it has registered.
    pub instance: Reference,
}

/// Everything that changes while programs run.
#[derive(Debug)]
pub struct State {
    /// Objects.
    pub heap: Heap,
    /// Taken by the interpreter while it runs.
    pub(crate) stack: Option<Stack>,
    /// Cells of the stack that are in use.
    pub(crate) top: usize,
    pub(crate) frames: Vec<Frame>,
    /// Whose code runs.
    pub(crate) context: ContextId,
    pub(crate) applet: AppletId,
    /// The context of the applet that is selected on the channel of this command.
    pub(crate) selected: Option<ContextId>,
    pub(crate) applets: Vec<Option<AppletRecord>>,
    /// Exceptions of the runtime environment, one of a class.
    pub(crate) exceptions: BTreeMap<ClassId, Reference>,
    pub(crate) fuel: u64,
    pub(crate) nesting: usize,
    /// Instructions are checked as they run, for some code is not verified.
    pub(crate) checked: bool,
    limits: Limits,
}

impl State {
    fn new(limits: &Limits) -> Self {
        Self {
            heap: Heap::new(limits),
            stack: None,
            top: 0,
            frames: Vec::new(),
            context: ContextId::JCRE,
            applet: AppletId::NONE,
            selected: None,
            applets: Vec::new(),
            exceptions: BTreeMap::new(),
            fuel: limits.fuel,
            nesting: 0,
            checked: false,
            limits: *limits,
        }
    }

    /// All applets.
    pub fn applets(&self) -> impl Iterator<Item = (AppletId, &AppletRecord)> {
        let all = (0_u8..).zip(&self.applets);
        all.filter_map(|(id, record)| record.as_ref().map(|record| (AppletId(id), record)))
    }

    /// Whether code of a context may use transient objects that are cleared on deselection: only that of the selected applet
    /// [JCRE 3.0.5 §5.1].
    #[inline]
    pub(crate) fn may_use_deselect_transient(&self, context: ContextId) -> bool {
        context == ContextId::JCRE
            || self.selected == Some(context)
            || faults::active(Planted::DeselectTransientOpen)
    }

    /// References to objects of an aborted transaction become null on the stack, too.
    pub(crate) fn forget(&mut self, aborted: &AbortedObjects) {
        if aborted.0.is_empty() {
            return;
        }
        let used = self.stack.iter_mut().flat_map(Stack::iter_mut).take(self.top);
        used.filter(|cell| aborted.contains(**cell)).for_each(|cell| *cell = 0);
    }

    /// The runtime environment's exception of a class. The object is made when it is thrown for the first time.
    #[cold]
    pub(crate) fn throw(&mut self, code: &Code, class: ClassId, reason: i16) -> Trap {
        let Some(exception) = self.exception(code, class) else {
            return Trap::Fault(Fault::StackOverflow);
        };
        let throwable = ClassId::new(Standard::JAVA_LANG, 1);
        let cell = code.first_cell(throwable);
        if let Some(cells) = self.heap.get_mut(exception).and_then(|object| object.body.cells_mut())
            && let Some(cell) = cells.get_mut(cell)
        {
            *cell = i32::from(reason);
        }
        Trap::Exception(exception)
    }

    /// The runtime environment's object of an exception class.
    fn exception(&mut self, code: &Code, class: ClassId) -> Option<Reference> {
        if let Some(known) = self.exceptions.get(&class) {
            return Some(*known);
        }
        let cells = code.instance_cells(class).max(1);
        let body = Body::Fields(vec![0; cells].into());
        let owner = (ContextId::JCRE, AppletId::NONE);
        let made = self.heap.allocate(class, owner, Lifetime::Runtime, body).ok()?;
        if let Some(object) = self.heap.get_mut(made) {
            object.flags.insert(ObjectFlags::TEMPORARY_ENTRY_POINT);
        }
        self.exceptions.insert(class, made);
        Some(made)
    }
}

/// Packages and objects of one card.
#[derive(Debug)]
pub struct Machine {
    code: Code,
    state: State,
}

impl Machine {
    /// A machine without loaded packages.
    #[must_use]
    pub fn new(api: &'static ApiTable, limits: &Limits) -> Self {
        Self { code: Code::new(api), state: State::new(limits) }
    }

    /// Packages.
    #[must_use]
    pub const fn code(&self) -> &Code {
        &self.code
    }

    /// Objects, to read.
    #[must_use]
    pub const fn heap(&self) -> &Heap {
        &self.state.heap
    }

    /// Objects, to be saved, restored and given memory.
    pub const fn heap_mut(&mut self) -> &mut Heap {
        &mut self.state.heap
    }

    /// The machine as natives and the card's own calls see it.
    pub const fn vm(&mut self) -> Vm<'_> {
        Vm::new(&self.code, &mut self.state)
    }

    /// Begins a command: fuel is full, `selected` is the context of the applet that is selected on its channel.
    pub const fn begin(&mut self, selected: Option<ContextId>) {
        self.state.fuel = self.state.limits.fuel;
        self.state.selected = selected;
    }

    /// Instructions that may still run in this command: an upper bound of those that ran is what is missing from the limit.
    #[must_use]
    pub const fn fuel(&self) -> u64 {
        self.state.fuel
    }

    /// Fuel that was used since [`begin`](Self::begin): one for each instruction, more for natives that move many bytes.
    #[must_use]
    pub const fn fuel_used(&self) -> u64 {
        self.state.limits.fuel.saturating_sub(self.state.fuel)
    }

    /// Volatile memory is gone: the stack, what was running, transient objects.
    pub fn reset(&mut self) {
        self.state.stack = None;
        self.state.top = 0;
        self.state.frames.clear();
        self.state.context = ContextId::JCRE;
        self.state.applet = AppletId::NONE;
        self.state.selected = None;
        self.state.nesting = 0;
        if self.state.heap.in_transaction() {
            // The power failed: what was not committed is undone [JCRE 3.0.5 §7.2].
            let _ = self.state.heap.abort_transaction();
        }
        self.state.heap.clear_transient(None);
    }

    /// Loads a package: links it, verifies it if asked to, makes its static fields.
    ///
    /// # Errors
    /// [`LinkError`]; nothing has changed then.
    pub fn load(&mut self, cap: Arc<CapFile>, verify: bool) -> Result<PackageId, LinkError> {
        let aid = cap.header.aid;
        let native = self.code.api().find(aid.as_bytes()).is_some();
        if native || self.code.packages().any(|package| package.aid == aid) {
            return Err(LinkError::AlreadyLoaded(aid));
        }
        let id = self.code.free_id().ok_or(LinkError::TooManyPackages)?;
        let mut package = self.link(id, cap, verify)?;
        package.statics = self.make_statics(&package)?;
        self.insert(package);
        Ok(id)
    }

    /// Puts a package back, when an image is opened: its objects come back from their records.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn restore_package(
        &mut self,
        id: PackageId,
        cap: Arc<CapFile>,
        verify: bool,
        statics: Reference,
    ) -> Result<(), LinkError> {
        let mut package = self.link(id, cap, verify)?;
        package.statics = statics;
        self.insert(package);
        Ok(())
    }

    fn link(
        &self,
        id: PackageId,
        cap: Arc<CapFile>,
        verify: bool,
    ) -> Result<LoadedPackage, LinkError> {
        let mut package = self.code.link(id, cap)?;
        if verify {
            crate::verifier::verify(&self.code, &package)
                .map_err(|error| LinkError::Verification(error.to_string()))?;
            package.verified = true;
        }
        Ok(package)
    }

    /// Makes a package known that an earlier session verified already.
    pub fn trust(&mut self, id: PackageId) {
        let package = id.slot().and_then(|slot| self.code.packages.get_mut(slot));
        if let Some(Some(package)) = package {
            package.verified = true;
        }
        self.state.checked = self.code.packages().any(|package| !package.verified);
    }

    fn insert(&mut self, package: LoadedPackage) {
        self.code.insert(package);
        self.state.checked = self.code.packages().any(|package| !package.verified);
    }

    fn make_statics(&mut self, package: &LoadedPackage) -> Result<Reference, LinkError> {
        let full = LinkError::NoMemory;
        let owner = (package.id.context(), AppletId::NONE);
        let fields = &package.cap.static_field;
        let heap = &mut self.state.heap;
        let mut allocate =
            |(class, body)| heap.allocate(class, owner, Lifetime::Persistent, body).ok();
        let arrays = fields.arrays.iter().map(|array| {
            allocate(initial_array(array.element_type, &array.values)).map(Reference::to_cell)
        });
        let arrays: Option<Vec<i32>> = arrays.collect();
        let image = arrays.and_then(|mut references| {
            references.resize(usize::from(fields.reference_count), 0);
            let mut bytes = vec![0; usize::from(fields.default_value_count)];
            let defaults = bytes.len();
            bytes.extend_from_slice(&fields.non_default_values);
            if faults::active(Planted::StaticValuesLost) {
                bytes.iter_mut().skip(defaults).for_each(|byte| *byte = 0);
            }
            let body = Body::Statics { references: references.into(), bytes: bytes.into() };
            allocate((ClassId::STATIC_IMAGE, body))
        });
        if image.is_none() {
            // Arrays that had room.
            heap.remove_of_context(owner.0);
        }
        image.ok_or(full)
    }

    /// Takes a package away, with its static fields; its instances must be gone. Returns whether it was there.
    pub fn unload(&mut self, id: PackageId) -> bool {
        let Some(slot) = id.slot().and_then(|slot| self.code.packages.get_mut(slot)) else {
            return false;
        };
        let Some(package) = slot.take() else { return false };
        self.state.heap.remove(package.statics.handle());
        self.state.heap.remove_of_context(id.context());
        self.state.exceptions.retain(|class, _| class.package() != id);
        self.state.checked = self.code.packages().any(|package| !package.verified);
        true
    }

    /// Whether another package imports this one.
    #[must_use]
    pub fn is_imported(&self, id: PackageId) -> bool {
        self.code.packages().any(|package| package.id != id && package.imports.contains(&id))
    }

    /// Whether objects of other contexts refer to objects of this package or of one of its applets [JCRE 3.0.5 §11.3.4].
    #[must_use]
    pub fn is_referenced(&self, id: PackageId, applet: Option<AppletId>) -> bool {
        self.state.heap.is_referenced(|object| {
            object.context == id.context() && applet.is_none_or(|applet| object.owner == applet)
        })
    }

    /// Makes room for an applet instance that is going to register.
    #[must_use]
    pub fn add_applet(&mut self, record: AppletRecord) -> Option<AppletId> {
        let applets = &mut self.state.applets;
        let slot = applets.iter().position(Option::is_none).unwrap_or(applets.len());
        if slot >= APPLETS_MAX {
            return None;
        }
        let id = AppletId(u8::try_from(slot).ok()?);
        self.restore_applet(id, record);
        Some(id)
    }

    /// Puts an applet instance back in its place.
    pub fn restore_applet(&mut self, id: AppletId, record: AppletRecord) {
        let slot = usize::from(id.0);
        if slot >= APPLETS_MAX {
            return;
        }
        let applets = &mut self.state.applets;
        if applets.len() <= slot {
            applets.resize_with(slot + 1, || None);
        }
        if let Some(place) = applets.get_mut(slot) {
            *place = Some(record);
        }
    }

    /// Takes an applet instance away, with all objects that it owns.
    pub fn remove_applet(&mut self, id: AppletId) {
        if let Some(place) = self.state.applets.get_mut(usize::from(id.0)) {
            *place = None;
        }
        self.state.heap.remove_of_applet(id);
    }

    /// Forgets an applet whose objects have been taken back already.
    pub fn forget_applet(&mut self, id: AppletId) {
        if let Some(place) = self.state.applets.get_mut(usize::from(id.0)) {
            *place = None;
        }
    }

    /// All applets.
    pub fn applets(&self) -> impl Iterator<Item = (AppletId, &AppletRecord)> {
        self.state.applets()
    }

    /// Reclaims objects that nothing reaches: roots are the applets and whatever else the card names.
    pub fn collect(&mut self, others: impl Iterator<Item = Reference>) -> crate::heap::Reclaimed {
        let instances: Vec<Reference> =
            self.state.applets().map(|(_, record)| record.instance).collect();
        self.state.heap.collect(instances.into_iter().chain(others))
    }
}

fn initial_array(element_type: u8, values: &[u8]) -> (ClassId, Body) {
    match element_type {
        2 => (ClassId::BOOLEAN_ARRAY, Body::Bytes(values.into())),
        4 => {
            let shorts = values.as_chunks().0.iter().map(|pair| i16::from_be_bytes(*pair));
            (ClassId::SHORT_ARRAY, Body::Shorts(shorts.collect()))
        }
        5 => {
            let ints = values.as_chunks().0.iter().map(|four| i32::from_be_bytes(*four));
            (ClassId::INT_ARRAY, Body::Ints(ints.collect()))
        }
        _ => (ClassId::BYTE_ARRAY, Body::Bytes(values.into())),
    }
}
