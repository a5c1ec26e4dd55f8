//! `java.lang`: equality; everything else there is shape.

use jcvm::Trap;

use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[("java/lang/Object.equals(Ljava/lang/Object;)Z", equals)];

/// Whether two references are the same.
fn equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.this()? == call.arguments.reference(1)?))
}
