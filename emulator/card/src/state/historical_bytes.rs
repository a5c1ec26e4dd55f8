//! The answer to reset, whose historical bytes an applet may change [GPCS 2.3.1 §A.2].

use iso7816::{Atr, StatusWord};

use super::{load, save};
use crate::nvm::WriteLog;

const ATR: &[u8] = b"atr";
/// Most historical bytes: their number is four bits of the second byte of the ATR [ISO 7816-3 §8.2.2].
const COUNT_MAX: usize = 15;

/// The ATR with changed historical bytes, if any were changed.
pub(crate) fn atr(log: &WriteLog) -> Option<Vec<u8>> {
    load(log, ATR)
}

pub(crate) fn save_atr(log: &mut WriteLog, atr: &[u8]) -> Result<(), StatusWord> {
    save(log, ATR, &atr.to_vec())
}

pub(crate) fn historical_bytes(atr: &[u8]) -> Vec<u8> {
    Atr::parse(atr).map(|atr| atr.historical_bytes().to_vec()).unwrap_or_default()
}

/// The same ATR with other historical bytes; none when there are too many.
pub(crate) fn with_historical_bytes(atr: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let parsed = Atr::parse(atr).ok()?;
    let count = u8::try_from(bytes.len()).ok().filter(|_| bytes.len() <= COUNT_MAX)?;
    // TCK is there when a protocol other than T=0 is offered [ISO 7816-3 §8.2.5].
    let checked = parsed.protocols().iter().any(|protocol| *protocol != 0);
    let after = parsed.historical_bytes().len() + usize::from(checked);
    let mut changed = atr.get(..atr.len().checked_sub(after)?)?.to_vec();
    let format = changed.get_mut(1)?;
    *format = *format & 0xF0 | count;
    changed.extend_from_slice(bytes);
    if checked {
        changed.push(changed.iter().skip(1).fold(0, |check, byte| check ^ byte));
    }
    Atr::parse(&changed).ok().map(|_| changed)
}
