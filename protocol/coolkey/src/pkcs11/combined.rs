//! The combined object `z0`.
//!
//! ```text
//! u2 format version (0100)    u2 object version      10 bytes CUID
//! u2 compression (0, 1 zlib)  u2 length of the data  u2 offset of the data (0014)
//! data: u2 object offset   u2 object count   u1 length, token name   objects   [zeros]
//! ```
//! Hosts keep what they read under CUID and object version, so the version must change with every write.

use std::io::{Read, Write};

use flate2::{Compression as Level, read::ZlibDecoder, write::ZlibEncoder};
use iso7816::{ParseError, ParseErrorKind};

use super::spec::ObjectSpec;
use crate::{
    CUID_LENGTH,
    cursor::{Cursor, push_short_field},
};

/// Format version of the combined object.
pub const FORMAT_VERSION: u16 = 0x0100;
/// Bytes of the header.
pub const HEADER_LENGTH: usize = 20;
/// Bytes before the token name in the data.
const NAME_OFFSET: usize = 5;
/// Longest token name, in bytes.
pub const TOKEN_NAME_MAX: usize = 255;
/// Fewest bytes of uncompressed data that OpenSC accepts: its structure of the fixed fields and the longest name. Shorter
/// data is filled up with zeros after the last object, where neither PKCS#11 module looks.
pub const DATA_LENGTH_MIN: usize = NAME_OFFSET + TOKEN_NAME_MAX;
/// Most bytes of uncompressed data that are accepted: what the two-byte fields can address.
pub const DATA_LENGTH_MAX: usize = 65_535;
/// Most objects; the TPS of Dogtag has the same limit.
pub const OBJECTS_MAX: usize = 100;

/// How the data of a combined object is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Compression {
    /// As it is.
    None = 0,
    /// Compressed [RFC 1950].
    Zlib = 1,
}

/// Why bytes are no combined object, or objects do not fit into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CombinedObjectError {
    /// The header is wrong.
    #[error("combined object, header: {0}")]
    Header(ParseError),
    /// The data is wrong; the offset counts uncompressed bytes.
    #[error("combined object, data: {0}")]
    Data(ParseError),
    /// A compression that is not known.
    #[error("combined object: unknown compression {0}")]
    UnknownCompression(u16),
    /// The data does not inflate.
    #[error("combined object: compressed data is corrupt")]
    Corrupt,
    /// More uncompressed data than [`DATA_LENGTH_MAX`] bytes.
    #[error("combined object: more than {DATA_LENGTH_MAX} bytes of data")]
    TooLarge,
}

/// All token objects of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CombinedObject {
    /// Changes with every write.
    pub version: u16,
    /// The card's unique identifier.
    pub cuid: [u8; CUID_LENGTH],
    /// The token's name, usually text, at most 255 bytes.
    pub token_name: Vec<u8>,
    /// The objects; of each pair the certificate first.
    pub objects: Vec<ObjectSpec>,
}

impl CombinedObject {
    /// The version for the next write.
    #[must_use]
    pub const fn next_version(&self) -> u16 {
        self.version.wrapping_add(1)
    }

    /// The bytes of the card object.
    ///
    /// # Errors
    /// `Data` when a name, a value or the number of objects is out of range; `TooLarge` when all together are.
    pub fn to_bytes(&self, compression: Compression) -> Result<Vec<u8>, CombinedObjectError> {
        let data = self.data().map_err(CombinedObjectError::Data)?;
        if data.len() > DATA_LENGTH_MAX {
            return Err(CombinedObjectError::TooLarge);
        }
        let stored = match compression {
            Compression::None => data,
            Compression::Zlib => deflate(&data)?,
        };
        let length = u16::try_from(stored.len()).map_err(|_| CombinedObjectError::TooLarge)?;
        let fields = [compression as u16, length, 0x0014];
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + stored.len());
        bytes.extend_from_slice(&FORMAT_VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.cuid);
        bytes.extend(fields.into_iter().flat_map(u16::to_be_bytes));
        bytes.extend_from_slice(&stored);
        Ok(bytes)
    }

    /// Parses the bytes of the card object; those after the data are not looked at.
    ///
    /// # Errors
    /// [`CombinedObjectError`], with what is wrong and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, CombinedObjectError> {
        let Header { version, cuid, compression, data } = Header::parse(bytes)?;
        let inflated;
        let data = match compression {
            0 => data,
            1 => {
                inflated = inflate(data)?;
                &inflated
            }
            other => return Err(CombinedObjectError::UnknownCompression(other)),
        };
        let (token_name, objects) = parse_data(data).map_err(CombinedObjectError::Data)?;
        Ok(Self { version, cuid, token_name, objects })
    }

    /// The uncompressed data.
    fn data(&self) -> Result<Vec<u8>, ParseError> {
        let out_of_range = |at| ParseErrorKind::OutOfRange.at(at);
        let offset =
            u16::try_from(NAME_OFFSET + self.token_name.len()).map_err(|_| out_of_range(0))?;
        let count = u16::try_from(self.objects.len())
            .ok()
            .filter(|count| usize::from(*count) <= OBJECTS_MAX)
            .ok_or(out_of_range(2))?;
        let mut data = [offset.to_be_bytes(), count.to_be_bytes()].concat();
        push_short_field(&mut data, &self.token_name)?;
        self.objects.iter().try_for_each(|object| object.write(&mut data))?;
        if data.len() < DATA_LENGTH_MIN {
            data.resize(DATA_LENGTH_MIN, 0);
        }
        Ok(data)
    }
}

/// The header, taken apart.
struct Header<'a> {
    version: u16,
    cuid: [u8; CUID_LENGTH],
    compression: u16,
    data: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, CombinedObjectError> {
        let read = || {
            let mut cursor = Cursor::new(bytes);
            if cursor.u16()? != FORMAT_VERSION {
                return Err(ParseErrorKind::UnexpectedByte.at(0));
            }
            let version = cursor.u16()?;
            let cuid = cursor.array()?;
            let compression = cursor.u16()?;
            let length = usize::from(cursor.u16()?);
            let offset = usize::from(cursor.u16()?);
            let data = bytes
                .get(offset..)
                .and_then(|rest| rest.get(..length))
                .filter(|_| offset >= HEADER_LENGTH)
                .ok_or(ParseErrorKind::OutOfRange.at(16))?;
            Ok(Self { version, cuid, compression, data })
        };
        read().map_err(CombinedObjectError::Header)
    }
}

fn parse_data(data: &[u8]) -> Result<(Vec<u8>, Vec<ObjectSpec>), ParseError> {
    let mut cursor = Cursor::new(data);
    let object_offset = usize::from(cursor.u16()?);
    let count = usize::from(cursor.u16()?);
    if count > OBJECTS_MAX {
        return Err(ParseErrorKind::OutOfRange.at(2));
    }
    let token_name = cursor.short_field()?.to_vec();
    // There may be a gap between name and objects, but no overlap.
    let gap = object_offset.checked_sub(cursor.offset()).ok_or(ParseErrorKind::OutOfRange.at(0))?;
    cursor.take(gap)?;
    let objects = (0..count).map(|_| ObjectSpec::read(&mut cursor)).collect::<Result<_, _>>()?;
    Ok((token_name, objects))
}

fn deflate(data: &[u8]) -> Result<Vec<u8>, CombinedObjectError> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(data.len()), Level::default());
    encoder.write_all(data).map_err(|_| CombinedObjectError::Corrupt)?;
    encoder.finish().map_err(|_| CombinedObjectError::Corrupt)
}

/// Inflates, but never more than [`DATA_LENGTH_MAX`] bytes.
fn inflate(compressed: &[u8]) -> Result<Vec<u8>, CombinedObjectError> {
    let mut data = Vec::new();
    ZlibDecoder::new(compressed)
        .take(DATA_LENGTH_MAX as u64 + 1)
        .read_to_end(&mut data)
        .map_err(|_| CombinedObjectError::Corrupt)?;
    if data.len() > DATA_LENGTH_MAX {
        return Err(CombinedObjectError::TooLarge);
    }
    Ok(data)
}
