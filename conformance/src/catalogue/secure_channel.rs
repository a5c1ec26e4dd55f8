//! Rules that the secure channel protocols share, and the cases about any of them [GPCS 2.3.1 §10].

use globalplatform::{
    Cryptogram, ScpError, SecurityLevel, SessionKeys,
    scp::host::{Channel, Handshake},
};
use iso7816::{Command, Response, StatusWord, tlv};

use super::{refusal, worst};
use crate::{
    case::Case,
    probe::Capability::{CardRecognitionData, IssuerSecurityDomain, Keys},
    session::{SecureChannel, Session},
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// A table of cases about a card.
macro_rules! cases {
    ($($number:literal $id:literal $clause:literal $level:ident $effect:ident
       [$($capability:ident),*] $title:literal => $run:expr;)*) => {
        &[$(Case {
            id: $id,
            number: $number,
            title: $title,
            clause: $clause,
            level: crate::case::Level::$level,
            effect: crate::case::Effect::$effect,
            requires: &[$($capability),*],
            run: crate::case::Run::Card($run),
        }),*]
    };
}
pub(super) use cases;

/// The cases of this group.
pub static CASES: &[Case] = cases! {
    "GD-04" "GPCS-H.2-protocols-001" "GPCS 2.3.1 §H.2" Must Session [Keys, CardRecognitionData]
        "The card announces the protocol that it speaks" => announced;
    "GD-11" "GPCS-H.6-counter-001" "GPCS 2.3.1 §11.3.3.1" Should Session [Keys]
        "Sequence counter (C1) and the one of INITIALIZE UPDATE agree" => counter_object;
    "GD-18" "GPCS-10.6-level-001" "GPCS 2.3.1 §10.6" Should Session [Keys]
        "Current security level (D3)" => current_level;
    "GD-21" "GPCS-11.3-secured-001" "GPCS 2.3.1 §11.3" Must Session [Keys, CardRecognitionData]
        "GET DATA under secure messaging returns the same" => secured_get_data;
    "SEL-13" "GPCS-10.2.3-select-001" "GPCS 2.3.1 §10.2.3" Must Session [Keys]
        "SELECT ends the secure channel" => select_ends;
    "SEL-15" "GPCS-6.4.2.1.2-kept-001" "GPCS 2.3.1 §6.4.2.1.2" May Session [Keys]
        "A SELECT that fails keeps the secure channel" => failed_select_keeps;
    "TP-10" "ISO7816-4-5.1-lc-001" "ISO 7816-4 §5.1" Should Session [IssuerSecurityDomain]
        "Lc smaller than the data" => short_lc;
    "TP-18" "GPCS-10.2.3-power-001" "GPCS 2.3.1 §10.2.3" Must Session [Keys]
        "A reset between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE" => reset_between;
};

/// Status words of a broken secure messaging.
const SECURITY_ERRORS: &[u16] = &[0x6982, 0x6985, 0x6987, 0x6988];

/// GET STATUS of the issuer security domain: harmless, and needs authentication.
pub(super) fn get_status() -> Command {
    Command::new(0x80, 0xF2, 0x80, 0x02).with_data([0x4F, 0x00]).with_expected(256)
}

/// GET DATA of an object that there is not.
pub(super) fn get_nothing() -> Command {
    Command::new(0x80, 0xCA, 0x12, 0x34).with_expected(256)
}

/// INITIALIZE UPDATE with this challenge, as it is; nothing is checked.
pub(super) fn raw_update(
    session: &mut Session<'_>,
    version: u8,
    key_index: u8,
    challenge: &[u8],
) -> Result<Response, Stop> {
    session.exchange(
        &Command::new(0x80, 0x50, version, key_index).with_data(challenge).with_expected(256),
    )
}

/// A challenge of the length that the card wants.
pub(super) fn host_challenge(session: &mut Session<'_>) -> Vec<u8> {
    let mut challenge = session.challenge::<16>().to_vec();
    challenge.truncate(if session.profile().s16() { 16 } else { 8 });
    challenge
}

/// What is wrong with an EXTERNAL AUTHENTICATE.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Nothing.
    Nothing,
    /// The host cryptogram; the C-MAC belongs to it.
    Cryptogram,
    /// The C-MAC.
    Mac,
}

/// An EXTERNAL AUTHENTICATE that is ready to be sent.
pub(super) struct Prepared {
    /// The command.
    pub command: Command,
    /// The host's end, should the card take it.
    pub channel: Channel,
    /// The sequence counter that the card showed.
    pub counter: Option<u32>,
}

/// INITIALIZE UPDATE, and the EXTERNAL AUTHENTICATE that follows, with a fault or without. `flip` changes bits of the protocol's option.
pub(super) fn prepare(
    session: &mut Session<'_>,
    level: SecurityLevel,
    wrong: Wrong,
    flip: u8,
) -> Result<Prepared, Stop> {
    let subject = session.keys()?;
    session.select_issuer_security_domain()?;
    let option = session.profile().option_of_des_channel();
    let handshake = Handshake::new(&host_challenge(session))
        .with_key_version(subject.version)
        .with_option(option ^ flip);
    let answer = session.exchange(&handshake.command())?;
    let waiting = handshake.answer(&answer).map_err(|error| match error {
        ScpError::StatusRefused(status) => {
            Stop::blocked(format!("INITIALIZE UPDATE answers {status}"))
        }
        ScpError::UnsupportedProtocol { .. } => {
            Stop::not_applicable("the protocol has no other option like this")
        }
        other => Stop::fail(format!("INITIALIZE UPDATE: {other}")),
    })?;
    let counter = waiting.answer().sequence_counter;
    let keys = subject.of_card(&waiting.answer().kdd)?;
    let verified = if wrong == Wrong::Cryptogram {
        let session_keys = SessionKeys::derive(&keys, waiting.answer(), waiting.host_challenge())?;
        let right = session_keys.host_cryptogram(waiting.answer(), waiting.host_challenge())?;
        let mut bytes = right.as_bytes().to_vec();
        damage(&mut bytes);
        waiting.trust(session_keys, Cryptogram::new(&bytes)?)
    } else {
        waiting.verify_with(&keys).map_err(|error| match error {
            ScpError::CardCryptogramMismatch => Stop::abort(
                "the card cryptogram does not belong to the keys; EXTERNAL AUTHENTICATE was not sent",
            ),
            other => other.into(),
        })?
    };
    let (mut command, channel) =
        verified.external_authenticate(level).map_err(|error| match error {
            ScpError::UnsupportedLevel(_) => {
                Stop::not_applicable("the protocol does not offer the security level")
            }
            other => other.into(),
        })?;
    if wrong == Wrong::Mac {
        damage(&mut command.data);
    }
    Ok(Prepared { command, channel, counter })
}

fn damage(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 0x55;
    }
}

/// Sends a good command through the channel without a look at the response's protection.
pub(super) fn status_over(
    session: &mut Session<'_>,
    channel: &mut Channel,
) -> Result<StatusWord, Stop> {
    let wrapped = channel.wrap(&get_status())?;
    Ok(session.exchange(&wrapped)?.status)
}

/// The channel must be gone: the next command with a right C-MAC is refused.
pub(super) fn gone(session: &mut Session<'_>, channel: &mut Channel) -> Ruling {
    Ok(refusal(status_over(session, channel)?, &[0x6982], &[0x6985, 0x6987, 0x6988, 0x6E00]))
}

/// INITIALIZE UPDATE shows the protocol, and is as long as its option asks for.
pub(super) fn layout(session: &mut Session<'_>, id: u8) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let challenge = host_challenge(session);
    let answer = raw_update(session, version, 0, &challenge)?;
    if !answer.status.is_ok() {
        return Ok(Grade::Fail.because(format!("answered {}", answer.status)));
    }
    let (protocol, option) = (answer.data.get(11).copied(), answer.data.get(12).copied());
    let expected = match (id, option) {
        (3, Some(i)) => {
            13 + if i & 0x01 == 0 { 16 } else { 32 } + if i & 0x10 == 0 { 0 } else { 3 }
        }
        _ => 28,
    };
    Ok(worst([
        Verdict::require(protocol == Some(id), || {
            format!("byte 11 is {:02X}", protocol.unwrap_or_default())
        }),
        Verdict::require(answer.data.len() == expected, || {
            format!("{} bytes instead of {expected}", answer.data.len())
        }),
    ]))
}

/// Card and host derive the same session keys from the same keys.
pub(super) fn authenticates(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    accepted(session, &mut secure)
}

/// The channel takes a command.
pub(super) fn accepted(session: &mut Session<'_>, secure: &mut SecureChannel) -> Ruling {
    let status = session.over(secure, &get_status())?.status;
    Ok(Verdict::require(status.is_ok() || status.0 == 0x6310, || {
        format!("GET STATUS with right secure messaging answers {status}")
    }))
}

/// A session at this level carries a few commands.
pub(super) fn works_at(session: &mut Session<'_>, level: SecurityLevel) -> Ruling {
    let mut secure = session.open(level)?;
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        verdicts.push(accepted(session, &mut secure)?);
    }
    Ok(worst(verdicts))
}

/// The chain of C-MACs goes on after an error of the command itself.
pub(super) fn chains(session: &mut Session<'_>, level: SecurityLevel) -> Ruling {
    let mut secure = session.open(level)?;
    let mut verdicts = Vec::new();
    for round in 0..10 {
        if round == 4 {
            let status = session.over(&mut secure, &get_nothing())?.status;
            verdicts.push(Verdict::require(!status.is_ok() && survives(status), || {
                format!("GET DATA of an unknown object answers {status}")
            }));
        } else {
            verdicts.push(accepted(session, &mut secure)?);
        }
    }
    Ok(worst(verdicts))
}

fn survives(status: StatusWord) -> bool {
    !SECURITY_ERRORS.contains(&status.0)
}

/// Encrypted data of any of these lengths are decrypted.
pub(super) fn any_length(
    session: &mut Session<'_>,
    lengths: impl IntoIterator<Item = u8>,
) -> Ruling {
    let mut secure = session.open(SecurityLevel::C_MAC_C_DECRYPTION)?;
    let most = secure.channel.max_data_length();
    for length in lengths.into_iter().filter(|length| usize::from(*length) <= most) {
        let mut command = Command::new(0x80, 0xF2, 0x80, 0x02).with_expected(256);
        let mut data = vec![0x4F, length.saturating_sub(2)];
        data.resize(usize::from(length), 0xA5);
        command.data = data;
        let status = session.over(&mut secure, &command)?.status;
        if !survives(status) {
            return Ok(Grade::Fail.because(format!("{length} bytes of data: {status}")));
        }
    }
    accepted(session, &mut secure)
}

/// The same bytes twice: the second time the C-MAC is wrong, and the session ends.
pub(super) fn replay(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let wrapped = secure.channel.wrap(&get_status())?;
    let first = session.exchange(&wrapped)?.status;
    if !first.is_ok() {
        return Err(Stop::blocked(format!("GET STATUS answers {first}")));
    }
    let second = session.exchange(&wrapped)?.status;
    let replayed = refusal(second, &[0x6982], &[0x6985, 0x6988]);
    Ok(worst([replayed, gone(session, &mut secure.channel)?]))
}

/// A command without C-MAC in a session that asks for it.
pub(super) fn missing_mac(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let status = session.exchange(&get_status())?.status;
    let refused = refusal(status, &[0x6982], &[0x6985, 0x6987, 0x6E00]);
    Ok(worst([refused, gone(session, &mut secure.channel)?]))
}

/// An aborted session stays so until the next INITIALIZE UPDATE, which works.
pub(super) fn aborted_until_renewed(session: &mut Session<'_>) -> Ruling {
    let aborted = missing_mac(session)?;
    Ok(worst([aborted, authenticates(session)?]))
}

/// A wrong EXTERNAL AUTHENTICATE is refused and leaves no session; a good one follows, for the card's counter of tries.
pub(super) fn refuses_wrong(
    session: &mut Session<'_>,
    wrong: Wrong,
    specified: &[u16],
    customary: &[u16],
) -> Ruling {
    let mut prepared = prepare(session, SecurityLevel::C_MAC, wrong, 0)?;
    let answer = session.fail_to_authenticate(&prepared.command)?;
    let refused = refusal(answer.status, specified, customary);
    let gone = gone(session, &mut prepared.channel)?;
    let next = authenticates(session)?;
    Ok(worst([refused, gone, next]))
}

/// EXTERNAL AUTHENTICATE that nothing came before.
pub(super) fn authenticate_first(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let length = 2 * host_challenge(session).len();
    let command = Command::new(0x84, 0x82, 0x01, 0x00).with_data(vec![0xA5; length]);
    let status = session.fail_to_authenticate(&command)?.status;
    let refused = refusal(status, &[0x6985, 0x6982], &[0x6300, 0x6D00, 0x6E00]);
    Ok(worst([refused, authenticates(session)?]))
}

/// EXTERNAL AUTHENTICATE once more in the session that it opened.
pub(super) fn authenticate_twice(session: &mut Session<'_>) -> Ruling {
    let Prepared { command, mut channel, .. } =
        prepare(session, SecurityLevel::C_MAC, Wrong::Nothing, 0)?;
    session.external_authenticate(&command)?;
    let status = session.fail_to_authenticate(&command)?.status;
    let refused = refusal(status, &[0x6985, 0x6982], &[0x6300, 0x6D00, 0x6E00, 0x6988]);
    let after = status_over(session, &mut channel)?;
    let kept = if after.is_ok() {
        Grade::PassWithObservation.because("the session goes on after the refusal")
    } else {
        Verdict::pass()
    };
    Ok(worst([refused, kept, authenticates(session)?]))
}

/// The other way to treat the chaining value of C-MACs is refused at the second C-MAC.
pub(super) fn other_icv_refused(session: &mut Session<'_>) -> Ruling {
    /// The option's bit for an encrypted chaining value.
    const ICV_ENCRYPTION: u8 = 0x10;
    if session.profile().option_of_des_channel() == 0 {
        return Err(Stop::not_applicable("the card does not tell the protocol's option"));
    }
    let right = works_at(session, SecurityLevel::C_MAC)?;
    let mut other = prepare(session, SecurityLevel::C_MAC, Wrong::Nothing, ICV_ENCRYPTION)?;
    session.external_authenticate(&other.command)?;
    Ok(worst([right, gone(session, &mut other.channel)?]))
}

/// A key version that there is not.
pub(super) fn unknown_version(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let challenge = host_challenge(session);
    let status = raw_update(session, 0x7E, 0, &challenge)?.status;
    Ok(refusal(status, &[0x6A88], &[0x6A80, 0x6A86, 0x6982, 0x6985]))
}

/// Host challenges of wrong lengths.
pub(super) fn wrong_challenge(session: &mut Session<'_>, lengths: &[usize]) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let mut verdicts = Vec::new();
    for length in lengths {
        let status = raw_update(session, version, 0, &vec![0xA5; *length])?.status;
        verdicts.push(refusal(status, &[0x6700], &[0x6A80]));
    }
    Ok(worst(verdicts))
}

/// Two sessions have different challenges, though the host's is the same.
pub(super) fn fresh_challenges(session: &mut Session<'_>) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let challenge = host_challenge(session);
    let mut answers = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let answer = raw_update(session, version, 0, &challenge)?;
        if !answer.status.is_ok() {
            return Err(Stop::blocked(format!("INITIALIZE UPDATE answers {}", answer.status)));
        }
        answers.insert(answer.data.get(11..).map(<[u8]>::to_vec));
    }
    Ok(Verdict::require(answers.len() == 3, || "a challenge came twice".to_owned()))
}

/// The sequence counters of three INITIALIZE UPDATEs in a row.
pub(super) fn counters(session: &mut Session<'_>) -> Result<Vec<u32>, Stop> {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let mut counters = Vec::new();
    for _ in 0..3 {
        let waiting = session.initialize_update(version, 0)?;
        counters.extend(waiting.answer().sequence_counter);
    }
    Ok(counters)
}

/// At level 00 commands go without C-MAC.
pub(super) fn without_protection(session: &mut Session<'_>) -> Ruling {
    works_at(session, SecurityLevel::empty())
}

fn announced(session: &mut Session<'_>) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let protocol = session.initialize_update(version, 0)?.answer().protocol;
    let named = &session.profile().secure_channels;
    let found = named.iter().any(|(id, option)| {
        *id == protocol.id() && (protocol.id() != 3 || *option == u32::from(protocol.i()))
    });
    Ok(Verdict::require(found, || format!("{protocol:?} is spoken, and not announced in 66")))
}

fn counter_object(session: &mut Session<'_>) -> Ruling {
    let version = session.keys()?.version;
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0xC1)?;
    if !answer.status.is_ok() {
        return Err(Stop::not_applicable(format!("GET DATA of C1 answers {}", answer.status)));
    }
    let value = tlv::find(&answer.data, 0xC1).ok().flatten().unwrap_or_default();
    let told = value.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    let waiting = session.initialize_update(version, 0)?;
    let Some(shown) = waiting.answer().sequence_counter else {
        return Err(Stop::not_applicable("the protocol shows no sequence counter"));
    };
    let step = u32::from(waiting.answer().protocol.id() == 3);
    Ok(Verdict::require(shown == told.saturating_add(step), || {
        format!("C1 tells {told}, INITIALIZE UPDATE {shown}")
    }))
}

fn current_level(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let before = session.get_data(0xD3)?;
    if !before.status.is_ok() {
        return Ok(refusal(before.status, &[0x6A88], &[0x6A86]));
    }
    let mut secure = session.open_mac()?;
    let after =
        session.over(&mut secure, &Command::new(0x80, 0xCA, 0x00, 0xD3).with_expected(256))?;
    let (before, after) = (before.data.last().copied(), after.data.last().copied());
    Ok(worst([
        Verdict::require(before == Some(0), || format!("{before:02X?} without authentication")),
        Verdict::require(after == Some(0x81), || format!("{after:02X?} in a session with C-MAC")),
    ]))
}

fn secured_get_data(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let outside = session.get_data(0x66)?;
    let mut secure = session.open_mac()?;
    let inside =
        session.over(&mut secure, &Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256))?;
    Ok(Verdict::require(inside.status == outside.status && inside.data == outside.data, || {
        format!("{} in the session, {} outside", inside.status, outside.status)
    }))
}

fn select_ends(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    session.select_issuer_security_domain()?;
    let plain = session.exchange(&get_status())?.status;
    let plain = refusal(plain, &[0x6982], &[0x6985, 0x6E00]);
    Ok(worst([plain, gone(session, &mut secure.channel)?]))
}

fn failed_select_keeps(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let status = session.select(&[0xF0, 0x43, 0x6F, 0x6E, 0x66, 0x00, 0xFF])?.status;
    if status.is_ok() {
        return Err(Stop::blocked("an application with an invented AID is selected"));
    }
    let after = status_over(session, &mut secure.channel)?;
    Ok(if after.is_ok() {
        Verdict::pass()
    } else {
        Grade::PassWithObservation.because(format!("the session is gone: {after}"))
    })
}

fn short_lc(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let mut bytes = vec![0x80, 0x50, 0x00, 0x00, 0x08];
    bytes.extend([0xA5; 10]);
    let status = session.send_raw(&bytes)?.status;
    let alive = session.select_issuer_security_domain()?.status;
    Ok(worst([
        refusal(status, &[0x6700], &[0x6A80]),
        Verdict::require(alive.is_ok() || alive.is_warning(), || {
            format!("SELECT answers {alive} afterwards")
        }),
    ]))
}

fn reset_between(session: &mut Session<'_>) -> Ruling {
    let prepared = prepare(session, SecurityLevel::C_MAC, Wrong::Nothing, 0)?;
    session.reset()?;
    session.select_issuer_security_domain()?;
    let status = session.fail_to_authenticate(&prepared.command)?.status;
    let refused = refusal(status, &[0x6985, 0x6982], &[0x6300, 0x6D00, 0x6E00]);
    Ok(worst([refused, authenticates(session)?]))
}
