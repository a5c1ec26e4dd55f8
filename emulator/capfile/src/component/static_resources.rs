//! Static resources component of format 2.3 [JCVM 3.2 §6.16].

use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Resources that code can read through the API.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticResources {
    /// In the order of the file.
    pub resources: Vec<StaticResource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticResource {
    /// Number by which it is found.
    pub id: u16,
    /// Content.
    pub bytes: Vec<u8>,
}

impl StaticResources {
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let count = usize::from(reader.u2()?);
        let directory = reader.list(count, |reader| Ok((reader.u2()?, reader.u4()?)))?;
        let mut resources = Vec::new();
        for (id, size) in directory {
            let size = usize::try_from(size).map_err(|_| reader.error(CapErrorKind::Truncated))?;
            resources.push(StaticResource { id, bytes: reader.take(size)?.to_vec() });
        }
        reader.finish()?;
        Ok(Self { resources })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count2(self.resources.len());
        for resource in &self.resources {
            writer.u2(resource.id);
            writer.count4(resource.bytes.len());
        }
        for resource in &self.resources {
            writer.bytes(&resource.bytes);
        }
    }
}
