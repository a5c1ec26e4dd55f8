//! S1: secure channel protocol 01 [GPCS 2.3.1 §D].

use super::secure_channel::{
    any_length, authenticates, cases, fresh_challenges, layout, other_icv_refused,
};
use crate::{
    case::Case,
    probe::Capability::{Keys, Scp01},
    session::Session,
    verdict::{Ruling, Stop},
};

/// The cases of this group.
pub static CASES: &[Case] = cases! {
    "S1-01" "GPCS-D.4.1.6-layout-001" "GPCS 2.3.1 §D.4.1.6" Must Session [Keys, Scp01]
        "INITIALIZE UPDATE: layout of the answer" => |session| layout(session, 1);
    "S1-02" "GPCS-D.3.2-cryptograms-001" "GPCS 2.3.1 §D.3.2" Must Session [Keys, Scp01]
        "Cryptograms of known keys" => authenticates;
    "S1-03" "GPCS-D.1.5-icv-001" "GPCS 2.3.1 §D.1.5" Must Session [Keys, Scp01]
        "Option 05: chaining value not encrypted" => |session| with_option(session, 0x05);
    "S1-04" "GPCS-D.1.5-icv-002" "GPCS 2.3.1 §D.1.5" Must Session [Keys, Scp01]
        "Option 15: chaining value encrypted" => |session| with_option(session, 0x15);
    "S1-05" "GPCS-D.3.4-padding-001" "GPCS 2.3.1 §D.3.4" Must Session [Keys, Scp01]
        "Padding of encrypted data with its length in front" => |session| any_length(session, [6, 7, 8, 15]);
    "S1-07" "GPCS-D.3.1-fresh-001" "GPCS 2.3.1 §D.3.1" Must Session [Keys, Scp01]
        "Session keys differ each time" => fresh_challenges;
};

/// For cards of this option: it is acted on, and the other is not.
fn with_option(session: &mut Session<'_>, option: u8) -> Ruling {
    let told = session.profile().option_of_des_channel();
    if told != option {
        return Err(Stop::not_applicable(format!("the card tells option {told:02X}")));
    }
    other_icv_refused(session)
}
