//! `JCSystem`: versions, AIDs, channels.

use iso7816::Aid;
use jcvm::{AppletId, Trap};

use super::aid;
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;", get_aid),
    ("javacard/framework/JCSystem.getAssignedChannel()B", get_assigned_channel),
    (
        "javacard/framework/JCSystem.getPreviousContextAID()Ljavacard/framework/AID;",
        get_previous_context_aid,
    ),
    ("javacard/framework/JCSystem.getVersion()S", get_version),
    ("javacard/framework/JCSystem.isAppletActive(Ljavacard/framework/AID;)Z", is_applet_active),
    ("javacard/framework/JCSystem.lookupAID([BSB)Ljavacard/framework/AID;", lookup_aid),
];

fn get_version(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.platform.version()))
}

/// The AID object of an applet; null when it has not registered, or is none.
pub(super) fn aid_of(call: &mut Call<'_, '_>, applet: AppletId) -> Result<i32, Trap> {
    let record = call.vm.applet_record(applet).filter(|record| !record.instance.is_null());
    match record.map(|record| record.aid) {
        Some(aid) => Ok(aid::entry_point(call.state, call.vm, aid)?.to_cell()),
        None => Ok(0),
    }
}

fn get_aid(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    aid_of(call, call.vm.applet())
}

fn get_previous_context_aid(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    aid_of(call, call.vm.previous_applet())
}

/// The AID object of any applet of the card, under exactly this AID; null if there is none.
fn lookup_aid(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let length = i16::from(arguments.byte(2)?);
    let bytes = call.vm.bytes(arguments.reference(0)?, arguments.short(1)?, length)?;
    let Ok(wanted) = Aid::new(bytes) else { return Ok(0) };
    let known = find(call, wanted).is_some() || call.platform.has_application(wanted.as_bytes());
    if known { Ok(aid::entry_point(call.state, call.vm, wanted)?.to_cell()) } else { Ok(0) }
}

/// The registered applet with this AID.
pub(super) fn find(call: &Call<'_, '_>, aid: Aid) -> Option<AppletId> {
    let mut applets = call.vm.applets();
    let found = applets.find(|(_, record)| record.aid == aid && !record.instance.is_null());
    found.map(|(applet, _)| applet)
}

/// The channel on which the command came; outside of a command the basic one.
fn get_assigned_channel(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.state.channel))
}

/// Whether an applet is selected on any channel.
fn is_applet_active(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let wanted = call.this()?;
    call.vm.check_call(wanted)?;
    let wanted = Aid::new(aid::bytes(call.vm, wanted)).ok();
    let applet = wanted.and_then(|aid| find(call, aid));
    Ok(i32::from(applet.is_some_and(|applet| channels_of(call, applet).next().is_some())))
}

/// The channels on which an applet is selected.
pub(super) fn channels_of<'c>(
    call: &'c Call<'_, '_>,
    applet: AppletId,
) -> impl Iterator<Item = u8> + 'c {
    let channels = 0..call.platform.channels();
    channels.filter(move |channel| call.platform.active_applet(*channel) == Some(applet))
}
