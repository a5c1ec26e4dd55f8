//! `Resources`: the static resources of the applet's package [JCVM 3.2 §6.16].

use jcvm::{Body, ClassId, ContextId, ObjectFlags, Standard, Trap};

use super::{
    array_view::{READABLE, make_view},
    memory::{ILLEGAL_VALUE, make_temporary},
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/Resources.getResources()Ljavacard/framework/Resources;", get_resources),
    ("javacard/framework/Resources.getSize(S)S", get_size),
    ("javacard/framework/Resources.getView(S)[B", get_view),
    ("javacard/framework/Resources.getView(SSS)[B", get_part),
];

/// `SystemException.NO_RESOURCE`.
const NO_RESOURCE: i16 = 5;

/// The accessor of the caller's resources: it lasts as long as the command.
fn get_resources(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let fields = Body::Fields(Box::default());
    let flags = ObjectFlags::TEMPORARY_ENTRY_POINT;
    let made = make_temporary(call, ContextId::JCRE, classes::RESOURCES, fields, flags)?;
    Ok(made.to_cell())
}

/// A resource of the package of the applet on whose behalf the code runs.
fn resource(call: &mut Call<'_, '_>) -> Result<Vec<u8>, Trap> {
    let wanted = call.arguments.short(1)?.cast_unsigned();
    let record = call.vm.applet_record(call.vm.applet());
    let package = record.and_then(|record| call.vm.package(record.package));
    let all = package.and_then(|package| package.cap.static_resources.as_ref());
    let mut all = all.into_iter().flat_map(|component| &component.resources);
    match all.find(|resource| resource.id == wanted).map(|resource| resource.bytes.clone()) {
        Some(bytes) => Ok(bytes),
        None => call.throw(Standard::System(ILLEGAL_VALUE)),
    }
}

fn get_size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    resource(call).map(|bytes| super::transaction::short(bytes.len()))
}

fn get_view(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let bytes = resource(call)?;
    view(call, bytes)
}

fn get_part(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let bytes = resource(call)?;
    let from = usize::try_from(call.arguments.short(2)?).ok();
    let part = from.zip(usize::try_from(call.arguments.short(3)?).ok());
    match part.and_then(|(from, count)| bytes.get(from..from + count)) {
        Some(part) => {
            let part = part.to_vec();
            view(call, part)
        }
        None => call.throw(Standard::ArrayIndexOutOfBounds),
    }
}

/// A view that can only be read.
fn view(call: &mut Call<'_, '_>, bytes: Vec<u8>) -> Result<i32, Trap> {
    let Ok(length) = u16::try_from(bytes.len()) else {
        return call.throw(Standard::System(NO_RESOURCE));
    };
    let (class, flags) = (ClassId::BYTE_ARRAY, ObjectFlags::TEMPORARY_ENTRY_POINT);
    let body = Body::Bytes(bytes.into());
    let target = make_temporary(call, ContextId::JCRE, class, body, flags)?;
    let view = Body::View { target, offset: 0, length, attributes: READABLE };
    make_view(call, call.vm.context(), class, view)
}
