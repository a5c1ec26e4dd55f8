//! Shareable interface objects of other applets [JCRE 3.0.5 §6.2.4].

use iso7816::Aid;
use jcvm::{AppletId, Reference, Standard, Trap};

use super::{
    aid,
    applet::token,
    jc_system::{aid_of, channels_of, find},
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[(
    "javacard/framework/JCSystem.getAppletShareableInterfaceObject(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;",
    get_shareable,
)];

/// Asks the server applet, in its context, for an object; null when there is no such applet, or it has none for this client.
///
/// What the server throws goes on to the client [JCRE 3.0.5 §6.2.7.2].
fn get_shareable(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let server = call.this()?;
    call.vm.check_call(server)?;
    let parameter = i32::from(call.arguments.byte(1)?);
    let aid = Aid::new(aid::bytes(call.vm, server)).ok();
    let Some(server) = aid.and_then(|aid| find(call, aid)) else { return Ok(0) };
    let Some(instance) = call.vm.applet_record(server).map(|record| record.instance) else {
        return Ok(0);
    };
    if is_busy(call, server, instance) {
        return call.throw(Standard::Security);
    }
    let client = aid_of(call, call.vm.applet())?;
    let (vm, mut api) = call.split();
    let arguments = [client, parameter];
    let found =
        vm.call_virtual(&mut api, instance, token::GET_SHAREABLE_INTERFACE_OBJECT, &arguments)?;
    let shared = Reference::from_cell(found);
    if !shared.is_null() && !call.vm.is_instance(shared, classes::SHAREABLE) {
        return call.throw(Standard::Security);
    }
    Ok(found)
}

/// The object that an applet shares with the card on behalf of somebody whom it is not told; null when there is none.
///
/// # Errors
/// What the applet throws.
pub(crate) fn shareable_object(
    call: &mut Call<'_, '_>,
    server: Aid,
    parameter: i32,
) -> Result<Reference, Trap> {
    let applet = find(call, server);
    let record = applet.and_then(|applet| call.vm.applet_record(applet));
    let Some(instance) = record.map(|record| record.instance) else { return Ok(Reference::NULL) };
    let (vm, mut api) = call.split();
    let arguments = [0, parameter];
    vm.call_virtual(&mut api, instance, token::GET_SHAREABLE_INTERFACE_OBJECT, &arguments)
        .map(Reference::from_cell)
}

/// Whether the server is selected on another channel and cannot be there twice [JCRE 3.0.5 §4.2].
fn is_busy(call: &Call<'_, '_>, server: AppletId, instance: Reference) -> bool {
    let current = call.state.channel;
    !call.vm.is_instance(instance, classes::MULTI_SELECTABLE)
        && call.platform.active_applet(current) != Some(server)
        && channels_of(call, server).any(|channel| channel != current)
}
