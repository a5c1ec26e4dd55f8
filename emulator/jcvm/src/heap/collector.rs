//! The collector: what no root reaches goes [JCRE 3.0.5 §8].

use super::{Body, Heap, Object, ObjectFlags, Reference};
use crate::ident::{AppletId, ContextId};

/// Handles of objects that were reclaimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed(pub Vec<u32>);

impl Heap {
    /// Reclaims what is not reached from the roots. Objects of the runtime environment and static images are roots by themselves.
    ///
    /// Which cells hold references is told by their mark: an int that looks like one keeps an object that nobody needs, which is
    /// harmless.
    pub fn collect(&mut self, roots: impl Iterator<Item = Reference>) -> Reclaimed {
        let mut pending: Vec<Reference> = roots.collect();
        let own = |object: &Object| {
            object.flags.contains(ObjectFlags::RUNTIME)
                || object.context == ContextId::JCRE
                || matches!(object.body, Body::Statics { .. })
        };
        pending.extend(self.objects().filter(|(_, object)| own(object)).map(|(root, _)| root));
        while let Some(reference) = pending.pop() {
            self.mark(reference, &mut pending);
        }
        self.sweep()
    }

    fn mark(&mut self, reference: Reference, pending: &mut Vec<Reference>) {
        let Some(object) = self.get_mut(reference) else { return };
        if object.flags.contains(ObjectFlags::MARKED) {
            return;
        }
        object.flags.insert(ObjectFlags::MARKED);
        match &object.body {
            Body::Fields(cells)
            | Body::References { cells, .. }
            | Body::Statics { references: cells, .. } => {
                let references = cells.iter().map(|cell| Reference::from_cell(*cell));
                pending.extend(references.filter(|reference| !reference.is_null()));
            }
            Body::View { target, .. } => pending.push(*target),
            Body::Bytes(_) | Body::Shorts(_) | Body::Ints(_) => {}
        }
    }

    fn sweep(&mut self) -> Reclaimed {
        let mut reclaimed = Vec::new();
        for (handle, slot) in (0_u32..).zip(&mut self.slots) {
            let Some(object) = slot else { continue };
            if object.flags.contains(ObjectFlags::MARKED) {
                object.flags.remove(ObjectFlags::MARKED);
            } else {
                reclaimed.push(handle);
            }
        }
        for handle in &reclaimed {
            self.remove(*handle);
        }
        Reclaimed(reclaimed)
    }
}

impl Heap {
    /// Takes away all objects of a context, when its package goes.
    pub(crate) fn remove_of_context(&mut self, context: ContextId) {
        self.remove_where(|object| object.context == context);
    }

    /// Takes away all objects of an applet, when it is deleted.
    pub(crate) fn remove_of_applet(&mut self, applet: AppletId) {
        self.remove_where(|object| object.owner == applet && object.context != ContextId::JCRE);
    }

    fn remove_where(&mut self, which: impl Fn(&Object) -> bool) {
        let handles: Vec<u32> = self
            .objects()
            .filter(|(_, object)| which(object))
            .map(|(reference, _)| reference.handle())
            .collect();
        for handle in handles {
            self.remove_silently(handle);
        }
    }

    /// Whether an object outside of a group refers to one in it.
    pub(crate) fn is_referenced(&self, inside: impl Fn(&Object) -> bool) -> bool {
        self.objects().filter(|(_, object)| !inside(object)).any(|(_, object)| {
            let cells = match &object.body {
                Body::Fields(cells)
                | Body::References { cells, .. }
                | Body::Statics { references: cells, .. } => cells.as_ref(),
                _ => &[],
            };
            let view = match object.body {
                Body::View { target, .. } => Some(target),
                _ => None,
            };
            cells
                .iter()
                .map(|cell| Reference::from_cell(*cell))
                .chain(view)
                .any(|reference| self.get(reference).is_some_and(&inside))
        })
    }
}
