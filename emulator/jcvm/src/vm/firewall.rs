//! The firewall, for natives: whether the code that called may use an object [JCRE 3.0.5 §6.2.8].

use super::Vm;
use crate::{
    heap::{Lifetime, Object, ObjectFlags},
    ident::ContextId,
    reference::Reference,
    trap::{Standard, Trap},
};

/// Whether code of a context may read and write the content of an object.
#[inline]
pub(crate) const fn may_access(object: &Object, context: ContextId) -> bool {
    object.context.0 == context.0
        || context.0 == ContextId::JCRE.0
        || object.flags.contains(ObjectFlags::GLOBAL_ARRAY)
}

/// Whether code of a context may call a virtual method of an object.
#[inline]
pub(crate) const fn may_call(object: &Object, context: ContextId) -> bool {
    may_access(object, context) || object.flags.intersects(ObjectFlags::ENTRY_POINT)
}

impl Vm<'_> {
    /// Checks that the code that called may use the content of an object: it is of its context, or a global array.
    ///
    /// # Errors
    /// `NullPointerException`, `SecurityException`.
    pub fn check_access(&mut self, reference: Reference) -> Result<(), Trap> {
        let context = self.state.context;
        let object = self.object(reference)?;
        let allowed = may_access(object, context);
        let deselect = object.lifetime() == Lifetime::ClearOnDeselect;
        if !allowed || deselect && !self.state.may_use_deselect_transient(context) {
            return Err(self.throw(Standard::Security));
        }
        Ok(())
    }

    /// Checks that the code that called may call methods of an object.
    ///
    /// # Errors
    /// `NullPointerException`, `SecurityException`.
    pub fn check_call(&mut self, reference: Reference) -> Result<(), Trap> {
        let context = self.state.context;
        if may_call(self.object(reference)?, context) {
            return Ok(());
        }
        Err(self.throw(Standard::Security))
    }
}
