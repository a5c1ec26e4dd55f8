//! Components one after another: `.ijc` files and load files [JCVM 3.0.5 §6.3].

use super::{RawComponent, flags_are_extended, refuse_duplicates};
use crate::{
    component::tag,
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// The components of a stream, in any order.
///
/// How long a size is depends on the Header's flags, and the Header comes first; where it does not, both readings are tried.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<RawComponent>, CapError> {
    let compact = split(bytes, starts_extended(bytes));
    match &compact {
        Ok(components) if !super::is_extended(components) => compact,
        _ => match split(bytes, true) {
            Ok(components) if super::is_extended(&components) => Ok(components),
            _ => compact,
        },
    }
}

/// Whether the stream begins with a Header of the extended format.
fn starts_extended(bytes: &[u8]) -> bool {
    matches!(bytes.split_at_checked(3), Some(([tag::HEADER, ..], info)) if flags_are_extended(info))
}

fn split(bytes: &[u8], extended: bool) -> Result<Vec<RawComponent>, CapError> {
    let mut reader = Reader::new(0, bytes);
    let mut components = Vec::new();
    while !reader.is_empty() {
        let offset = reader.position();
        let tag = reader.u1()?;
        if tag::name(tag).is_none() {
            return Err(reader.error_at(offset, CapErrorKind::UnknownComponent(tag)));
        }
        let size = reader.size(tag::size_length(tag, extended))?;
        let size = usize::try_from(size).map_err(|_| reader.error(CapErrorKind::TooLong))?;
        components.push(RawComponent { tag, offset, info: reader.take(size)?.to_vec() });
    }
    refuse_duplicates(&components)?;
    Ok(components)
}

/// The stream of these components (tag and `info`), in the order given.
#[must_use]
pub fn write_stream<'a>(
    components: impl IntoIterator<Item = (u8, &'a [u8])>,
    extended: bool,
) -> Vec<u8> {
    let mut writer = Writer::default();
    for (tag, info) in components {
        write_component(&mut writer, tag, info, extended);
    }
    writer.bytes
}

/// A component with its tag and size.
pub(super) fn write_component(writer: &mut Writer, tag: u8, info: &[u8], extended: bool) {
    writer.u1(tag);
    let size = u32::try_from(info.len()).unwrap_or(u32::MAX);
    writer.size(tag::size_length(tag, extended), size);
    writer.bytes(info);
}
