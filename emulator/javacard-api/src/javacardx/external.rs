//! `javacardx.external`: this card has no memory besides that of the machine.

use jcvm::{Standard, Trap};

use crate::{Call, registry::Natives, tables::classes};

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[NATIVES];

const NATIVES: Natives = &[(
    "javacardx/external/Memory.getMemoryAccessInstance(B[SS)Ljavacardx/external/MemoryAccess;",
    get_memory_access,
)];

/// Reasons of `ExternalException`.
const NO_SUCH_SUBSYSTEM: i16 = 1;
const INVALID_PARAM: i16 = 2;
/// `MEMORY_TYPE_EXTENDED_STORE`, the only type that looks at the size.
const EXTENDED_STORE: i8 = 2;

/// There is no subsystem; a size that could be none is refused first.
fn get_memory_access(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    if arguments.byte(0)? == EXTENDED_STORE {
        let (sizes, offset) = (arguments.reference(1)?, arguments.short(2)?);
        let Some(second) = offset.checked_add(1) else {
            return call.throw(Standard::ArrayIndexOutOfBounds);
        };
        let (high, low) = (call.vm.short_at(sizes, offset)?, call.vm.short_at(sizes, second)?);
        if high < 0 || high == 0 && low == 0 {
            return call.throw_class(classes::EXTERNAL_EXCEPTION, INVALID_PARAM);
        }
    }
    call.throw_class(classes::EXTERNAL_EXCEPTION, NO_SUCH_SUBSYSTEM)
}
