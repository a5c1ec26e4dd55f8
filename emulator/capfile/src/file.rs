//! A whole CAP file: from bytes to components and back.

use crate::{
    component::{
        AppletComponent, CapFile, ClassComponent, ConstantPool, Descriptor, Directory, Export,
        Header, Import, MethodComponent, ReferenceLocation, StaticField, StaticResources, tag,
    },
    container::{self, RawComponent},
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Folder of an archive whose package has no name.
const NAMELESS_FOLDER: &str = "package";

impl CapFile {
    /// The CAP file of these bytes, a ZIP archive or a stream of components; structure verified.
    ///
    /// # Errors
    /// [`CapError`]: what is wrong, in which component and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, CapError> {
        let file = Self::parse_unverified(bytes)?;
        file.verify_structure()?;
        Ok(file)
    }

    /// As [`CapFile::parse`], but with syntax only: what refers to something may refer to nothing. For tests of what comes later, and
    /// for looking into damaged files.
    ///
    /// # Errors
    /// [`CapError`]: what is wrong, in which component and where.
    pub fn parse_unverified(bytes: &[u8]) -> Result<Self, CapError> {
        Self::typed(&container::components(bytes)?)
    }

    /// The CAP file of these components, in any order; structure verified. Debug and custom components are dropped.
    ///
    /// # Errors
    /// [`CapError`]: what is wrong, in which component and where.
    pub fn from_components(components: &[RawComponent]) -> Result<Self, CapError> {
        let file = Self::typed(components)?;
        file.verify_structure()?;
        Ok(file)
    }

    fn typed(components: &[RawComponent]) -> Result<Self, CapError> {
        let find = |tag| components.iter().find(|component| component.tag == tag);
        let optional = |tag| find(tag).map(|component| Reader::new(tag, &component.info));
        let required = |tag| optional(tag).ok_or(CapErrorKind::MissingComponent.at(tag, 0));
        let header = Header::parse(&mut required(tag::HEADER)?)?;
        let extended = header.extended();
        Ok(Self {
            directory: Directory::parse(&mut required(tag::DIRECTORY)?, &header)?,
            import: Import::parse(&mut required(tag::IMPORT)?)?,
            applet: optional(tag::APPLET)
                .map(|mut reader| AppletComponent::parse(&mut reader, extended))
                .transpose()?,
            class: ClassComponent::parse(&mut required(tag::CLASS)?, &header)?,
            method: MethodComponent::parse(&mut required(tag::METHOD)?, extended)?,
            static_field: StaticField::parse(&mut required(tag::STATIC_FIELD)?)?,
            export: optional(tag::EXPORT)
                .map(|mut reader| Export::parse(&mut reader, extended))
                .transpose()?,
            constant_pool: ConstantPool::parse(&mut required(tag::CONSTANT_POOL)?)?,
            reference_location: ReferenceLocation::parse(
                &mut required(tag::REFERENCE_LOCATION)?,
                extended,
            )?,
            descriptor: optional(tag::DESCRIPTOR)
                .map(|mut reader| Descriptor::parse(&mut reader, extended))
                .transpose()?,
            static_resources: optional(tag::STATIC_RESOURCES)
                .map(|mut reader| StaticResources::parse(&mut reader))
                .transpose()?,
            header,
        })
    }

    /// The components (tag and `info`) in load order.
    #[must_use]
    pub fn components(&self) -> Vec<(u8, Vec<u8>)> {
        let present = tag::LOAD_ORDER.iter().filter_map(|tag| Some((*tag, self.component(*tag)?)));
        present.collect()
    }

    /// The `info` of a component; `None` when the file does not have it.
    #[must_use]
    pub fn component(&self, tag: u8) -> Option<Vec<u8>> {
        let extended = self.header.extended();
        let mut writer = Writer::default();
        match tag {
            tag::HEADER => self.header.write(&mut writer),
            tag::DIRECTORY => self.directory.write(&mut writer, &self.header),
            tag::APPLET => self.applet.as_ref()?.write(&mut writer, extended),
            tag::IMPORT => self.import.write(&mut writer),
            tag::CONSTANT_POOL => self.constant_pool.write(&mut writer),
            tag::CLASS => self.class.write(&mut writer, &self.header),
            tag::METHOD => self.method.write(&mut writer, extended),
            tag::STATIC_FIELD => self.static_field.write(&mut writer),
            tag::REFERENCE_LOCATION => self.reference_location.write(&mut writer, extended),
            tag::EXPORT => self.export.as_ref()?.write(&mut writer, extended),
            tag::DESCRIPTOR => self.descriptor.as_ref()?.write(&mut writer, extended),
            tag::STATIC_RESOURCES => self.static_resources.as_ref()?.write(&mut writer),
            _ => return None,
        }
        Some(writer.bytes)
    }

    /// The stream of the components in load order: an `.ijc` file, and the content of a load file data block.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let components = self.components();
        let borrowed = components.iter().map(|(tag, info)| (*tag, info.as_slice()));
        container::write_stream(borrowed, self.header.extended())
    }

    /// A `.cap` file.
    #[must_use]
    pub fn to_zip(&self) -> Vec<u8> {
        let components = self.components();
        let borrowed = components.iter().map(|(tag, info)| (*tag, info.as_slice()));
        let name = self.header.name.as_deref().filter(|name| !name.is_empty());
        let folder = name.unwrap_or(NAMELESS_FOLDER);
        container::write_archive(folder, borrowed, self.header.extended())
    }
}
