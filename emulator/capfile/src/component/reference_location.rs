//! Reference location component [JCVM 3.0.5 §6.12].

use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Where constant pool indices stand in the Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceLocation {
    /// Offsets of one-byte indices in the first block, ascending.
    pub one_byte: Vec<u32>,
    /// Offsets of two-byte indices in the first block, ascending.
    pub two_byte: Vec<u32>,
    /// Extended format: the same for the blocks after the first. Empty in the compact format.
    pub further_blocks: Vec<ReferenceBlock>,
}

/// Where constant pool indices stand in a block of the Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReferenceBlock {
    /// Offsets of one-byte indices, ascending.
    pub one_byte: Vec<u32>,
    /// Offsets of two-byte indices, ascending.
    pub two_byte: Vec<u32>,
}

/// A delta of 255 only advances: no reference stands where it leads.
const ADVANCE: u8 = u8::MAX;

impl ReferenceLocation {
    /// The one-byte and the two-byte locations of a block.
    #[must_use]
    pub fn of_block(&self, block: usize) -> Option<(&[u32], &[u32])> {
        match block.checked_sub(1) {
            None => Some((&self.one_byte, &self.two_byte)),
            Some(index) => {
                self.further_blocks.get(index).map(|block| (&*block.one_byte, &*block.two_byte))
            }
        }
    }

    pub(crate) fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let blocks = if extended { usize::from(reader.u1()?) } else { 1 };
        let mut blocks = reader.list(blocks, ReferenceBlock::parse)?.into_iter();
        let first = blocks.next().unwrap_or_default();
        let further_blocks = blocks.collect();
        reader.finish()?;
        Ok(Self { one_byte: first.one_byte, two_byte: first.two_byte, further_blocks })
    }

    pub(crate) fn write(&self, writer: &mut Writer, extended: bool) {
        if extended {
            writer.count1(self.further_blocks.len() + 1);
        }
        write_locations(writer, &self.one_byte);
        write_locations(writer, &self.two_byte);
        for block in &self.further_blocks {
            write_locations(writer, &block.one_byte);
            write_locations(writer, &block.two_byte);
        }
    }
}

impl ReferenceBlock {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        Ok(Self { one_byte: parse_locations(reader)?, two_byte: parse_locations(reader)? })
    }
}

fn parse_locations(reader: &mut Reader<'_>) -> Result<Vec<u32>, CapError> {
    let count = usize::from(reader.u2()?);
    let mut position = 0;
    let mut locations = Vec::new();
    let deltas = reader.take(count)?;
    if deltas.last() == Some(&ADVANCE) {
        return Err(reader.error(CapErrorKind::ReferenceLocation(0)));
    }
    for delta in deltas {
        // At most 65535 deltas of at most 255: no overflow.
        position += u32::from(*delta);
        if *delta != ADVANCE {
            locations.push(position);
        }
    }
    Ok(locations)
}

fn write_locations(writer: &mut Writer, locations: &[u32]) {
    let mut deltas = Vec::new();
    let mut position = 0;
    for location in locations {
        let mut delta = location.saturating_sub(position);
        while delta >= u32::from(ADVANCE) {
            deltas.push(ADVANCE);
            delta -= u32::from(ADVANCE);
        }
        deltas.push(u8::try_from(delta).unwrap_or_default());
        position = *location;
    }
    writer.count2(deltas.len());
    writer.bytes(&deltas);
}
