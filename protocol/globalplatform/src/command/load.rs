//! LOAD, and the load file that it carries in pieces [GPCS 2.3.1 §11.6].

use faults::Fault;
use iso7816::{Aid, Command, ParseErrorKind, tlv};

use super::CommandError;

/// LOAD: one block of a load file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Whether this is the last block.
    pub last: bool,
    /// Number of the block, from 00.
    pub block: u8,
    /// The block.
    pub data: Vec<u8>,
}

/// Most blocks of one load file: the block number is a byte and does not wrap.
const BLOCKS_MAX: usize = 256;

impl Load {
    /// INS.
    pub const INS: u8 = 0xE8;
    /// P1: last block.
    const LAST: u8 = 0x80;

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters` unless P1 is 00 or 80; `Parse` for an empty block.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let last = match command.header.p1 {
            0x00 => false,
            Self::LAST => true,
            _ => return Err(CommandError::UnknownParameters(command.header.p1p2())),
        };
        if command.data.is_empty() {
            return Err(ParseErrorKind::Truncated.at(0).into());
        }
        Ok(Self { last, block: command.header.p2, data: command.data.clone() })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        Command::new(0x80, Self::INS, if self.last { Self::LAST } else { 0x00 }, self.block)
            .with_data(self.data.clone())
            .with_expected(256)
    }

    /// Cuts a load file into blocks of at most `length` bytes.
    ///
    /// # Errors
    /// `Parse` (`OutOfRange`) when more than 256 blocks would be needed, or `length` is 0.
    pub fn blocks(load_file: &[u8], length: usize) -> Result<Vec<Self>, CommandError> {
        if length == 0 || load_file.len().div_ceil(length) > BLOCKS_MAX {
            return Err(CommandError::out_of_range(load_file.len()));
        }
        let count = load_file.len().div_ceil(length);
        let blocks = load_file.chunks(length).enumerate().map(|(index, data)| {
            let block = u8::try_from(index).map_err(|_| CommandError::out_of_range(index))?;
            Ok(Self { last: index + 1 == count, block, data: data.to_vec() })
        });
        blocks.collect()
    }
}

/// A whole load file: signatures of security domains, then the code [GPCS 2.3.1 §11.6.2.3].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFile {
    /// E2: security domain and its signature over the hash of the code.
    pub dap: Vec<(Aid, Vec<u8>)>,
    /// C4: the load file data block (the components of a CAP file), or D4: the same, encrypted.
    pub data_block: Vec<u8>,
    /// Whether the data block is encrypted.
    pub ciphered: bool,
    /// D3: initial chaining value of an encrypted data block.
    pub icv: Option<Vec<u8>>,
}

const TAG_DAP: u32 = 0xE2;
const TAG_AID: u32 = 0x4F;
const TAG_SIGNATURE: u32 = 0xC3;
const TAG_DATA_BLOCK: u32 = 0xC4;
const TAG_ICV: u32 = 0xD3;
const TAG_CIPHERED_BLOCK: u32 = 0xD4;

impl LoadFile {
    /// A load file of code alone.
    #[must_use]
    pub const fn plain(data_block: Vec<u8>) -> Self {
        Self { dap: Vec::new(), data_block, ciphered: false, icv: None }
    }

    /// Reads the blocks of all LOAD commands, put together.
    ///
    /// # Errors
    /// `Parse` for malformed objects, a missing data block, objects that do not belong here, or bytes after the data block.
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        let mut file = Self::plain(Vec::new());
        let mut objects = tlv::parse(bytes);
        let mut at = objects.offset();
        while let Some(object) = objects.next() {
            let object = object?;
            match object.tag.0 {
                TAG_DAP => file.dap.push(parse_dap(object.value)?),
                TAG_ICV => file.icv = Some(object.value.to_vec()),
                tag @ (TAG_DATA_BLOCK | TAG_CIPHERED_BLOCK) => {
                    file.data_block = object.value.to_vec();
                    file.ciphered = tag == TAG_CIPHERED_BLOCK;
                    // The load file ends where its data block ends; not even padding follows.
                    return match objects.offset() {
                        end if end == bytes.len() => Ok(file),
                        _ if faults::active(Fault::LoadFileTrailingBytesAccepted) => Ok(file),
                        end => Err(ParseErrorKind::TrailingBytes.at(end).into()),
                    };
                }
                _ => return Err(ParseErrorKind::UnexpectedByte.at(at).into()),
            }
            at = objects.offset();
        }
        Err(ParseErrorKind::Truncated.at(bytes.len()).into())
    }

    /// The load file in one piece; [`Load::blocks`] cuts it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = tlv::Writer::new();
        for (aid, signature) in &self.dap {
            writer = writer.constructed(TAG_DAP, |dap| {
                dap.object(TAG_AID, aid.as_bytes()).object(TAG_SIGNATURE, signature)
            });
        }
        if let Some(icv) = &self.icv {
            writer = writer.object(TAG_ICV, icv);
        }
        let tag = if self.ciphered { TAG_CIPHERED_BLOCK } else { TAG_DATA_BLOCK };
        writer.object(tag, &self.data_block).finish()
    }
}

fn parse_dap(value: &[u8]) -> Result<(Aid, Vec<u8>), CommandError> {
    let missing = ParseErrorKind::Truncated.at(0);
    let aid = tlv::find(value, TAG_AID)?.ok_or(missing)?;
    let signature = tlv::find(value, TAG_SIGNATURE)?.ok_or(missing)?;
    Ok((Aid::new(aid)?, signature.to_vec()))
}
