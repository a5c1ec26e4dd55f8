//! Calls of programs by natives and by the card.

use super::Vm;
use crate::{
    code::LoadedPackage,
    ident::{AppletId, ClassId, MethodId, PackageId},
    interpreter,
    native::Native,
    reference::Reference,
    trap::{Fault, Trap},
};
use capfile::component::MethodLocation;

impl Vm<'_> {
    /// Calls a virtual method of an object by its token, in the context of the object's owner; `arguments` without the receiver.
    ///
    /// The token is one of the native class through which the card or a native knows the object, e.g. 7 for `Applet.process`.
    ///
    /// # Errors
    /// `NullPointerException`; what the method throws; faults.
    pub fn call_virtual(
        &mut self,
        native: &mut dyn Native,
        receiver: Reference,
        token: u8,
        arguments: &[i32],
    ) -> Result<i32, Trap> {
        let class = self.object(receiver)?.class;
        let method = self.code.virtual_method(class, token);
        self.call_on(native, receiver, method, arguments)
    }

    /// Calls a method of an interface on an object, in the context of the object's owner.
    ///
    /// # Errors
    /// As [`Vm::call_virtual`].
    pub fn call_interface(
        &mut self,
        native: &mut dyn Native,
        receiver: Reference,
        (interface, token): (ClassId, u8),
        arguments: &[i32],
    ) -> Result<i32, Trap> {
        let class = self.object(receiver)?.class;
        let method = self.code.interface_method(class, interface, token);
        self.call_on(native, receiver, method, arguments)
    }

    fn call_on(
        &mut self,
        native: &mut dyn Native,
        receiver: Reference,
        method: Option<MethodId>,
        arguments: &[i32],
    ) -> Result<i32, Trap> {
        let method = method.ok_or(Fault::IllFormed("a call of a method that is not there"))?;
        let object = self.object(receiver)?;
        let owner = (object.context, object.owner);
        let mut all = vec![receiver.to_cell()];
        all.extend_from_slice(arguments);
        interpreter::call(self, native, method, owner, &all)
    }

    /// Calls a static method of a loaded package, e.g. `install` of an applet, in the package's context and for an applet.
    ///
    /// # Errors
    /// What the method throws; faults.
    pub fn call_static(
        &mut self,
        native: &mut dyn Native,
        package: PackageId,
        location: MethodLocation,
        applet: AppletId,
        arguments: &[i32],
    ) -> Result<i32, Trap> {
        let missing = Fault::IllFormed("a call of a method that is not there");
        let method = self.code.package(package).and_then(|found| found.method_at(location));
        let method = MethodId::loaded(package, method.ok_or(missing)?);
        interpreter::call(self, native, method, (package.context(), applet), arguments)
    }

    /// A loaded package.
    #[must_use]
    pub fn package(&self, id: PackageId) -> Option<&LoadedPackage> {
        self.code.package(id)
    }
}
