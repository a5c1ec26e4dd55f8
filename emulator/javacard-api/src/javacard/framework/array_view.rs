//! Views on parts of arrays: what one applet shows another of its own [JCRE 3.1 §6.2.3].

use jcvm::{Body, ClassId, ContextId, ObjectFlags, Reference, Standard, Trap};

use super::memory::{ILLEGAL_VALUE, make_temporary};
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/JCSystem.getAttributes(Ljava/lang/Object;)S", get_attributes),
    ("javacard/framework/JCSystem.isArrayView(Ljava/lang/Object;)Z", is_array_view),
    (
        "javacard/framework/JCSystem.makeArrayView(Ljava/lang/Object;SSSLjavacard/framework/Shareable;)Ljava/lang/Object;",
        make_array_view,
    ),
    (
        "javacard/framework/JCSystem.makeBooleanArrayView([ZSSSLjavacard/framework/Shareable;)[Z",
        make_array_view,
    ),
    (
        "javacard/framework/JCSystem.makeByteArrayView([BSSSLjavacard/framework/Shareable;)[B",
        make_array_view,
    ),
    (
        "javacard/framework/JCSystem.makeShortArrayView([SSSSLjavacard/framework/Shareable;)[S",
        make_array_view,
    ),
];

/// `ATTR_READABLE_VIEW`.
pub(super) const READABLE: i16 = 1;
/// `ATTR_WRITABLE_VIEW`.
const WRITABLE: i16 = 2;

/// Makes a view for the context of the server object, or for the caller's own. It lasts as long as the command.
pub(crate) fn make_array_view(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let array = arguments.reference(0)?;
    let (offset, length) = (arguments.short(1)?, arguments.short(2)?);
    let (attributes, server) = (arguments.short(3)?, arguments.reference(4)?);
    let elements = call.vm.array_length(array)?;
    let part = u16::try_from(offset).ok().zip(u16::try_from(length).ok());
    let part = part.filter(|(from, count)| usize::from(*from) + usize::from(*count) <= elements);
    let Some((offset, length)) = part else { return call.throw(Standard::ArrayIndexOutOfBounds) };
    if !is_allowed(call, array, attributes) {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    }
    let owner = match call.vm.heap().get(server) {
        Some(server) => server.context,
        None => call.vm.context(),
    };
    let class = call.vm.object(array)?.class;
    make_view(call, owner, class, Body::View { target: array, offset, length, attributes })
}

/// Whether a view of this array may have these attributes: some, and no more than a view that is looked through.
fn is_allowed(call: &Call<'_, '_>, array: Reference, attributes: i16) -> bool {
    let known = attributes & !(READABLE | WRITABLE) == 0 && attributes != 0;
    let own = match call.vm.heap().get(array).map(|object| &object.body) {
        Some(Body::View { attributes, .. }) => *attributes,
        _ => READABLE | WRITABLE,
    };
    known && attributes & !own == 0
}

/// Makes the view object.
pub(super) fn make_view(
    call: &mut Call<'_, '_>,
    owner: ContextId,
    class: ClassId,
    view: Body,
) -> Result<i32, Trap> {
    let made = make_temporary(call, owner, class, view, ObjectFlags::TEMPORARY_ENTRY_POINT)?;
    Ok(made.to_cell())
}

fn view_attributes(call: &Call<'_, '_>) -> Result<Option<i16>, Trap> {
    let object = call.vm.heap().get(call.this()?);
    Ok(match object.map(|object| &object.body) {
        Some(Body::View { attributes, .. }) => Some(*attributes),
        _ => None,
    })
}

fn is_array_view(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(view_attributes(call)?.is_some()))
}

/// Attributes of a view; 0 for any other object.
fn get_attributes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(view_attributes(call)?.unwrap_or(0).into())
}
