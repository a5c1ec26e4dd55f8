//! GS: GET STATUS, the part that needs no authentication [GPCS 2.3.1 §11.4].

use iso7816::Command;

use super::refusal;
use crate::{
    case::{Case, Effect::Read, Level, Run::Card},
    probe::Capability::IssuerSecurityDomain,
    session::Session,
    verdict::Ruling,
};

/// The cases of this group.
pub static CASES: &[Case] = &[Case {
    id: "GPCS-11.1.4-getstatus-001",
    number: "GS-01",
    title: "GET STATUS without authentication",
    clause: "GPCS 2.3.1 §11",
    level: Level::Must,
    effect: Read,
    requires: &[IssuerSecurityDomain],
    run: Card(not_authenticated),
}];

fn not_authenticated(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.exchange(
        &Command::new(0x80, 0xF2, 0x80, 0x02).with_data([0x4F, 0x00]).with_expected(256),
    )?;
    Ok(refusal(answer.status, &[0x6982], &[0x6985, 0x6E00]))
}
