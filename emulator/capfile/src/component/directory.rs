//! Directory component [JCVM 3.0.5 §6.5].

use iso7816::Aid;

use super::{Header, tag};
use crate::{
    error::CapError,
    reader::{Reader, Writer},
};

/// Sizes of all components, and counts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Directory {
    /// Sizes by tag: index 0 is tag 1. In bytes, without tag and size.
    pub component_sizes: Vec<u32>,
    /// Size of the static image, in bytes.
    pub static_image_size: u16,
    /// Number of arrays with initial values.
    pub array_init_count: u16,
    /// Sum of their sizes, in bytes.
    pub array_init_size: u16,
    /// Number of imported packages.
    pub import_count: u8,
    /// Number of applets.
    pub applet_count: u8,
    /// Extended format: number of blocks of the Method component.
    pub method_block_count: Option<u8>,
    /// Custom components.
    pub custom: Vec<CustomComponent>,
}

/// A custom component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomComponent {
    /// Tag, 128 or above.
    pub tag: u8,
    /// Size, in bytes.
    pub size: u32,
    /// Name.
    pub aid: Aid,
}

impl Directory {
    /// The size of a component, in bytes; 0 when there is none.
    #[must_use]
    pub fn size(&self, tag: u8) -> u32 {
        let index = usize::from(tag).checked_sub(1);
        index.and_then(|index| self.component_sizes.get(index)).copied().unwrap_or_default()
    }

    /// The last tag that has a size in the directory, by format.
    pub(crate) const fn last_tag(header: &Header) -> u8 {
        match header.format.minor {
            0 | 1 => tag::DESCRIPTOR,
            2 => tag::DEBUG,
            _ => tag::STATIC_RESOURCES,
        }
    }

    pub(crate) fn parse(reader: &mut Reader<'_>, header: &Header) -> Result<Self, CapError> {
        let extended = header.extended();
        let component_sizes = (1..=Self::last_tag(header))
            .map(|tag| reader.size(tag::size_length(tag, extended)))
            .collect::<Result<_, _>>()?;
        let directory = Self {
            component_sizes,
            static_image_size: reader.u2()?,
            array_init_count: reader.u2()?,
            array_init_size: reader.u2()?,
            import_count: reader.u1()?,
            applet_count: reader.u1()?,
            method_block_count: if extended { Some(reader.u1()?) } else { None },
            custom: Self::parse_custom(reader, extended)?,
        };
        reader.finish()?;
        Ok(directory)
    }

    fn parse_custom(
        reader: &mut Reader<'_>,
        extended: bool,
    ) -> Result<Vec<CustomComponent>, CapError> {
        let count = usize::from(reader.u1()?);
        reader.list(count, |reader| {
            let tag = reader.u1()?;
            let size = reader.size(if extended { 4 } else { 2 })?;
            Ok(CustomComponent { tag, size, aid: reader.aid()? })
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer, header: &Header) {
        let extended = header.extended();
        for tag in 1..=Self::last_tag(header) {
            writer.size(tag::size_length(tag, extended), self.size(tag));
        }
        writer.u2(self.static_image_size);
        writer.u2(self.array_init_count);
        writer.u2(self.array_init_size);
        writer.u1(self.import_count);
        writer.u1(self.applet_count);
        if extended {
            writer.u1(self.method_block_count.unwrap_or_default());
        }
        writer.count1(self.custom.len());
        for custom in &self.custom {
            writer.u1(custom.tag);
            writer.size(if extended { 4 } else { 2 }, custom.size);
            writer.short_bytes(custom.aid.as_bytes());
        }
    }
}
