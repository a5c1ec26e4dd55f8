//! `Applet`: registration, and what an applet does unless it overrides it [JCRE 3.0.5 §3.1].

use iso7816::Aid;
use jcvm::{Standard, Trap};

use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/Applet.deselect()V", nothing),
    (
        "javacard/framework/Applet.getShareableInterfaceObject(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
        nothing,
    ),
    ("javacard/framework/Applet.install([BSB)V", install),
    ("javacard/framework/Applet.reSelectingApplet()Z", reselecting_applet),
    ("javacard/framework/Applet.register()V", register),
    ("javacard/framework/Applet.register([BSB)V", register_as),
    ("javacard/framework/Applet.select()Z", select),
    ("javacard/framework/Applet.selectingApplet()Z", selecting_applet),
];

/// Tokens of the virtual methods that the card calls.
pub(crate) mod token {
    pub(crate) const DESELECT: u8 = 4;
    pub(crate) const GET_SHAREABLE_INTERFACE_OBJECT: u8 = 5;
    pub(crate) const SELECT: u8 = 6;
    pub(crate) const PROCESS: u8 = 7;
}

/// Reasons of `SystemException`.
const ILLEGAL_VALUE: i16 = 1;
const ILLEGAL_AID: i16 = 4;
/// `ISO7816.SW_FUNC_NOT_SUPPORTED`.
const FUNC_NOT_SUPPORTED: i16 = 0x6A81;

/// Returns nothing, or null.
const fn nothing(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(0)
}

const fn select(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(1)
}

/// A class that is to be installed has an `install` of its own.
fn install(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.throw_class(classes::ISO_EXCEPTION, FUNC_NOT_SUPPORTED)
}

/// With the AID that the installer gave.
fn register(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    register_with(call, None)
}

fn register_as(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let length = i16::from(arguments.byte(3)?);
    let bytes = call.vm.bytes(arguments.reference(1)?, arguments.short(2)?, length)?;
    match Aid::new(bytes) {
        Ok(aid) => register_with(call, Some(aid)),
        Err(_) => call.throw(Standard::System(ILLEGAL_VALUE)),
    }
}

/// Registers `this` as the instance that is being installed: once, by the applet itself, under an AID that no other has.
fn register_with(call: &mut Call<'_, '_>, aid: Option<Aid>) -> Result<i32, Trap> {
    let this = call.this()?;
    let applet = call.vm.applet();
    let own = call.vm.heap().get(this).is_some_and(|object| object.owner == applet);
    let taken = aid.is_some_and(|aid| {
        let mut others = call.vm.applets().filter(|(id, _)| *id != applet);
        others.any(|(_, record)| record.aid == aid) || call.platform.has_application(aid.as_bytes())
    });
    match call.vm.applet_record_mut(applet) {
        Some(record) if record.instance.is_null() && own && !taken => {
            record.instance = this;
            if let Some(aid) = aid {
                record.aid = aid;
            }
            Ok(0)
        }
        _ => call.throw(Standard::System(ILLEGAL_AID)),
    }
}

fn selecting_applet(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.state.selecting))
}

fn reselecting_applet(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.state.reselecting))
}
