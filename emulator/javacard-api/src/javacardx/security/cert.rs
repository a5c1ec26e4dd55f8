//! `javacardx.security.cert` [JCAPI 3.1 javacardx.security.cert]: this card parses no certificates.
//!
//! The parser is asked for by its type, and there is none of any type; packages that bring the case along can be loaded all the same.

use jcvm::Trap;

use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[(
    "javacardx/security/cert/CertificateParser.getInstance(S)Ljavacardx/security/cert/CertificateParser;",
    get_instance,
)];

/// `CertificateException.INVALID_PARAM`.
const INVALID_PARAM: i16 = 2;

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.throw_class(classes::CERTIFICATE_EXCEPTION, INVALID_PARAM)
}
