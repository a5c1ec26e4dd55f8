//! The two containers: the ZIP archive of the converter and the stream that a card loads [JCVM 3.0.5 §4.1.3, §6.2].

mod archive;
mod stream;

use crate::{
    component::{Header, tag},
    error::{CapError, CapErrorKind},
};

pub use self::{archive::write_archive, stream::write_stream};

/// Longest CAP file that is read, in bytes, all components together and after decompression. The compact format cannot exceed 1 MiB,
/// and no card has room for more than this of the extended one.
pub const FILE_SIZE_MAX: usize = 16 << 20;

/// Where the magic number, the format and the flags stand in the Header's `info`.
const FLAGS_OFFSET: usize = 6;

/// A component, not yet parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawComponent {
    /// Tag.
    pub tag: u8,
    /// Offset of the component in the file; for an archive in the stream that it is equal to.
    pub offset: usize,
    /// `info`: the bytes after tag and size.
    pub info: Vec<u8>,
}

/// The components of a file of either container, Debug and custom ones included where the stream has them; not checked beyond
/// their framing.
///
/// # Errors
/// [`CapError`] of the container or of the component whose framing is wrong.
pub fn components(bytes: &[u8]) -> Result<Vec<RawComponent>, CapError> {
    if bytes.len() > FILE_SIZE_MAX {
        return Err(CapErrorKind::TooLong.at(0, FILE_SIZE_MAX));
    }
    if bytes.starts_with(b"PK") { archive::read(bytes) } else { stream::read(bytes) }
}

/// The content of the load file data block of a file of either container: what the blocks of LOAD carry, without the tag C4 and the
/// length around it [GPCS 2.3.1 §11.6.2.3]. Components are in load order; Debug and custom ones are left out. Nothing is checked but
/// the framing, so that a host can load what a card must refuse.
///
/// # Errors
/// [`CapError`] of the container or of the component whose framing is wrong.
pub fn load_file(bytes: &[u8]) -> Result<Vec<u8>, CapError> {
    let components = components(bytes)?;
    let extended = is_extended(&components);
    let ordered = tag::LOAD_ORDER
        .iter()
        .filter_map(|tag| components.iter().find(|component| component.tag == *tag))
        .map(|component| (component.tag, component.info.as_slice()));
    Ok(write_stream(ordered, extended))
}

/// Whether the Header among the components says that the format is the extended one.
fn is_extended(components: &[RawComponent]) -> bool {
    components
        .iter()
        .find(|component| component.tag == tag::HEADER)
        .is_some_and(|header| flags_are_extended(&header.info))
}

fn flags_are_extended(header: &[u8]) -> bool {
    header.get(FLAGS_OFFSET).is_some_and(|flags| flags & Header::ACC_EXTENDED != 0)
}

/// Refuses a second component of one tag.
fn refuse_duplicates(components: &[RawComponent]) -> Result<(), CapError> {
    let mut seen = [false; 256];
    for component in components {
        let seen = seen.get_mut(usize::from(component.tag));
        if seen.is_some_and(|seen| core::mem::replace(seen, true)) {
            return Err(CapErrorKind::DuplicateComponent.at(component.tag, 0));
        }
    }
    Ok(())
}
