//! PR: privileges [GPCS 2.3.1 §6.6].

use super::{
    content::{CUSTOMARY, NO_PARAMETERS, cases, instance, try_install, with_package},
    refusal,
};
use crate::{
    applets,
    session::{Installation, Session},
    verdict::{Ruling, Stop},
};

cases! {
    "GPCS-6.6.2-management-001", "PR-01", "Authorized and Delegated Management together", "GPCS 2.3.1 §6.6.2", Must, Persist, both_managements;
    "GPCS-6.6.1-domain-001", "PR-02", "DAP Verification without Security Domain", "GPCS 2.3.1 §6.6.1", Must, Persist, dap_without_domain;
    "GPCS-6.6.2-reset-001", "PR-03", "Second holder of Card Reset", "GPCS 2.3.1 §6.6.2", Must, Persist, second_card_reset;
    "GPCS-11.5.2.3.2-reset-001", "PR-04", "Card Reset with INSTALL [for install] alone", "GPCS 2.3.1 §11.5.2.3.2", Should, Persist, card_reset_without_selectable;
}

/// Load file and module of the security domains that cards have, of GlobalPlatform and of its predecessor.
const DOMAIN_MODULES: [(&[u8], &[u8]); 2] = [
    (b"\xA0\x00\x00\x01\x51\x53\x50", b"\xA0\x00\x00\x01\x51\x53\x50\x41"),
    (b"\xA0\x00\x00\x00\x03\x53\x50", b"\xA0\x00\x00\x00\x03\x53\x50\x41"),
];
const AUTHORIZED_AND_DELEGATED: &[u8] = &[0xA0, 0x40, 0x00];
const DAP_ALONE: &[u8] = &[0x40];
const CARD_RESET: &[u8] = &[0x04];

fn both_managements(session: &mut Session<'_>) -> Ruling {
    for (package, module) in DOMAIN_MODULES {
        session.reset()?;
        let mut secure = session.open_mac()?;
        let plain = Installation {
            package,
            module,
            instance: applets::DOMAIN,
            privileges: &[0x80],
            parameters: NO_PARAMETERS,
        };
        if !try_install(session, &mut secure, &plain, 0x0C)?.is_ok() {
            continue;
        }
        session.must(&mut secure, "DELETE", &super::content::delete(applets::DOMAIN, 0x00))?;
        let both = Installation { privileges: AUTHORIZED_AND_DELEGATED, ..plain };
        let status = try_install(session, &mut secure, &both, 0x0C)?;
        return Ok(refusal(status, &[0x6A80], CUSTOMARY));
    }
    Err(Stop::blocked("the card installs no security domain under the customary modules"))
}

fn dap_without_domain(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let wrong = Installation { privileges: DAP_ALONE, ..instance(applets::APPLET) };
    let status = try_install(session, &mut secure, &wrong, 0x0C)?;
    Ok(refusal(status, &[0x6A80], CUSTOMARY))
}

fn second_card_reset(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let first = Installation { privileges: CARD_RESET, ..instance(applets::APPLET) };
    session.install(&mut secure, &first)?;
    let second = Installation { privileges: CARD_RESET, ..instance(applets::SECOND) };
    let status = try_install(session, &mut secure, &second, 0x0C)?;
    Ok(refusal(status, &[0x6985, 0x6A80], CUSTOMARY))
}

fn card_reset_without_selectable(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let wrong = Installation { privileges: CARD_RESET, ..instance(applets::APPLET) };
    let status = try_install(session, &mut secure, &wrong, 0x04)?;
    Ok(refusal(status, &[0x6A80, 0x6985], CUSTOMARY))
}
