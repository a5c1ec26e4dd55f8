//! `javacardx.biometry1toN`: as `javacardx.biometry`, there are interfaces and no biometrics.

use jcvm::Trap;

use crate::{Call, registry::Natives, tables::classes};

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[NATIVES];

const NATIVES: Natives = &[
    (
        "javacardx/biometry1toN/Bio1toNBuilder.buildBioMatcher(SBB)Ljavacardx/biometry1toN/OwnerBioMatcher;",
        build_matcher,
    ),
    (
        "javacardx/biometry1toN/Bio1toNBuilder.buildBioMatcher(SBB[BB)Ljavacardx/biometry1toN/OwnerBioMatcher;",
        build_matcher,
    ),
    (
        "javacardx/biometry1toN/Bio1toNBuilder.buildBioTemplateData(B)Ljavacardx/biometry1toN/OwnerBioTemplateData;",
        build_template_data,
    ),
    (
        "javacardx/biometry1toN/Bio1toNBuilder.buildBioTemplateData(B[B)Ljavacardx/biometry1toN/OwnerBioTemplateData;",
        build_template_data,
    ),
];

/// Reasons of `Bio1toNException`.
const ILLEGAL_VALUE: i16 = 1;
const UNSUPPORTED_BIO_TYPE: i16 = 3;

fn build_matcher(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (templates, tries) = (call.arguments.short(0)?, call.arguments.byte(2)?);
    let reason = if templates < 1 || tries < 1 { ILLEGAL_VALUE } else { UNSUPPORTED_BIO_TYPE };
    call.throw_class(classes::BIO1TO_N_EXCEPTION, reason)
}

fn build_template_data(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.throw_class(classes::BIO1TO_N_EXCEPTION, UNSUPPORTED_BIO_TYPE)
}
