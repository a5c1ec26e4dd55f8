//! Method component [JCVM 3.0.5 §6.10].

use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Where a method is: its header, in the Method component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodLocation {
    /// Index of the block; 0 unless the format is extended.
    pub block: u8,
    /// Offset of the method's header in the block's `info`.
    pub offset: u16,
}

/// All methods.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodComponent {
    /// One block, or several in the extended format.
    pub blocks: Vec<MethodBlock>,
}

/// A block of methods.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodBlock {
    /// Exception handlers, in the order of the file.
    pub handlers: Vec<Handler>,
    /// The whole `info` of the block, handlers included: all offsets count from its beginning.
    pub info: Vec<u8>,
    /// Offset in `info` of the first method.
    pub first_method: usize,
}

/// An exception handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First byte of code that is covered.
    pub start: u16,
    /// Number of bytes that are covered.
    pub length: u16,
    /// Whether no later handler of the method covers what this one covers.
    pub stop: bool,
    /// Where the handler's code begins.
    pub handler: u16,
    /// Constant pool index of the class that is caught; 0 catches everything.
    pub catch_type: u16,
}

/// The header of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodHeader {
    /// Whether the method is abstract: it has no code.
    pub is_abstract: bool,
    /// Whether the header is of the extended form (four bytes).
    pub extended: bool,
    /// Deepest operand stack, in cells.
    pub max_stack: u8,
    /// Cells of the arguments, `this` included.
    pub nargs: u8,
    /// Cells of local variables beyond the arguments.
    pub max_locals: u8,
    /// Offset in `info` of the first instruction.
    pub code: usize,
}

impl MethodComponent {
    /// The block of a location.
    #[must_use]
    pub fn block(&self, index: u8) -> Option<&MethodBlock> {
        self.blocks.get(usize::from(index))
    }
}

impl MethodBlock {
    /// The header of the method at this offset; `None` outside of the methods.
    #[must_use]
    pub fn header(&self, offset: u16) -> Option<MethodHeader> {
        let start = usize::from(offset);
        if start < self.first_method {
            return None;
        }
        let first = *self.info.get(start)?;
        let second = *self.info.get(start + 1)?;
        let flags = first >> 4;
        let is_abstract = flags & 0x4 != 0;
        if flags & 0x8 != 0 {
            let max_locals = *self.info.get(start + 3)?;
            let nargs = *self.info.get(start + 2)?;
            return Some(MethodHeader {
                is_abstract,
                extended: true,
                max_stack: second,
                nargs,
                max_locals,
                code: start + 4,
            });
        }
        Some(MethodHeader {
            is_abstract,
            extended: false,
            max_stack: first & 0x0F,
            nargs: second >> 4,
            max_locals: second & 0x0F,
            code: start + 2,
        })
    }
}

/// Most blocks of the extended format.
const BLOCK_COUNT_MAX: u8 = 127;
/// Longest block, in bytes: offsets in it have 16 bits.
const BLOCK_SIZE_MAX: usize = 0xFFFF;
/// Bit of the `stop_bit`.
const STOP: u16 = 0x8000;

impl MethodComponent {
    pub(crate) fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        if !extended {
            let block = MethodBlock::parse(reader.rest(), 0)?;
            return Ok(Self { blocks: vec![block] });
        }
        let count = reader.u1()?;
        if count > BLOCK_COUNT_MAX {
            return Err(reader.error_at(0, CapErrorKind::Blocks));
        }
        let offsets = reader.list(usize::from(count), Reader::u4)?;
        let mut blocks = Vec::new();
        for (index, offset) in offsets.iter().enumerate() {
            let start = reader.position();
            if usize::try_from(*offset) != Ok(start) {
                return Err(reader.error_at(1 + 4 * index, CapErrorKind::Blocks));
            }
            let bytes = match offsets.get(index + 1) {
                Some(end) => {
                    let length = usize::try_from(end.saturating_sub(*offset)).unwrap_or(usize::MAX);
                    reader.take(length)?
                }
                None => reader.rest(),
            };
            blocks.push(MethodBlock::parse(bytes, start)?);
        }
        reader.finish()?;
        Ok(Self { blocks })
    }

    pub(crate) fn write(&self, writer: &mut Writer, extended: bool) {
        if extended {
            writer.count1(self.blocks.len());
            let mut offset = 1 + 4 * self.blocks.len();
            for block in &self.blocks {
                writer.count4(offset);
                offset += block.info.len();
            }
        }
        self.blocks.iter().for_each(|block| writer.bytes(&block.info));
    }
}

impl MethodBlock {
    /// A block of these bytes, which begin at `start` of the component.
    fn parse(info: &[u8], start: usize) -> Result<Self, CapError> {
        let place =
            |error: CapError| CapError { offset: error.offset.saturating_add(start), ..error };
        let mut reader = Reader::new(super::tag::METHOD, info);
        if info.len() > BLOCK_SIZE_MAX {
            return Err(place(reader.error(CapErrorKind::TooLong)));
        }
        let count = usize::from(reader.u1().map_err(place)?);
        let handlers = reader.list(count, Handler::parse).map_err(place)?;
        Ok(Self { handlers, info: info.to_vec(), first_method: reader.position() })
    }
}

impl Handler {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let start = reader.u2()?;
        let bitfield = reader.u2()?;
        Ok(Self {
            start,
            length: bitfield & !STOP,
            stop: bitfield & STOP != 0,
            handler: reader.u2()?,
            catch_type: reader.u2()?,
        })
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.u2(self.start);
        writer.u2(self.length & !STOP | if self.stop { STOP } else { 0 });
        writer.u2(self.handler);
        writer.u2(self.catch_type);
    }

    /// Offset after the last byte of code that is covered.
    #[must_use]
    pub fn end(&self) -> usize {
        usize::from(self.start) + usize::from(self.length)
    }

    /// Whether the instruction at this offset is covered.
    #[must_use]
    pub fn covers(&self, offset: usize) -> bool {
        (usize::from(self.start)..self.end()).contains(&offset)
    }
}
