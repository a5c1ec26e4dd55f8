//! Signatures that hold a part of their message [ISO/IEC 9796-2 §8, scheme 1], [EMV 4.3 Book 2 §A2.1]: trailer of one byte.
//!
//! The block is a header, the message or as much of it as there is room for, its digest, and the trailer. A message shorter than the room
//! has padding before it.

use zeroize::Zeroizing;

use crate::CryptoError;

/// First byte of a block with a part of its message.
const PARTIAL: u8 = 0x6A;
/// First byte of a block with the whole of its message, as long as the room.
const WHOLE: u8 = 0x4A;
/// First byte of a block with the whole of its message and padding before it.
const PADDED: u8 = 0x4B;
/// Padding.
const FILL: u8 = 0xBB;
/// Last byte of the padding.
const LAST_FILL: u8 = 0xBA;
/// Last byte of the block.
const TRAILER: u8 = 0xBC;

/// The part of a message that a signature holds, and the digest of the whole.
pub(crate) struct Recovered {
    pub(crate) message: Zeroizing<Vec<u8>>,
    pub(crate) hash: Vec<u8>,
    /// Whether there is more to the message.
    pub(crate) is_partial: bool,
}

/// Room for a message in a block.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where the modulus is not a whole number of bytes, or too short for the digest.
pub(crate) fn room(modulus_bits: usize, hash_length: usize) -> Result<usize, CryptoError> {
    let room = (modulus_bits / 8).checked_sub(hash_length + 2);
    room.filter(|_| modulus_bits.is_multiple_of(8)).ok_or(CryptoError::IllegalValue)
}

/// The block of a message of `length` bytes, of which `start` are as many as there is room for.
pub(crate) fn encode(
    start: &[u8],
    length: usize,
    hash: &[u8],
    room: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut block = Zeroizing::new(Vec::with_capacity(room + hash.len() + 2));
    match room.checked_sub(start.len()).ok_or(CryptoError::IllegalUse)? {
        0 if length > room => block.push(PARTIAL),
        0 => block.push(WHOLE),
        fill => {
            block.push(PADDED);
            block.resize(fill, FILL);
            block.push(LAST_FILL);
        }
    }
    block.extend_from_slice(start);
    block.extend_from_slice(hash);
    block.push(TRAILER);
    Ok(block)
}

/// What a block holds.
pub(crate) fn decode(block: &[u8], hash_length: usize) -> Option<Recovered> {
    let [header, body @ .., TRAILER] = block else { return None };
    let (padded, hash) = body.split_at_checked(body.len().checked_sub(hash_length)?)?;
    let message = match *header {
        PARTIAL | WHOLE => padded,
        PADDED => {
            let fill = padded.iter().take_while(|byte| **byte == FILL).count();
            let (last, message) = padded.get(fill..)?.split_first()?;
            (*last == LAST_FILL).then_some(message)?
        }
        _ => return None,
    };
    Some(Recovered {
        message: Zeroizing::new(message.to_vec()),
        hash: hash.to_vec(),
        is_partial: *header == PARTIAL,
    })
}
