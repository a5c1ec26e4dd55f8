//! Static field component [JCVM 3.0.5 §6.11].

use crate::{
    error::CapError,
    reader::{Reader, Writer},
};

/// The static image and how it begins.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticField {
    /// Size of the image, in bytes.
    pub image_size: u16,
    /// Number of references, two bytes each, at the beginning of the image.
    pub reference_count: u16,
    /// Arrays that the first references point to.
    pub arrays: Vec<ArrayInit>,
    /// Bytes of the image after the references that begin as zero.
    pub default_value_count: u16,
    /// The bytes after those.
    pub non_default_values: Vec<u8>,
}

/// An array with initial values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayInit {
    /// Element type: 2 boolean, 3 byte, 4 short, 5 int.
    pub element_type: u8,
    /// Elements, big-endian.
    pub values: Vec<u8>,
}

impl StaticField {
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let image_size = reader.u2()?;
        let reference_count = reader.u2()?;
        let array_count = usize::from(reader.u2()?);
        let arrays = reader.list(array_count, |reader| {
            let element_type = reader.u1()?;
            let length = usize::from(reader.u2()?);
            Ok(ArrayInit { element_type, values: reader.take(length)?.to_vec() })
        })?;
        let default_value_count = reader.u2()?;
        let length = usize::from(reader.u2()?);
        let non_default_values = reader.take(length)?.to_vec();
        reader.finish()?;
        Ok(Self { image_size, reference_count, arrays, default_value_count, non_default_values })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u2(self.image_size);
        writer.u2(self.reference_count);
        writer.count2(self.arrays.len());
        for array in &self.arrays {
            writer.u1(array.element_type);
            writer.count2(array.values.len());
            writer.bytes(&array.values);
        }
        writer.u2(self.default_value_count);
        writer.count2(self.non_default_values.len());
        writer.bytes(&self.non_default_values);
    }
}
