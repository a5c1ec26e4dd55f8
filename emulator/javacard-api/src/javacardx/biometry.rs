//! `javacardx.biometry`: this card knows no biometrics; the interfaces are there for applets that share templates of their own.

use jcvm::Trap;

use crate::{Call, registry::Natives, tables::classes};

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[NATIVES];

const NATIVES: Natives = &[
    (
        "javacardx/biometry/BioBuilder.buildBioTemplate(BB)Ljavacardx/biometry/OwnerBioTemplate;",
        build,
    ),
    (
        "javacardx/biometry/BioBuilder.buildBioTemplate(BB[BB)Ljavacardx/biometry/OwnerBioTemplate;",
        build,
    ),
];

/// Reasons of `BioException`.
const ILLEGAL_VALUE: i16 = 1;
const NO_SUCH_BIO_TEMPLATE: i16 = 3;

fn build(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let reason = if call.arguments.byte(1)? < 1 { ILLEGAL_VALUE } else { NO_SUCH_BIO_TEMPLATE };
    call.throw_class(classes::BIO_EXCEPTION, reason)
}
