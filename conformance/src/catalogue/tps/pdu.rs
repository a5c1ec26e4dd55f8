//! Commands for the card, and what cards answer [TPS §token-pdu, §format].

use token_management::message::{ClientMessage, Operation, ServerMessage};

use super::{
    EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, Ruling, TpsRule, is_command, parse, refused,
    refused_with, run,
};
use crate::{
    case::Effect,
    catalogue::rule::{server_may, server_must},
    server::tps::{Course, Reply, Tps, honest},
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[TpsRule] = &[
    server_must(
        "TM-30",
        "TPS-token-pdu-size-001",
        "TPS §token-pdu",
        Effect::Session,
        "an answer of another length than it says is refused",
        wrong_size,
    ),
    server_must(
        "TM-31",
        "TPS-token-pdu-short-002",
        "TPS §token-pdu",
        Effect::Session,
        "answers without a whole status word are refused",
        short_answers,
    ),
    server_must(
        "TM-32",
        "TPS-token-pdu-refusal-003",
        "TPS §token-pdu",
        Effect::Session,
        "a card that refuses everything ends the operation with an error",
        refusing_card,
    ),
    server_must(
        "TM-33",
        "TPS-token-pdu-long-004",
        "TPS §token-pdu",
        Effect::Session,
        "answers of three thousand bytes do no harm",
        long_answers,
    ),
    server_must(
        "TM-34",
        "TPS-token-pdu-command-005",
        "TPS §token-pdu",
        Effect::Session,
        "every command is a whole command APDU",
        commands,
    ),
    server_must(
        "TM-35",
        "TPS-format-order-001",
        "TPS §format",
        Effect::Session,
        "the card is selected and its identity read before its keys are used",
        order,
    ),
    server_must(
        "TM-36",
        "TPS-format-cryptogram-002",
        "TPS §format",
        Effect::Session,
        "a card with a false cryptogram is refused, and not authenticated to",
        false_cryptogram,
    ),
    server_must(
        "TM-37",
        "TPS-format-challenge-003",
        "TPS §format",
        Effect::Session,
        "every secure channel begins with a new challenge",
        fresh_challenge,
    ),
    server_must(
        "TM-38",
        "TPS-format-replay-004",
        "TPS §format",
        Effect::Session,
        "a card that answers with an old challenge and cryptogram is refused",
        replayed_card,
    ),
    server_may(
        "TM-39",
        "TPS-format-identity-005",
        "TPS §format",
        Effect::Session,
        "a card whose identity is another card's is noticed",
        borrowed_identity,
    ),
    server_must(
        "TM-40",
        "TPS-format-authentication-006",
        "TPS §format",
        Effect::Session,
        "a card that refuses the server's authentication ends the operation",
        refused_authentication,
    ),
];

/// SEC_INIT_UPDATE, SECURE_CHANNEL, EXTERNAL_AUTH of END_OP.
const CHANNEL: &[u32] = &[2, 17, 21];
/// GET DATA for CPLC, as its header begins [GPCS 2.3.1 §H.6].
const GET_CPLC: [u8; 4] = [0x80, 0xCA, 0x9F, 0x7F];
/// Where the card cryptogram begins in the answer to INITIALIZE UPDATE, by protocol [TPS §tks-session-key].
const CRYPTOGRAM_SCP03: usize = 21;
const CRYPTOGRAM_SCP01: usize = 20;

fn pdu_reply(bytes: Vec<u8>) -> Reply {
    Reply::Message(ClientMessage::TokenPduResponse { pdu: bytes })
}

/// What becomes of the card's answer to a command; nothing, and the client hangs up.
type Change<'c> = dyn FnMut(&[u8], Vec<u8>) -> Option<Vec<u8>> + 'c;

/// Formats with a card whose answers go through `change`: command and answer.
fn with_card(tps: &mut Tps, change: &mut Change<'_>) -> anyhow::Result<Course> {
    run(tps, Operation::Format, &mut |message, reply| match (message, reply) {
        (
            ServerMessage::TokenPduRequest { pdu },
            ClientMessage::TokenPduResponse { pdu: answer },
        ) => change(pdu, answer).map_or(Reply::HangUp, pdu_reply),
        (_, reply) => honest(message, reply),
    })
}

fn wrong_size(tps: &mut Tps) -> Ruling {
    let payload = b"msg_type=10&pdu_size=3&pdu_data=%90%00";
    let framed = [format!("s={}&", payload.len()).as_bytes(), payload].concat();
    let course = run(tps, Operation::Format, &mut |message, reply| match message {
        ServerMessage::TokenPduRequest { .. } => Reply::Bytes(framed.clone()),
        _ => honest(message, reply),
    })?;
    Ok(refused(&course))
}

fn short_answers(tps: &mut Tps) -> Ruling {
    let mut verdicts = Vec::new();
    for answer in [Vec::new(), vec![0x90]] {
        let course = with_card(tps, &mut |_, _| Some(answer.clone()))?;
        verdicts.push(refused(&course));
    }
    Ok(super::all(verdicts))
}

fn refusing_card(tps: &mut Tps) -> Ruling {
    let course = with_card(tps, &mut |_, _| Some(vec![0x6F, 0x00]))?;
    Ok(match course.failure() {
        Some(status) if status.code() != 0 => Verdict::pass(),
        _ => Grade::Fail.because(course.describe()),
    })
}

fn long_answers(tps: &mut Tps) -> Ruling {
    let long = [vec![0xA5; 3_000], vec![0x90, 0x00]].concat();
    let course = with_card(tps, &mut |_, _| Some(long.clone()))?;
    Ok(refused(&course))
}

/// Formats until the card has been authenticated to.
fn until_authenticated(tps: &mut Tps) -> anyhow::Result<Course> {
    run(tps, Operation::Format, &mut |message, reply| {
        if is_command(message, EXTERNAL_AUTHENTICATE) {
            Reply::HangUp
        } else {
            honest(message, reply)
        }
    })
}

fn commands(tps: &mut Tps) -> Ruling {
    let course = until_authenticated(tps)?;
    if course.commands().next().is_none() {
        return Ok(Grade::Blocked.because(course.describe()));
    }
    let broken = course.commands().find(|pdu| parse(pdu).is_none());
    Ok(Verdict::require(broken.is_none(), || {
        format!("no command APDU: {}", hex::encode_upper(broken.unwrap_or_default()))
    }))
}

fn order(tps: &mut Tps) -> Ruling {
    let course = until_authenticated(tps)?;
    let commands: Vec<&[u8]> = course.commands().collect();
    let first = |begin: &[u8]| commands.iter().position(|command| command.starts_with(begin));
    let (select, cplc) = (first(&[0x00, 0xA4]), first(&GET_CPLC));
    let (initialize, authenticate) = (first(&INITIALIZE_UPDATE), first(&EXTERNAL_AUTHENTICATE));
    let Some(initialize) = initialize else {
        return Ok(Grade::Blocked.because(format!("no secure channel: {}", course.describe())));
    };
    let right = select == Some(0)
        && cplc.is_some_and(|cplc| cplc < initialize)
        && authenticate == Some(initialize + 1);
    Ok(Verdict::require(right, || {
        let headers =
            commands.iter().map(|command| hex::encode_upper(command.get(..4).unwrap_or_default()));
        format!("another order: {}", headers.collect::<Vec<_>>().join(" "))
    }))
}

/// Where the card cryptogram begins in an answer.
fn cryptogram_at(answer: &[u8]) -> usize {
    if answer.get(11) == Some(&3) { CRYPTOGRAM_SCP03 } else { CRYPTOGRAM_SCP01 }
}

/// Whether the answer is that of a card that began a secure channel.
fn began(command: &[u8], answer: &[u8]) -> bool {
    command.starts_with(&INITIALIZE_UPDATE) && answer.ends_with(&[0x90, 0x00]) && answer.len() >= 30
}

/// The verdict on a card that no server may go on with once its answer to INITIALIZE UPDATE was there.
fn not_authenticated(course: &Course, seen: bool) -> Verdict {
    if !seen {
        return Grade::Blocked.because(format!("no secure channel: {}", course.describe()));
    }
    if course.commands().any(|command| command.starts_with(&EXTERNAL_AUTHENTICATE)) {
        return Grade::Fail.because("EXTERNAL AUTHENTICATE is sent all the same");
    }
    refused_with(course, CHANNEL)
}

fn false_cryptogram(tps: &mut Tps) -> Ruling {
    let mut seen = false;
    let course = with_card(tps, &mut |command, mut answer| {
        if began(command, &answer) {
            seen = true;
            let at = cryptogram_at(&answer);
            if let Some(byte) = answer.get_mut(at) {
                *byte ^= 0x01;
            }
        }
        Some(answer)
    })?;
    Ok(not_authenticated(&course, seen))
}

fn challenge(course: &Course) -> Option<Vec<u8>> {
    let command = course.commands().find(|command| command.starts_with(&INITIALIZE_UPDATE))?;
    command.get(5..13).map(<[u8]>::to_vec)
}

fn fresh_challenge(tps: &mut Tps) -> Ruling {
    let (one, other) = (until_authenticated(tps)?, until_authenticated(tps)?);
    let (Some(first), Some(second)) = (challenge(&one), challenge(&other)) else {
        return Ok(Grade::Blocked.because(format!("no secure channel: {}", one.describe())));
    };
    Ok(Verdict::require(first != second, || {
        format!("challenge {} twice", hex::encode_upper(first))
    }))
}

fn replayed_card(tps: &mut Tps) -> Ruling {
    let mut old: Option<Vec<u8>> = None;
    with_card(tps, &mut |command, answer| {
        if began(command, &answer) {
            old = Some(answer);
            return None;
        }
        Some(answer)
    })?;
    let Some(old) = old else { return Ok(Grade::Blocked.because("no secure channel")) };
    let mut seen = false;
    let course = with_card(tps, &mut |command, answer| {
        if began(command, &answer) {
            seen = true;
            return Some(old.clone());
        }
        Some(answer)
    })?;
    Ok(not_authenticated(&course, seen))
}

fn borrowed_identity(tps: &mut Tps) -> Ruling {
    let mut seen = false;
    let course = run(tps, Operation::Format, &mut |message, reply| match (message, reply) {
        (
            ServerMessage::TokenPduRequest { pdu },
            ClientMessage::TokenPduResponse { pdu: mut answer },
        ) if pdu.starts_with(&GET_CPLC) => {
            seen = true;
            // The serial number in CPLC: the card says that it is another one, its keys say that it is not.
            if let Some(byte) = answer.get_mut(15) {
                *byte ^= 0x55;
            }
            pdu_reply(answer)
        }
        (ServerMessage::TokenPduRequest { pdu }, _) if pdu.starts_with(&EXTERNAL_AUTHENTICATE) => {
            Reply::HangUp
        }
        (_, reply) => honest(message, reply),
    })?;
    if !seen {
        return Ok(Grade::Blocked.because(course.describe()));
    }
    let accepted = course.commands().any(|command| command.starts_with(&EXTERNAL_AUTHENTICATE));
    Ok(if accepted {
        Grade::PassWithObservation
            .because("CPLC may name another card than the key diversification data does")
    } else {
        refused(&course)
    })
}

fn refused_authentication(tps: &mut Tps) -> Ruling {
    let (mut seen, mut after) = (false, false);
    let course = with_card(tps, &mut |command, answer| {
        after |= seen && command.first().is_some_and(|class| class & 0x04 != 0);
        if command.starts_with(&EXTERNAL_AUTHENTICATE) {
            seen = true;
            return Some(vec![0x63, 0x00]);
        }
        Some(answer)
    })?;
    if !seen {
        return Ok(Grade::Blocked.because(course.describe()));
    }
    if after {
        return Ok(Grade::Fail.because("protected commands after the card refused"));
    }
    Ok(refused_with(&course, CHANNEL))
}
