//! LC: life cycle of card and applications [GPCS 2.3.1 §5].

use globalplatform::SecurityLevel;
use iso7816::Command;

use super::{
    content::{APPLICATIONS, CUSTOMARY, card_state, cases, delete, look, set_status, with_applet},
    refusal, worst,
};
use crate::{
    applets,
    session::{SecureChannel, Session},
    undo::Undo,
    verdict::{Grade, Ruling, Stop, Verdict},
};

cases! {
    "GPCS-9.6.2-lock-001", "LC-01", "Lock and unlock an application", "GPCS 2.3.1 §9.6.2", Must, Persist, lock_and_unlock;
    "GPCS-11.10.2.2-state-001", "LC-02", "Unlock an application that is not locked", "GPCS 2.3.1 §11.10.2.2", Should, Persist, unlock_unlocked;
    "GPCS-11.10.3.2-unknown-001", "LC-04", "Lock an unknown application", "GPCS 2.3.1 §11.10.3.2", Must, Session, lock_unknown;
    "GPCS-5.1.2-backward-001", "LC-09", "Backward transition of the card", "GPCS 2.3.1 §5.1.2", Must, Irreversible, backward;
    "GPCS-9.6.3-lock-001", "LC-10", "Lock the card and unlock it", "GPCS 2.3.1 §9.6.3", Must, Irreversible, lock_card;
    "GPCS-5.1.1.4-lock-001", "LC-11", "A locked card refuses content management", "GPCS 2.3.1 §5.1.1.4", Must, Irreversible, locked_refuses;
    "GPCS-6.4.2.1.2-lock-001", "LC-12", "A locked card selects no application", "GPCS 2.3.1 §6.4.2.1.2", Must, Irreversible, locked_selects_nothing;
    "GPCS-9.6.3-lock-002", "LC-13", "Lock the card before it is secured", "GPCS 2.3.1 §9.6.3", Must, Irreversible, lock_too_early;
    "GPCS-5.1.1.5-terminated-001", "LC-14", "A terminated card answers GET DATA only", "GPCS 2.3.1 §5.1.1.5", Must, Irreversible, terminated;
    "GPCS-11.10.2.2-state-002", "LC-15", "States that there are not", "GPCS 2.3.1 §11.1.1", Must, Irreversible, invalid_states;
}

const CARD: u8 = 0x80;
const OP_READY: u8 = 0x01;
const INITIALIZED: u8 = 0x07;
const SECURED: u8 = 0x0F;
const CARD_LOCKED: u8 = 0x7F;
const TERMINATED: u8 = 0xFF;

fn lock_and_unlock(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    session.must(
        &mut secure,
        "SET STATUS to lock",
        &set_status(APPLICATIONS, 0x80, applets::APPLET),
    )?;
    session.reset()?;
    let locked = session.select(applets::APPLET)?.status;
    let mut secure = session.open_mac()?;
    let unlocked =
        session.over(&mut secure, &set_status(APPLICATIONS, 0x00, applets::APPLET))?.status;
    let state = look(session, APPLICATIONS, applets::APPLET)?.map(|entry| entry.state);
    Ok(worst([
        refusal(locked, &[0x6A82], &[0x6999, 0x6A81, 0x6985, 0x6283]),
        Verdict::require(unlocked.is_ok() && state == Some(0x07), || {
            format!("unlocking answers {unlocked}; the state is then {state:02X?}")
        }),
    ]))
}

fn unlock_unlocked(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    let status =
        session.over(&mut secure, &set_status(APPLICATIONS, 0x00, applets::APPLET))?.status;
    Ok(refusal(status, &[0x6985, 0x6A80], CUSTOMARY))
}

fn lock_unknown(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let status = session
        .provoke_over(&mut secure, &set_status(APPLICATIONS, 0x80, applets::UNKNOWN))?
        .status;
    Ok(refusal(status, &[0x6A88], &[0x6A82, 0x6A80, 0x6985]))
}

/// AID for SET STATUS of the card: cards ignore it, but some want it.
fn of_card(session: &Session<'_>, state: u8) -> Command {
    set_status(CARD, state, &session.profile().issuer_security_domain().unwrap_or_default())
}

/// Blocked or not applicable unless the card is in this state.
fn require_state(session: &mut Session<'_>, wanted: u8) -> Result<(), Stop> {
    let state = card_state(session)?;
    if state == wanted {
        return Ok(());
    }
    Err(Stop::not_applicable(format!("the card is in state {state:02X}, not {wanted:02X}")))
}

/// The card must refuse to go into these states and stay where it is.
fn refused_states(session: &mut Session<'_>, refused: &[u8], specified: &[u16]) -> Ruling {
    let before = card_state(session)?;
    let mut verdicts = Vec::new();
    for state in refused {
        session.reset()?;
        let mut secure = session.open_mac()?;
        let command = of_card(session, *state);
        let status = session.provoke_over(&mut secure, &command)?.status;
        verdicts.push(refusal(status, specified, CUSTOMARY));
    }
    let after = card_state(session)?;
    verdicts.push(Verdict::require(before == after, || {
        format!("state {before:02X} became {after:02X}")
    }));
    Ok(worst(verdicts))
}

fn backward(session: &mut Session<'_>) -> Ruling {
    require_state(session, SECURED)?;
    refused_states(session, &[INITIALIZED, OP_READY], &[0x6985, 0x6A80])
}

fn lock_too_early(session: &mut Session<'_>) -> Ruling {
    require_state(session, OP_READY)?;
    refused_states(session, &[CARD_LOCKED], &[0x6985])
}

fn invalid_states(session: &mut Session<'_>) -> Ruling {
    refused_states(session, &[0x03, 0x55], &[0x6A80, 0x6A86, 0x6985])
}

/// Locks the card, which is unlocked when the case is over; the channel stays open.
fn lock(session: &mut Session<'_>) -> Result<SecureChannel, Stop> {
    require_state(session, SECURED)?;
    session.reset()?;
    let unlock = of_card(session, SECURED);
    // A card that is not locked refuses to become what it is.
    session.undo(Undo::of("unlock the card", &[unlock], &[0x6985, 0x6A80]))?;
    let mut secure = session.open(SecurityLevel::C_MAC)?;
    let command = of_card(session, CARD_LOCKED);
    session.must(&mut secure, "SET STATUS to CARD_LOCKED", &command)?;
    Ok(secure)
}

/// Unlocks the card through a fresh channel.
fn unlock(session: &mut Session<'_>) -> Result<Verdict, Stop> {
    session.reset()?;
    let mut secure = session.open_mac()?;
    let command = of_card(session, SECURED);
    let status = session.over(&mut secure, &command)?.status;
    Ok(Verdict::require(status.is_ok(), || format!("unlocking answers {status}")))
}

fn lock_card(session: &mut Session<'_>) -> Ruling {
    lock(session)?;
    session.reset()?;
    let select = session.select_issuer_security_domain()?.status;
    let unlocked = unlock(session)?;
    Ok(worst([
        Verdict::require(select.0 == 0x6283, || {
            format!("SELECT of a locked card answers {select}")
        }),
        unlocked,
        Verdict::require(card_state(session)? == SECURED, || {
            "the card is not SECURED again".to_owned()
        }),
    ]))
}

fn locked_refuses(session: &mut Session<'_>) -> Ruling {
    // Undone latest first: the card must be unlocked before anything can be deleted.
    session.undo(Undo::delete_load_file(applets::PACKAGE))?;
    let mut secure = lock(session)?;
    let install = applets::echo_file()?.install_for_load();
    let mut verdicts = Vec::new();
    for command in [install, delete(applets::UNKNOWN, 0x00)] {
        let status = session.over(&mut secure, &command)?.status;
        verdicts.push(refusal(status, &[0x6985, 0x6A81, 0x6982], &[0x6D00, 0x6A88]));
    }
    verdicts.push(unlock(session)?);
    Ok(worst(verdicts))
}

fn locked_selects_nothing(session: &mut Session<'_>) -> Ruling {
    with_applet(session)?;
    lock(session)?;
    session.reset()?;
    let status = session.select(applets::APPLET)?.status;
    let unlocked = unlock(session)?;
    Ok(worst([refusal(status, &[0x6A81, 0x6A82], &[0x6985, 0x6283]), unlocked]))
}

fn terminated(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let command = of_card(session, TERMINATED);
    let status = session.over(&mut secure, &command)?.status;
    if !status.is_ok() {
        return Ok(Grade::Blocked.because(format!("SET STATUS to TERMINATED answers {status}")));
    }
    session.reset()?;
    let data = session.get_data(0x9F7F)?.status;
    let update = session
        .provoke(&Command::new(0x80, 0x50, 0x00, 0x00).with_data([0x5A; 8]).with_expected(256))?;
    Ok(worst([
        Verdict::require(!update.status.is_ok(), || "INITIALIZE UPDATE is accepted".to_owned()),
        if data.is_ok() {
            Verdict::pass()
        } else {
            Grade::PassWithObservation.because(format!("GET DATA of the CPLC answers {data}"))
        },
    ]))
}
