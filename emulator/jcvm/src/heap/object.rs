//! An object: header and content.

use bitflags::bitflags;
use zeroize::Zeroize as _;

use crate::{
    ident::{AppletId, ClassId, ContextId},
    reference::Reference,
};

/// What the record of an object costs beyond its content, in bytes: header, key and the overhead of a record.
pub(super) const RECORD_HEADER: usize = 24;

/// Where the content of an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// In persistent memory.
    Persistent,
    /// In RAM, cleared at reset; the object itself is persistent.
    ClearOnReset,
    /// In RAM, cleared when its applet is deselected and at reset; the object itself is persistent.
    ClearOnDeselect,
    /// Of the runtime environment: made anew when the card starts, never recorded.
    Runtime,
}

bitflags! {
    /// Properties of an object.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ObjectFlags: u16 {
        /// Content is cleared at reset.
        const CLEAR_ON_RESET = 0x0001;
        /// Content is cleared at deselection.
        const CLEAR_ON_DESELECT = 0x0002;
        /// Not recorded.
        const RUNTIME = 0x0004;
        /// Entry point whose reference may be stored [JCRE 3.0.5 §6.2.1].
        const PERMANENT_ENTRY_POINT = 0x0008;
        /// Entry point whose reference may not be stored.
        const TEMPORARY_ENTRY_POINT = 0x0010;
        /// Array that every context may use, and whose reference may not be stored [JCRE 3.0.5 §6.2.2].
        const GLOBAL_ARRAY = 0x0020;
        /// The record is not up to date.
        const DIRTY = 0x0040;
        /// Reached by the collector.
        const MARKED = 0x0080;
        /// A key, a PIN or what else must leave no trace when it goes.
        const SENSITIVE = 0x0100;
        /// There is no record yet.
        const FRESH = 0x0200;
    }
}

impl ObjectFlags {
    /// Whether stores to an object with these flags are persistent.
    #[inline]
    pub(super) const fn is_persistent(self) -> bool {
        !self.intersects(Self::RUNTIME.union(Self::CLEAR_ON_RESET).union(Self::CLEAR_ON_DESELECT))
    }

    /// What is not part of the record.
    pub(crate) const VOLATILE: Self = Self::DIRTY.union(Self::MARKED).union(Self::FRESH);
    /// What may not be stored in persistent or foreign places.
    pub(crate) const UNSTORABLE: Self = Self::TEMPORARY_ENTRY_POINT.union(Self::GLOBAL_ARRAY);
    /// What every context may call.
    pub(crate) const ENTRY_POINT: Self =
        Self::TEMPORARY_ENTRY_POINT.union(Self::PERMANENT_ENTRY_POINT);
}

/// The content of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Fields of an instance, superclass first; an int is in the first of its two cells.
    Fields(Box<[i32]>),
    /// Elements of a byte or boolean array.
    Bytes(Box<[u8]>),
    /// Elements of a short array.
    Shorts(Box<[i16]>),
    /// Elements of an int array.
    Ints(Box<[i32]>),
    /// Elements of an array of references.
    References {
        /// Class of the elements.
        element: ClassId,
        /// References as cells.
        cells: Box<[i32]>,
    },
    /// Static fields of a package: references, then everything else as it stands in the image.
    Statics {
        /// References as cells.
        references: Box<[i32]>,
        /// Image after the references, big-endian.
        bytes: Box<[u8]>,
    },
    /// A view on a part of another array [JCRE 3.1 §6.2.3].
    View {
        /// The array.
        target: Reference,
        /// First element.
        offset: u16,
        /// Number of elements.
        length: u16,
        /// Access rights, as `JCSystem.ATTR_*` has them.
        attributes: i16,
    },
}

impl Body {
    /// Number of elements of an array; 0 for anything else.
    #[must_use]
    pub const fn length(&self) -> usize {
        match self {
            Self::Bytes(elements) => elements.len(),
            Self::Shorts(elements) => elements.len(),
            Self::Ints(elements) => elements.len(),
            Self::References { cells, .. } => cells.len(),
            Self::View { length, .. } => *length as usize,
            Self::Fields(_) | Self::Statics { .. } => 0,
        }
    }

    /// Fields, ints, references: whatever is a cell of its own.
    #[must_use]
    pub const fn cells(&self) -> Option<&[i32]> {
        match self {
            Self::Fields(cells) | Self::Ints(cells) | Self::References { cells, .. } => Some(cells),
            Self::Statics { references, .. } => Some(references),
            _ => None,
        }
    }

    pub(crate) const fn cells_mut(&mut self) -> Option<&mut [i32]> {
        match self {
            Self::Fields(cells) | Self::Ints(cells) | Self::References { cells, .. } => Some(cells),
            Self::Statics { references, .. } => Some(references),
            _ => None,
        }
    }

    /// Elements of a byte or boolean array, or the bytes of a static image.
    #[must_use]
    pub const fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) | Self::Statics { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    pub(crate) const fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        match self {
            Self::Bytes(bytes) | Self::Statics { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Sets everything to zero, false or null.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Bytes(bytes) => bytes.fill(0),
            Self::Shorts(shorts) => shorts.fill(0),
            Self::Fields(cells) | Self::Ints(cells) | Self::References { cells, .. } => {
                cells.fill(0);
            }
            Self::Statics { .. } | Self::View { .. } => {}
        }
    }

    /// Whether elements are of the same kind, and as many.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
            && self.size() == other.size()
    }

    /// Leaves no trace of the content in memory.
    fn wipe(&mut self) {
        match self {
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Shorts(shorts) => shorts.zeroize(),
            Self::Fields(cells) | Self::Ints(cells) | Self::References { cells, .. } => {
                cells.zeroize();
            }
            Self::Statics { .. } | Self::View { .. } => {}
        }
    }

    /// What a record says of this kind of body besides its length and content, in bytes.
    const fn header(&self) -> usize {
        match self {
            Self::References { .. } => 4,
            Self::Statics { .. } => 2,
            _ => 0,
        }
    }

    /// Size in a record, in bytes: a cell has four there.
    #[must_use]
    pub const fn size(&self) -> usize {
        match self {
            Self::Fields(cells) | Self::Ints(cells) | Self::References { cells, .. } => {
                4 * cells.len()
            }
            Self::Bytes(bytes) => bytes.len(),
            Self::Shorts(shorts) => 2 * shorts.len(),
            Self::Statics { references, bytes } => 4 * references.len() + bytes.len(),
            Self::View { .. } => 10,
        }
    }
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its class.
    pub class: ClassId,
    /// The context that owns it.
    pub context: ContextId,
    /// The applet that made it.
    pub owner: AppletId,
    /// Properties.
    pub flags: ObjectFlags,
    /// Content.
    pub body: Body,
}

impl Object {
    pub(crate) const fn new(
        class: ClassId,
        (context, owner): (ContextId, AppletId),
        lifetime: Lifetime,
        body: Body,
    ) -> Self {
        let flags = match lifetime {
            Lifetime::Persistent => ObjectFlags::empty(),
            Lifetime::ClearOnReset => ObjectFlags::CLEAR_ON_RESET,
            Lifetime::ClearOnDeselect => ObjectFlags::CLEAR_ON_DESELECT,
            Lifetime::Runtime => ObjectFlags::RUNTIME,
        };
        Self { class, context, owner, flags, body }
    }

    /// Where the content lives.
    #[must_use]
    pub const fn lifetime(&self) -> Lifetime {
        if self.flags.contains(ObjectFlags::RUNTIME) {
            Lifetime::Runtime
        } else if self.flags.contains(ObjectFlags::CLEAR_ON_RESET) {
            Lifetime::ClearOnReset
        } else if self.flags.contains(ObjectFlags::CLEAR_ON_DESELECT) {
            Lifetime::ClearOnDeselect
        } else {
            Lifetime::Persistent
        }
    }

    /// Whether stores to it are persistent.
    #[inline]
    #[must_use]
    pub const fn is_persistent(&self) -> bool {
        self.flags.is_persistent()
    }

    /// Whether the object, if not its content, is persistent.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        !self.flags.contains(ObjectFlags::RUNTIME)
    }

    /// Size of the content, in bytes.
    #[must_use]
    pub const fn content_size(&self) -> usize {
        self.body.size()
    }

    /// Persistent memory that the object takes, in bytes.
    #[must_use]
    pub const fn record_cost(&self) -> usize {
        if !self.is_recorded() {
            0
        } else if self.is_persistent() {
            RECORD_HEADER + self.body.header() + self.body.size()
        } else {
            RECORD_HEADER + self.body.header()
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if self.flags.contains(ObjectFlags::SENSITIVE) {
            self.body.wipe();
        }
    }
}
