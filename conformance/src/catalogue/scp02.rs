//! S2: secure channel protocol 02 [GPCS 2.3.1 §E].

use globalplatform::SecurityLevel;
use iso7816::Aid;

use super::{
    refusal,
    secure_channel::{
        Wrong, aborted_until_renewed, any_length, authenticate_first, authenticate_twice,
        authenticates, cases, chains, counters, get_nothing, host_challenge, layout, missing_mac,
        other_icv_refused, prepare, raw_update, refuses_wrong, replay, unknown_version,
        without_protection, works_at, wrong_challenge,
    },
    worst,
};
use crate::{
    case::Case,
    probe::Capability::{Keys, RMac, Scp02},
    session::Session,
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// The cases of this group.
pub static CASES: &[Case] = cases! {
    "S2-01" "GPCS-E.5.1-layout-001" "GPCS 2.3.1 §E.5.1.6" Must Session [Keys, Scp02]
        "INITIALIZE UPDATE: layout of the answer" => |session| layout(session, 2);
    "S2-02" "GPCS-E.4.1-keys-001" "GPCS 2.3.1 §E.4.1" Must Session [Keys, Scp02]
        "Session keys and cryptograms of known keys" => authenticates;
    "S2-03" "GPCS-E.4.2.3-challenge-001" "GPCS 2.3.1 §E.4.2.3" Must Session [Keys, Scp02]
        "Pseudo-random challenge as the option tells" => derived_challenge;
    "S2-04" "GPCS-E.1.2-counter-001" "GPCS 2.3.1 §E.1.2" Must Session [Keys, Scp02]
        "INITIALIZE UPDATE alone leaves the sequence counter" => counter_stays;
    "S2-05" "GPCS-E.1.2-counter-002" "GPCS 2.3.1 §E.1.2" Must Session [Keys, Scp02]
        "An authentication advances the sequence counter by one" => counter_advances;
    "S2-06" "GPCS-E.1.2-counter-003" "GPCS 2.3.1 §E.1.2" Must Session [Keys, Scp02]
        "A wrong C-MAC leaves the sequence counter" => counter_stays_after_failure;
    "S2-07" "GPCS-E.5.2-cryptogram-001" "GPCS 2.3.1 §E.5.2" Must Session [Keys, Scp02]
        "A wrong host cryptogram" => |session| refuses_wrong(session, Wrong::Cryptogram, &[0x6300], &[0x6982, 0x6988]);
    "S2-08" "GPCS-E.5.2.1-first-001" "GPCS 2.3.1 §E.5.2.1" Must Session [Keys, Scp02]
        "EXTERNAL AUTHENTICATE without INITIALIZE UPDATE" => authenticate_first;
    "S2-09" "GPCS-E.5.2.1-twice-001" "GPCS 2.3.1 §E.5.2.1" Must Session [Keys, Scp02]
        "EXTERNAL AUTHENTICATE twice" => authenticate_twice;
    "S2-10" "GPCS-E.4.4-chain-001" "GPCS 2.3.1 §E.4.4" Must Session [Keys, Scp02]
        "C-MACs chain on after an error of a command" => |session| chains(session, SecurityLevel::C_MAC);
    "S2-11" "GPCS-E.4.4-replay-001" "GPCS 2.3.1 §E.4.4" Must Session [Keys, Scp02]
        "A command sent again" => replay;
    "S2-12" "GPCS-E.1.6-plain-001" "GPCS 2.3.1 §E.1.6" Must Session [Keys, Scp02]
        "A command without C-MAC ends the session" => missing_mac;
    "S2-13" "GPCS-10.2.3-aborted-001" "GPCS 2.3.1 §10.2.3" Must Session [Keys, Scp02]
        "An aborted session stays so until the next one" => aborted_until_renewed;
    "S2-14" "GPCS-E.4.6-lengths-001" "GPCS 2.3.1 §E.4.6" Must Session [Keys, Scp02]
        "Encrypted data of every length" => |session| any_length(session, 0..=239);
    "S2-16" "GPCS-E.3.4-icv-001" "GPCS 2.3.1 §E.3.4" Must Session [Keys, Scp02]
        "The chaining value is encrypted as the option tells" => other_icv_refused;
    "S2-17" "GPCS-E.4.5-rmac-001" "GPCS 2.3.1 §E.4.5" Must Session [Keys, Scp02, RMac]
        "R-MAC of responses" => |session| works_at(session, SecurityLevel::C_MAC | SecurityLevel::R_MAC);
    "S2-18" "GPCS-E.4.5-rmac-002" "GPCS 2.3.1 §E.4.5" May Session [Keys, Scp02, RMac]
        "R-MAC of an error" => error_response;
    "S2-21" "GPCS-E.5.3-begin-001" "GPCS 2.3.1 §E.5.3" Should Session [Keys, Scp02]
        "BEGIN R-MAC SESSION where the option has no R-MAC" => begin_without_support;
    "S2-23" "GPCS-E.5.1-version-001" "GPCS 2.3.1 §E.5.1" Must Session [Keys, Scp02]
        "A key version that there is not" => unknown_version;
    "S2-24" "GPCS-E.5.1.4-p2-001" "GPCS 2.3.1 §E.5.1.4" May Session [Keys, Scp02]
        "INITIALIZE UPDATE with P2 01" => second_parameter;
    "S2-25" "GPCS-E.5.1-challenge-001" "GPCS 2.3.1 §E.5.1" Must Session [Keys, Scp02]
        "Host challenges of 7, 9 and 10 bytes" => |session| wrong_challenge(session, &[7, 9, 10]);
    "S2-28" "GPCS-E.1.5-none-001" "GPCS 2.3.1 §E.1.5" Must Session [Keys, Scp02]
        "Security level 00" => without_protection;
};

/// Whether the card challenge is derived agrees with what the card tells; shared with SCP03.
pub(super) fn derived_challenge(session: &mut Session<'_>) -> Ruling {
    let subject = session.keys()?;
    let Some(aid) = session.profile().issuer_security_domain() else {
        return Err(Stop::blocked("the issuer security domain does not tell its AID"));
    };
    let aid = Aid::new(&aid).map_err(|error| anyhow::anyhow!("{error}"))?;
    session.select_issuer_security_domain()?;
    let waiting = session.initialize_update(subject.version, 0)?;
    let claimed = waiting.answer().protocol.pseudo_random_challenge();
    let keys = subject.of_card(&waiting.answer().kdd)?;
    let derived = match waiting.answer().sequence_counter {
        Some(_) => waiting.challenge_is_derived(&keys, &aid)?,
        None => false,
    };
    Ok(match (claimed, derived) {
        (true, false) => {
            Grade::Fail.because("the option tells a derived challenge, and it is another")
        }
        (false, true) => {
            Grade::PassWithObservation.because("derived, though the option does not tell it")
        }
        _ => Verdict::pass(),
    })
}

fn counter_stays(session: &mut Session<'_>) -> Ruling {
    let counters = counters(session)?;
    let same = counters.windows(2).all(|pair| pair.first() == pair.last());
    Ok(Verdict::require(same && counters.len() == 3, || format!("the counters are {counters:?}")))
}

/// The counter that the next session would have.
fn next_counter(session: &mut Session<'_>) -> Result<Option<u32>, Stop> {
    Ok(prepare(session, SecurityLevel::C_MAC, Wrong::Nothing, 0)?.counter)
}

fn counter_advances(session: &mut Session<'_>) -> Ruling {
    let before = next_counter(session)?;
    session.open_mac()?;
    session.reset()?;
    let after = next_counter(session)?;
    Ok(Verdict::require(after == before.map(|counter| counter.saturating_add(1)), || {
        format!("{before:?} before, {after:?} after")
    }))
}

fn counter_stays_after_failure(session: &mut Session<'_>) -> Ruling {
    let prepared = prepare(session, SecurityLevel::C_MAC, Wrong::Mac, 0)?;
    let status = session.fail_to_authenticate(&prepared.command)?.status;
    let after = next_counter(session)?;
    session.open_mac()?;
    Ok(worst([
        refusal(status, &[0x6982], &[0x6300, 0x6988]),
        Verdict::require(after == prepared.counter, || {
            format!("{:?} before, {after:?} after", prepared.counter)
        }),
    ]))
}

fn error_response(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open(SecurityLevel::C_MAC | SecurityLevel::R_MAC)?;
    let wrapped = secure.channel.wrap(&get_nothing())?;
    let answer = session.exchange(&wrapped)?;
    let found = format!("{} bytes of data with {}", answer.data.len(), answer.status);
    Ok(match (answer.status.is_ok(), answer.data.len()) {
        (false, 0 | 8) => Grade::PassWithObservation.because(found),
        _ => Grade::Fail.because(found),
    })
}

fn begin_without_support(session: &mut Session<'_>) -> Ruling {
    if session.profile().has(RMac) {
        return Err(Stop::not_applicable("the option offers R-MAC"));
    }
    let mut secure = session.open_mac()?;
    let begin = iso7816::Command::new(0x80, 0x7A, 0x10, 0x01).with_data([0x00]);
    let status = session.over(&mut secure, &begin)?.status;
    Ok(refusal(status, &[0x6A88, 0x6D00, 0x6985], &[0x6A86, 0x6982]))
}

fn second_parameter(session: &mut Session<'_>) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let challenge = host_challenge(session);
    let status = raw_update(session, version, 0x01, &challenge)?.status;
    Ok(if status.0 == 0x6A86 {
        Verdict::pass()
    } else {
        Grade::PassWithObservation.because(format!("answered {status}"))
    })
}
