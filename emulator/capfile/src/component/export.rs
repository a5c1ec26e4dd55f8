//! Export component [JCVM 3.0.5 §6.13].

use super::MethodLocation;
use crate::{
    error::CapError,
    reader::{Reader, Writer},
};

/// What other packages may use; the index is the class token.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Export {
    /// In the order of the file.
    pub classes: Vec<ExportedClass>,
    /// Extended format: how many of `classes` belong to each public package, in the order of the header; tokens count anew in each.
    /// Empty in the compact format.
    pub package_class_counts: Vec<u8>,
}

/// An exported class or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedClass {
    /// Offset in the Class component.
    pub class: u16,
    /// Offsets in the static image, by static field token.
    pub static_fields: Vec<u16>,
    /// Methods, by static method token.
    pub static_methods: Vec<MethodLocation>,
}

impl Export {
    /// The exported classes of a public package, by its position in [`super::Header::public_packages`]; the index is the class token.
    #[must_use]
    pub fn of_package(&self, package: usize) -> &[ExportedClass] {
        if self.package_class_counts.is_empty() {
            return if package == 0 { &self.classes } else { &[] };
        }
        let counts = self.package_class_counts.iter().map(|count| usize::from(*count));
        let start: usize = counts.clone().take(package).sum();
        let count = counts.clone().nth(package).unwrap_or_default();
        self.classes.get(start..start + count).unwrap_or_default()
    }

    pub(crate) fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let packages = if extended { reader.u1()? } else { 1 };
        let mut export = Self::default();
        for _ in 0..packages {
            let count = reader.u1()?;
            if extended {
                export.package_class_counts.push(count);
            }
            let classes =
                reader.list(usize::from(count), |reader| ExportedClass::parse(reader, extended))?;
            export.classes.extend(classes);
        }
        reader.finish()?;
        Ok(export)
    }

    pub(crate) fn write(&self, writer: &mut Writer, extended: bool) {
        if !extended {
            writer.count1(self.classes.len());
            self.classes.iter().for_each(|class| class.write(writer, extended));
            return;
        }
        writer.count1(self.package_class_counts.len());
        for (index, count) in self.package_class_counts.iter().enumerate() {
            writer.u1(*count);
            self.of_package(index).iter().for_each(|class| class.write(writer, extended));
        }
    }
}

impl ExportedClass {
    fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let class = reader.u2()?;
        let fields = usize::from(reader.u1()?);
        let methods = usize::from(reader.u1()?);
        let static_fields = reader.list(fields, Reader::u2)?;
        let static_methods = reader.list(methods, |reader| reader.location(extended))?;
        Ok(Self { class, static_fields, static_methods })
    }

    fn write(&self, writer: &mut Writer, extended: bool) {
        writer.u2(self.class);
        writer.count1(self.static_fields.len());
        writer.count1(self.static_methods.len());
        self.static_fields.iter().for_each(|field| writer.u2(*field));
        self.static_methods.iter().for_each(|method| writer.location(extended, *method));
    }
}
