//! `org.globalplatform.upgrade`: there is never an upgrade of a load file in progress on this card (Amendment H of GlobalPlatform), so
//! that applets take the way of a fresh installation.

use jcvm::{ClassId, Reference, Standard, Trap};

use super::entry_point;
use crate::{Call, registry::Natives};

pub(super) const NATIVES: Natives = &[
    ("org/globalplatform/upgrade/UpgradeManager.checkPreviousPackageAID([BSB)Z", no_upgrade),
    (
        "org/globalplatform/upgrade/UpgradeManager.createElement(BSS)Lorg/globalplatform/upgrade/Element;",
        no_upgrade,
    ),
    ("org/globalplatform/upgrade/UpgradeManager.getPreviousPackageVersion()S", no_upgrade),
    ("org/globalplatform/upgrade/UpgradeManager.isUpgrading()Z", is_upgrading),
    (
        "org/globalplatform/upgrade/UpgradeManager.matchMappedElement(Ljava/lang/Object;)Lorg/globalplatform/upgrade/MappedElement;",
        no_upgrade,
    ),
    (
        "org/globalplatform/upgrade/UpgradeManager.nonNullReference()Ljava/lang/Object;",
        non_null_reference,
    ),
];

/// `SystemException.ILLEGAL_USE`.
const ILLEGAL_USE: i16 = 6;

#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
const fn is_upgrading(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(0)
}

fn no_upgrade(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.throw(Standard::System(ILLEGAL_USE))
}

/// An object that stands for any other one.
fn non_null_reference(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    entry_point(call, ClassId::OBJECT).map(Reference::to_cell)
}
