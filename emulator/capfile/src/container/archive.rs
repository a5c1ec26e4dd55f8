//! ZIP archives with one member a component: `.cap` files [JCVM 3.0.5 §4.1.3].

use std::io::{Cursor, Read, Write};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{FILE_SIZE_MAX, RawComponent, is_extended, refuse_duplicates};
use crate::{
    component::tag,
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Most members of an archive: thirteen components, a manifest, and whatever a build tool adds.
const MEMBER_COUNT_MAX: usize = 4096;
/// Folder of the components in their package's folder.
const FOLDER: &str = "javacard";

/// The components of an archive, in load order; other members and Debug are passed over.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<RawComponent>, CapError> {
    let damaged = CapErrorKind::Archive.at(0, 0);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged)?;
    if archive.len() > MEMBER_COUNT_MAX {
        return Err(CapErrorKind::TooLong.at(0, 0));
    }
    let mut members = Vec::new();
    let mut room = FILE_SIZE_MAX;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|_| damaged)?;
        let Some(tag) = component_of(member.name()) else { continue };
        let content = read_member(&mut member, room).map_err(|kind| kind.at(tag, 0))?;
        room = room.saturating_sub(content.len());
        members.push((tag, content));
    }
    unframe(&members)
}

/// The tag of a member's path; `None` for what is loaded to no card.
fn component_of(path: &str) -> Option<u8> {
    let mut parts = path.rsplit('/');
    let (stem, extension) = parts.next()?.rsplit_once('.')?;
    let is_component =
        extension.eq_ignore_ascii_case("cap") || extension.eq_ignore_ascii_case("capx");
    let in_folder = parts.next().is_none_or(|folder| folder.eq_ignore_ascii_case(FOLDER));
    let tag = tag::of_member(stem)?;
    (is_component && in_folder && tag != tag::DEBUG).then_some(tag)
}

/// The decompressed content, which may not exceed `room`: the size that the archive declares proves nothing.
fn read_member(member: &mut impl Read, room: usize) -> Result<Vec<u8>, CapErrorKind> {
    let mut content = Vec::new();
    let limit = u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1);
    member.take(limit).read_to_end(&mut content).map_err(|_| CapErrorKind::Archive)?;
    if content.len() > room { Err(CapErrorKind::TooLong) } else { Ok(content) }
}

/// Takes tag and size off the members, and orders them.
fn unframe(members: &[(u8, Vec<u8>)]) -> Result<Vec<RawComponent>, CapError> {
    let mut extended = false;
    let mut components = Vec::new();
    for tag in tag::LOAD_ORDER {
        for (_, content) in members.iter().filter(|(member, _)| *member == tag) {
            let info = unframe_member(tag, content, extended)?;
            components.push(RawComponent { tag, offset: 0, info });
        }
        if tag == tag::HEADER {
            extended = is_extended(&components);
        }
    }
    refuse_duplicates(&components)?;
    let mut offset = 0;
    for component in &mut components {
        component.offset = offset;
        offset += 1 + tag::size_length(component.tag, extended) + component.info.len();
    }
    Ok(components)
}

fn unframe_member(tag: u8, content: &[u8], extended: bool) -> Result<Vec<u8>, CapError> {
    let mut reader = Reader::new(tag, content);
    let found = reader.u1()?;
    if found != tag {
        return Err(reader.error_at(0, CapErrorKind::NameAndTagDiffer(found)));
    }
    let size = reader.size(tag::size_length(tag, extended))?;
    let info = reader.rest();
    if usize::try_from(size) != Ok(info.len()) {
        return Err(reader.error_at(1, CapErrorKind::Size));
    }
    Ok(info.to_vec())
}

/// An archive of these components (tag and `info`), in a folder named as the package is.
#[must_use]
pub fn write_archive<'a>(
    folder: &str,
    components: impl IntoIterator<Item = (u8, &'a [u8])>,
    extended: bool,
) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (tag, info) in components {
        let long = extended && tag::size_length(tag, extended) == 4;
        let extension = if long { "capx" } else { "cap" };
        let name = tag::member(tag).unwrap_or("Custom");
        let mut content = Writer::default();
        super::stream::write_component(&mut content, tag, info, extended);
        let path = format!("{folder}/{FOLDER}/{name}.{extension}");
        // Writing to memory fails only for names and sizes that no component has.
        let written = archive.start_file(path, options).is_ok();
        if !written || archive.write_all(&content.bytes).is_err() {
            return Vec::new();
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}
