//! S3: secure channel protocol 03 [AmdD 1.1.1 §6].

use globalplatform::SecurityLevel;
use iso7816::Command;

use super::{
    refusal,
    scp02::derived_challenge,
    secure_channel::{
        Wrong, accepted, any_length, authenticates, cases, chains, counters, fresh_challenges,
        get_nothing, host_challenge, layout, raw_update, refuses_wrong, unknown_version, works_at,
        wrong_challenge,
    },
    worst,
};
use crate::{
    case::Case,
    probe::Capability::{Keys, Laboratory, PseudoRandomChallenge, REncryption, RMac, S16, Scp03},
    session::Session,
    verdict::{Ruling, Stop, Verdict},
};

/// C-MAC and R-MAC.
const MACS: SecurityLevel = SecurityLevel::C_MAC.union(SecurityLevel::R_MAC);
/// C-MAC, C-DECRYPTION and R-MAC.
const NO_RENC: SecurityLevel = MACS.union(SecurityLevel::C_DECRYPTION);
/// Everything.
const FULL: SecurityLevel = NO_RENC.union(SecurityLevel::R_ENCRYPTION);

/// The cases of this group.
pub static CASES: &[Case] = cases! {
    "S3-01" "AMDD-7.1.1-layout-001" "AmdD 1.1.1 §7.1.1" Must Session [Keys, Scp03]
        "INITIALIZE UPDATE: layout of the answer" => |session| layout(session, 3);
    "S3-02" "AMDD-4.1.5-keys-001" "AmdD 1.1.1 §4.1.5" Must Session [Keys, Scp03]
        "Session keys and cryptograms of known keys" => authenticates;
    "S3-03" "AMDD-6.2.2.1-challenge-001" "AmdD 1.1.1 §6.2.2.1" Must Session [Keys, Scp03, PseudoRandomChallenge]
        "Pseudo-random challenge" => derived_challenge;
    "S3-04" "AMDD-6.2.2.1-fresh-001" "AmdD 1.1.1 §6.2.2.1" Must Session [Keys, Scp03]
        "Challenges do not repeat" => fresh_challenges;
    "S3-05" "AMDD-6.2.2.1-counter-001" "AmdD 1.1.1 §6.2.2.1" Must Session [Keys, Scp03, PseudoRandomChallenge]
        "Each INITIALIZE UPDATE advances the sequence counter by one" => counter_advances;
    "S3-07" "AMDD-7.1.1-version-001" "AmdD 1.1.1 §7.1.1" Must Session [Keys, Scp03]
        "A key version that there is not" => unknown_version;
    "S3-08" "AMDD-7.1.2-levels-001" "AmdD 1.1.1 §7.1.2" Must Session [Keys, Scp03]
        "Every security level that the option offers" => levels;
    "S3-10" "AMDD-6.2.3-chain-001" "AmdD 1.1.1 §6.2.3" Must Session [Keys, Scp03]
        "C-MACs chain over all 16 bytes" => |session| chains(session, SecurityLevel::C_MAC);
    "S3-11" "AMDD-6.2.6-counter-001" "AmdD 1.1.1 §6.2.6" Must Session [Keys, Scp03]
        "The encryption counter counts commands without data" => counts_commands_without_data;
    "S3-12" "AMDD-6.2.4-order-001" "AmdD 1.1.1 §6.2.4" Must Session [Keys, Scp03]
        "Commands are encrypted first, then get their C-MAC" => |session| any_length(session, 0..=239);
    "S3-13" "AMDD-6.2.5-rmac-001" "AmdD 1.1.1 §6.2.5" Must Session [Keys, Scp03, RMac]
        "R-MAC of responses" => |session| works_at(session, MACS);
    "S3-15" "AMDD-6.2.5-error-001" "AmdD 1.1.1 §6.2.5" Must Session [Keys, Scp03, RMac]
        "No R-MAC of an error" => error_response;
    "S3-16" "AMDD-6.2.7-renc-001" "AmdD 1.1.1 §6.2.7" Must Session [Keys, Scp03, REncryption]
        "Encrypted responses" => |session| works_at(session, FULL);
    "S3-19" "AMDD-6.2.1-s16-001" "AmdD 1.1.1 §6.2.1" Must Session [Keys, Scp03, S16]
        "Challenges, cryptograms and MACs of 16 bytes" => |session| works_at(session, SecurityLevel::C_MAC_C_DECRYPTION);
    "S3-20" "AMDD-7.1.1-challenge-001" "AmdD 1.1.1 §7.1.1" Must Session [Keys, Scp03, S16]
        "A challenge of 8 bytes where 16 are asked for" => |session| wrong_challenge(session, &[8]);
    "S3-21" "AMDD-6.2.2.1-exhausted-001" "AmdD 1.1.1 §6.2.2.1" Must Irreversible [Keys, Scp03, PseudoRandomChallenge, Laboratory]
        "The sequence counter at its end" => exhausted;
    "S3-23" "AMDD-7.1.2-wrong-001" "AmdD 1.1.1 §7.1.2" Must Session [Keys, Scp03]
        "A wrong cryptogram and a wrong C-MAC" => wrong_twice;
    "S3-25" "AMDD-7.5-recovers-001" "AmdD 1.1.1 §7.1.2" Should Session [Keys, Scp03]
        "A good authentication clears failures" => wrong_twice;
};

fn counter_advances(session: &mut Session<'_>) -> Ruling {
    let counters = counters(session)?;
    let steps = counters
        .windows(2)
        .all(|pair| matches!(pair, [one, next] if next.checked_sub(*one) == Some(1)));
    Ok(Verdict::require(steps && counters.len() == 3, || format!("the counters are {counters:?}")))
}

fn levels(session: &mut Session<'_>) -> Ruling {
    let (rmac, renc) = (session.profile().has(RMac), session.profile().has(REncryption));
    let offered = [
        (SecurityLevel::empty(), true),
        (SecurityLevel::C_MAC, true),
        (SecurityLevel::C_MAC_C_DECRYPTION, true),
        (MACS, rmac),
        (NO_RENC, rmac),
        (FULL, rmac && renc),
    ];
    let mut verdicts = Vec::new();
    for (level, _) in offered.into_iter().filter(|(_, offered)| *offered) {
        verdicts.push(works_at(session, level)?);
    }
    Ok(worst(verdicts))
}

fn counts_commands_without_data(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open(SecurityLevel::C_MAC_C_DECRYPTION)?;
    for _ in 0..2 {
        session.over(&mut secure, &Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256))?;
    }
    accepted(session, &mut secure)
}

fn error_response(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open(MACS)?;
    let answer = session.over(&mut secure, &get_nothing())?;
    let bare = Verdict::require(!answer.status.is_ok() && answer.data.is_empty(), || {
        format!("{} bytes of data with {}", answer.data.len(), answer.status)
    });
    Ok(worst([bare, accepted(session, &mut secure)?]))
}

fn exhausted(session: &mut Session<'_>) -> Ruling {
    /// The largest value of three bytes.
    const LAST: u32 = 0x00FF_FFFF;
    let version = session.keys()?.version;
    if !session.laboratory()?.set_sequence_counter(version, LAST) {
        return Err(Stop::blocked("there is no such key set whose counter can be set"));
    }
    session.select_issuer_security_domain()?;
    let challenge = host_challenge(session);
    let status = raw_update(session, version, 0, &challenge)?.status;
    Ok(refusal(status, &[0x6985], &[0x6982, 0x6983, 0x6A88]))
}

/// One failure of each kind, each followed by a good authentication.
fn wrong_twice(session: &mut Session<'_>) -> Ruling {
    let refusals: &[u16] = &[0x6300, 0x6982];
    Ok(worst([
        refuses_wrong(session, Wrong::Cryptogram, refusals, &[0x6988])?,
        refuses_wrong(session, Wrong::Mac, refusals, &[0x6988])?,
    ]))
}
