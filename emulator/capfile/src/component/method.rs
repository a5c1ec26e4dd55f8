//! Method component [JCVM 3.0.5 §6.10].

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
