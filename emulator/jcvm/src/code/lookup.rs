//! Questions to classes, wherever they come from.

use super::{Code, LoadedClass};
use crate::{
    api::{ApiClass, MethodKind},
    ident::{ClassId, MethodId},
    limits::HIERARCHY_MAX,
};

impl Code {
    /// A class of a loaded package.
    #[inline]
    #[must_use]
    pub fn loaded_class(&self, id: ClassId) -> Option<&LoadedClass> {
        self.package(id.package())?.classes.get(usize::from(id.index()))
    }

    /// A native class.
    #[must_use]
    pub fn api_class(&self, id: ClassId) -> Option<&'static ApiClass> {
        self.api.class(id)
    }

    /// Whether the class is an interface.
    #[must_use]
    pub fn is_interface(&self, id: ClassId) -> bool {
        match self.loaded_class(id) {
            Some(class) => class.is_interface,
            None => self.api_class(id).is_some_and(|class| class.is_interface),
        }
    }

    /// Whether the class is a shareable interface.
    #[must_use]
    pub fn is_shareable(&self, id: ClassId) -> bool {
        match self.loaded_class(id) {
            Some(class) => class.is_interface && class.shareable,
            None => self.api_class(id).is_some_and(|class| class.is_interface && class.shareable),
        }
    }

    /// The superclass.
    #[must_use]
    pub fn superclass(&self, id: ClassId) -> Option<ClassId> {
        match self.loaded_class(id) {
            Some(class) => class.superclass,
            None => self.api_class(id)?.superclass,
        }
    }

    /// The class and its superclasses, nearest first.
    pub fn hierarchy(&self, id: ClassId) -> impl Iterator<Item = ClassId> {
        core::iter::successors(Some(id), |class| self.superclass(*class)).take(HIERARCHY_MAX)
    }

    /// Whether instances of `class` are instances of `target`, a class, interface or array class.
    #[must_use]
    pub fn is_subclass(&self, class: ClassId, target: ClassId) -> bool {
        if class == target || target == ClassId::OBJECT {
            return true;
        }
        if let Some(loaded) = self.loaded_class(class) {
            return loaded.supertypes.binary_search(&target).is_ok();
        }
        let implements = |native: &ApiClass| native.interfaces.contains(&target);
        self.hierarchy(class)
            .any(|class| class == target || self.api_class(class).is_some_and(implements))
    }

    /// Cells of an instance.
    #[must_use]
    pub fn instance_cells(&self, id: ClassId) -> usize {
        match self.loaded_class(id) {
            Some(class) => class.cells,
            None => self.hierarchy(id).map(|class| self.own_native_cells(class)).sum(),
        }
    }

    /// The first cell that the class itself declares.
    #[must_use]
    pub fn first_cell(&self, id: ClassId) -> usize {
        match self.loaded_class(id) {
            Some(class) => class.first_cell,
            None => self.hierarchy(id).skip(1).map(|class| self.own_native_cells(class)).sum(),
        }
    }

    fn own_native_cells(&self, id: ClassId) -> usize {
        self.api_class(id).map_or(0, |class| usize::from(class.cells))
    }

    /// The virtual method with a token, as an instance of the class has it.
    #[inline]
    #[must_use]
    pub fn virtual_method(&self, class: ClassId, token: u8) -> Option<MethodId> {
        if let Some(loaded) = self.loaded_class(class) {
            return loaded.virtual_methods.get(usize::from(token))?.method;
        }
        let class = if class.is_array() { ClassId::OBJECT } else { class };
        let method = self.api_class(class)?.method(MethodKind::Virtual, token)?;
        Some(MethodId::native(method.native))
    }

    /// The method that an instance of the class has for a method of an interface.
    #[must_use]
    pub fn interface_method(
        &self,
        class: ClassId,
        interface: ClassId,
        token: u8,
    ) -> Option<MethodId> {
        for ancestor in self.hierarchy(class) {
            let Some(loaded) = self.loaded_class(ancestor) else { break };
            for known in &loaded.interfaces {
                if known.interface == interface {
                    let token = *known.tokens.get(usize::from(token))?;
                    return self.virtual_method(class, token);
                }
            }
        }
        // What a native class implements is native, and known by the interface's row; unless a subclass overrides it.
        let native = self.hierarchy(class).find(|class| class.package().is_native())?;
        if !self.is_subclass(native, interface) {
            return None;
        }
        let method = self.api_class(interface)?.method(MethodKind::Interface, token)?;
        if class != native
            && let Some(own) = self.api_class(native)?.virtual_named(method.name, method.descriptor)
        {
            return self.virtual_method(class, own.token);
        }
        Some(MethodId::native(method.native))
    }
}
