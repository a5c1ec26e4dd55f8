//! `org.globalplatform.contactless`: this card has no contactless registry services (Amendment C of GlobalPlatform); applets that ask are told so.

use jcvm::{Reference, Standard, Trap};

use super::refuse;
use crate::{Call, registry::Natives};

pub(super) const NATIVES: Natives = &[
    (
        "org/globalplatform/contactless/GPCLSystem.checkCommunicationInterfaceAccess(Lorg/globalplatform/GPRegistryEntry;S)Z",
        no,
    ),
    ("org/globalplatform/contactless/GPCLSystem.getCardCLInfo([BSS)S", not_supported),
    (
        "org/globalplatform/contactless/GPCLSystem.getGPCLRegistryEntry(Ljavacard/framework/AID;)Lorg/globalplatform/contactless/GPCLRegistryEntry;",
        no_entry,
    ),
    (
        "org/globalplatform/contactless/GPCLSystem.getHostDeviceUserInterfaceState()S",
        interface_state,
    ),
    (
        "org/globalplatform/contactless/GPCLSystem.getNextGPCLRegistryEntry(Lorg/globalplatform/contactless/GPCLRegistryEntry;S)Lorg/globalplatform/contactless/GPCLRegistryEntry;",
        no_entry,
    ),
    ("org/globalplatform/contactless/GPCLSystem.getSecureElementType()B", element_type),
    ("org/globalplatform/contactless/GPCLSystem.isCommunicationInterfaceEnabled(S)Z", no),
    ("org/globalplatform/contactless/GPCLSystem.launchHostDeviceApplication([BSS)V", not_supported),
    ("org/globalplatform/contactless/GPCLSystem.setCommunicationInterface(SZ)V", not_allowed),
    (
        "org/globalplatform/contactless/GPCLSystem.setVolatilePriority(Lorg/globalplatform/contactless/GPCLRegistryEntry;)V",
        not_allowed,
    ),
];

/// `SECURE_ELEMENT_UNKNOWN`.
const ELEMENT_UNKNOWN: i32 = 0;
/// `HOST_DEVICE_UI_STATE_UNKNOWN`.
const STATE_UNKNOWN: i32 = -0x8000;

/// No applet has a contactless entry.
#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
const fn no_entry(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(Reference::NULL.to_cell())
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
const fn no(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(0)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
const fn element_type(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(ELEMENT_UNKNOWN)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of natives")]
const fn interface_state(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(STATE_UNKNOWN)
}

fn not_supported(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    refuse(call, iso7816::StatusWord::FUNCTION_NOT_SUPPORTED)
}

/// Nobody has the privilege of contactless activation.
fn not_allowed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.throw(Standard::Security)
}
