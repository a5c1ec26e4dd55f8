//! What natives of the runtime environment need beyond objects and arrays.

use super::Vm;
use crate::{heap::Lifetime, ident::ContextId, reference::Reference};

impl Vm<'_> {
    /// The context of the applet that is selected on the channel of this command.
    #[must_use]
    pub const fn selected(&self) -> Option<ContextId> {
        self.state.selected
    }

    /// Takes away an object that was made for the duration of a command and that nobody can have kept; any other object stays.
    pub fn release(&mut self, reference: Reference) {
        let object = self.state.heap.get(reference);
        if object.is_some_and(|object| object.lifetime() == Lifetime::Runtime) {
            self.state.heap.remove_silently(reference.handle());
        }
    }
}
