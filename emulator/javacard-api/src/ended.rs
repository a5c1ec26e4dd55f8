//! How a call of a program ended, otherwise than by returning, as the card sees it.

use iso7816::StatusWord;
use jcvm::{ClassId, Fault, Reference, Trap, Vm};

use crate::tables::classes;

/// The cell of `Throwable` with the reason.
const REASON: usize = 0;
/// `ISO7816.SW_UNKNOWN`: an exception that is no `ISOException`, or a fault [JCRE 3.0.5 §4.6].
const UNKNOWN: StatusWord = StatusWord(0x6F00);

/// Why a call of a program did not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An exception that nothing caught.
    Exception {
        /// Its class.
        class: ClassId,
        /// Its reason; 0 for exceptions without one.
        reason: i16,
        /// Whether it is an `ISOException`.
        iso: bool,
    },
    /// The machine stopped it.
    Fault(Fault),
    /// `install` returned without having registered an instance [JCRE 3.0.5 §3.1].
    NotRegistered,
    /// The package is not there, or has no such applet.
    NoSuchApplet,
}

impl Ended {
    /// What a trap says.
    #[must_use]
    pub fn new(vm: &Vm<'_>, trap: Trap) -> Self {
        let exception = match trap {
            Trap::Exception(exception) => exception,
            Trap::Fault(fault) => return Self::Fault(fault),
        };
        let class = vm.heap().get(exception).map_or(ClassId::OBJECT, |object| object.class);
        let iso = vm.is_instance(exception, classes::ISO_EXCEPTION);
        Self::Exception { class, reason: reason(vm, exception), iso }
    }

    /// The status word of the response [JCRE 3.0.5 §4.6].
    #[must_use]
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::Exception { reason, iso: true, .. } => StatusWord(reason.cast_unsigned()),
            Self::NotRegistered | Self::NoSuchApplet => StatusWord(0x6A80),
            Self::Exception { .. } | Self::Fault(_) => UNKNOWN,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cell holds a short")]
fn reason(vm: &Vm<'_>, exception: Reference) -> i16 {
    vm.field(exception, classes::THROWABLE, REASON) as i16
}

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Exception { class, reason, .. } => match crate::TABLE.class(*class) {
                Some(native) => write!(f, "{} {reason:04X}", native.name.replace('/', ".")),
                None => write!(f, "an exception of the package {reason:04X}"),
            },
            Self::Fault(fault) => fault.fmt(f),
            Self::NotRegistered => f.write_str("install returned without register"),
            Self::NoSuchApplet => f.write_str("no such applet in the package"),
        }
    }
}
