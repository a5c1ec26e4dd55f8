//! How many receipts a domain has made: the confirmation counter, a number of 16 bits that never begins again
//! [GPCS 2.3.1 §9.1.3.6, §C.5].

use iso7816::StatusWord;

use super::{Domain, load_of, save_of};
use crate::nvm::WriteLog;

const RECEIPTS: &[u8] = b"receipts";

/// The counter, as GET DATA tells it.
pub(crate) fn receipts(log: &WriteLog, domain: Domain) -> u16 {
    load_of(log, domain.owner(), RECEIPTS).unwrap_or(0)
}

/// The number of the next receipt, from 0; none once the counter is at its end.
pub(crate) fn next_receipt(log: &WriteLog, domain: Domain) -> Option<u16> {
    Some(receipts(log, domain)).filter(|count| *count != u16::MAX)
}

/// The receipt with this number has been made.
pub(crate) fn count_receipt(
    log: &mut WriteLog,
    domain: Domain,
    made: u16,
) -> Result<(), StatusWord> {
    save_of(log, domain.owner(), RECEIPTS, &made.saturating_add(1))
}
