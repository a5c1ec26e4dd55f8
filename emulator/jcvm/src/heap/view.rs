//! Array views, resolved to the array that they look at [JCRE 3.1 §6.2.3].

use super::{Body, Heap, Reference};

/// `JCSystem.ATTR_READABLE_VIEW`.
pub(crate) const READABLE: i16 = 1;
/// `JCSystem.ATTR_WRITABLE_VIEW`.
pub(crate) const WRITABLE: i16 = 2;
/// How many views may look through each other.
const VIEW_DEPTH_MAX: usize = 8;

/// Elements of an array: which array, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements {
    /// The array that holds them.
    pub array: Reference,
    /// Index of the first.
    pub offset: usize,
    /// How many.
    pub length: usize,
}

impl Heap {
    /// The elements of an array, through views.
    #[must_use]
    pub fn elements(&self, reference: Reference) -> Option<Elements> {
        let object = self.get(reference)?;
        let mut found = Elements { array: reference, offset: 0, length: object.body.length() };
        for _ in 0..VIEW_DEPTH_MAX {
            let Body::View { target, offset, .. } = &self.get(found.array)?.body else {
                return Some(found);
            };
            found.array = *target;
            found.offset += usize::from(*offset);
        }
        None
    }
}
