//! Whole operations [TPS §format, §enroll, §pin-reset, §status-update, §end-op, §concurrency].

use reader::CardReader as _;
use token_management::{
    message::{ClientMessage, Operation, OperationResult, ServerMessage, Status},
    subsystem::secret::Secret,
};

use super::{EXTERNAL_AUTHENTICATE, Ruling, TpsRule, no_user, refused, refused_with, run};
use crate::{
    case::Effect,
    catalogue::rule::{server_must, server_should},
    server::tps::{After, Course, End, Heard, Reply, Tps, honest},
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[TpsRule] = &[
    server_must(
        "TM-41",
        "TPS-pin-reset-unknown-001",
        "TPS §pin-reset",
        Effect::Session,
        "the PIN of a token that the server does not know is not reset",
        unknown_token,
    ),
    server_must(
        "TM-42",
        "TPS-format-done-007",
        "TPS §format",
        Effect::Persist,
        "a blank card is formatted, and has the applet",
        format,
    ),
    server_must(
        "TM-43",
        "TPS-format-channel-008",
        "TPS §format",
        Effect::Persist,
        "content is managed through a secure channel with encryption and MAC only",
        protected,
    ),
    server_must(
        "TM-44",
        "TPS-end-op-operation-001",
        "TPS §end-op",
        Effect::Persist,
        "END_OP names the operation, with result 0 and message 0 where it was done",
        end_op,
    ),
    server_must(
        "TM-45",
        "TPS-end-op-last-002",
        "TPS §end-op",
        Effect::Persist,
        "nothing follows END_OP, and the response ends",
        last,
    ),
    server_must(
        "TM-46",
        "TPS-status-update-order-001",
        "TPS §status-update",
        Effect::Persist,
        "progress grows, and is 100 at the end",
        progress,
    ),
    server_must(
        "TM-47",
        "TPS-status-update-asked-002",
        "TPS §status-update",
        Effect::Persist,
        "who does not ask for progress is not told",
        no_progress,
    ),
    // Before the user has a token: whoever has one may get no other.
    server_must(
        "TM-49",
        "TPS-enroll-pin-002",
        "TPS §enroll",
        Effect::Persist,
        "a PIN that is shorter than asked for is refused",
        short_pin,
    ),
    server_must(
        "TM-48",
        "TPS-enroll-done-001",
        "TPS §enroll",
        Effect::Persist,
        "a user enrols a token, and neither password nor PIN comes back",
        enroll,
    ),
    server_should(
        "TM-50",
        "TPS-concurrency-two-001",
        "TPS §concurrency",
        Effect::Persist,
        "two operations at the same time do not mix",
        two,
    ),
    server_should(
        "TM-51",
        "TPS-format-again-009",
        "TPS §format",
        Effect::Persist,
        "what a client left unfinished is finished by the next one",
        resumed,
    ),
];

/// UNKNOWN_TOKEN of END_OP.
const UNKNOWN_TOKEN: u32 = 16;
/// Instructions of content management that must be protected [GPCS 2.3.1 §11].
const CONTENT: &[u8] = &[0xE4, 0xE6, 0xE8, 0xD8];

fn unknown_token(tps: &mut Tps) -> Ruling {
    Ok(refused_with(&run(tps, Operation::ResetPin, &mut honest)?, &[UNKNOWN_TOKEN]))
}

/// A format that was done, or the verdict why not.
fn formatted(tps: &mut Tps, status_update: bool) -> anyhow::Result<Result<Course, Verdict>> {
    let extensions = tps.extensions(status_update);
    let mut card = tps.card()?;
    let course = tps.operate(Operation::Format, extensions, &mut card, &mut honest)?;
    Ok(if course.is_success() {
        Ok(course)
    } else {
        Err(Grade::Blocked.because(course.describe()))
    })
}

fn format(tps: &mut Tps) -> Ruling {
    let extensions = tps.extensions(false);
    let mut card = tps.card()?;
    let course = tps.operate(Operation::Format, extensions, &mut card, &mut honest)?;
    if !course.is_success() {
        return Ok(Grade::Fail.because(course.describe()));
    }
    let select = [&[0x00, 0xA4, 0x04, 0x00, 0x07][..], coolkey::APPLET_AID.as_bytes()].concat();
    let answer = card.transmit(&select)?;
    Ok(Verdict::require(answer.ends_with(&[0x90, 0x00]), || "no applet on the card".to_owned()))
}

fn protected(tps: &mut Tps) -> Ruling {
    let course = match formatted(tps, false)? {
        Ok(course) => course,
        Err(verdict) => return Ok(verdict),
    };
    let levels: Vec<u8> = course
        .commands()
        .filter(|command| command.starts_with(&EXTERNAL_AUTHENTICATE))
        .filter_map(|command| command.get(2).copied())
        .collect();
    let plain = course.commands().find(|command| {
        matches!(command, [class, instruction, ..] if CONTENT.contains(instruction) && class & 0x04 == 0)
    });
    if let Some(plain) = plain {
        return Ok(Grade::Fail.because(format!(
            "in clear: {}",
            hex::encode_upper(plain.get(..4).unwrap_or_default())
        )));
    }
    Ok(Verdict::require(
        !levels.is_empty() && levels.iter().all(|level| level & 0x03 == 0x03),
        || format!("security levels {}", hex::encode_upper(levels)),
    ))
}

fn end_op(tps: &mut Tps) -> Ruling {
    Ok(match formatted(tps, false)? {
        Ok(Course {
            end: Some(End::EndOp(Operation::Format, OperationResult::Good, status)),
            ..
        }) if status.code() == 0 => Verdict::pass(),
        Ok(course) => Grade::Fail.because(course.describe()),
        Err(verdict) => verdict,
    })
}

fn last(tps: &mut Tps) -> Ruling {
    Ok(match formatted(tps, false)?.map(|course| course.after) {
        Ok(Some(After::End)) => Verdict::pass(),
        Ok(Some(After::Open)) => Grade::Fail.because("the response does not end"),
        Ok(_) => Grade::Fail.because("something follows END_OP"),
        Err(verdict) => verdict,
    })
}

fn progress(tps: &mut Tps) -> Ruling {
    let course = match formatted(tps, true)? {
        Ok(course) => course,
        Err(verdict) => return Ok(verdict),
    };
    let told: Vec<u32> = course.progress().collect();
    let right = told.is_sorted() && told.last() == Some(&100);
    Ok(Verdict::require(right, || format!("progress {told:?}")))
}

fn no_progress(tps: &mut Tps) -> Ruling {
    Ok(match formatted(tps, false)? {
        Ok(course) => Verdict::require(course.progress().next().is_none(), || {
            "progress that nobody asked for".to_owned()
        }),
        Err(verdict) => verdict,
    })
}

fn enroll(tps: &mut Tps) -> Ruling {
    if let Some(blocked) = no_user(tps) {
        return Ok(blocked);
    }
    let mut pin: Option<Secret> = None;
    let mut lengths = None;
    let course = run(tps, Operation::Enroll, &mut |message, reply| {
        if let (
            ServerMessage::NewPinRequest { minimum_length, maximum_length },
            ClientMessage::NewPinResponse { new_pin },
        ) = (message, &reply)
        {
            pin = Some(new_pin.clone());
            lengths = Some((*minimum_length, *maximum_length));
        }
        honest(message, reply)
    })?;
    match course.failure() {
        None if course.is_success() => {}
        Some(Status::HasAtLeastOneActiveToken) => {
            return Ok(Grade::Blocked.because("the user has a token already"));
        }
        _ => return Ok(Grade::Fail.because(course.describe())),
    }
    let password = tps.user.as_ref().map(|user| user.password.clone());
    let shown = |secret: &Option<Secret>| {
        secret.as_ref().is_some_and(|secret| {
            let secret = secret.expose();
            let within = |bytes: &[u8]| {
                !secret.is_empty() && bytes.windows(secret.len()).any(|window| window == secret)
            };
            course.payloads.iter().any(|payload| within(payload)) || course.commands().any(within)
        })
    };
    if shown(&password) || shown(&pin) {
        return Ok(
            Grade::Fail.because("a secret in a message of the server, or in clear to the card")
        );
    }
    Ok(Verdict::require(
        lengths.is_none_or(|(minimum, maximum)| minimum <= maximum && minimum > 0),
        || "a new PIN of no length, or with a minimum above the maximum".to_owned(),
    ))
}

fn short_pin(tps: &mut Tps) -> Ruling {
    if let Some(blocked) = no_user(tps) {
        return Ok(blocked);
    }
    let mut asked = false;
    let course = run(tps, Operation::Enroll, &mut |message, reply| match message {
        ServerMessage::NewPinRequest { .. } => {
            asked = true;
            Reply::Message(ClientMessage::NewPinResponse { new_pin: Secret::new(b"1".to_vec()) })
        }
        _ => honest(message, reply),
    })?;
    Ok(match asked {
        true => refused(&course),
        false if course.is_success() => Grade::NotApplicable.because("no new PIN is asked for"),
        false => Grade::Blocked.because(course.describe()),
    })
}

/// Steps one operation by one message; `false` when it has ended.
fn step(
    tps: &Tps,
    link: &mut crate::server::tps::Link,
    card: &mut dyn reader::CardReader,
) -> anyhow::Result<Result<bool, String>> {
    let heard = link.hear();
    let Heard::Message(message, _) = heard else { return Ok(Err(format!("{heard:?}"))) };
    if let ServerMessage::EndOp { result, status, .. } = &message {
        let done = *result == OperationResult::Good;
        return Ok(if done { Ok(false) } else { Err(format!("error {}", status.code())) });
    }
    if let Some(reply) = tps.reply(&message, card)? {
        link.send(&reply.encode(token_management::message::Dialect::Esc));
    }
    Ok(Ok(true))
}

fn two(tps: &mut Tps) -> Ruling {
    let extensions = tps.extensions(false);
    let begin = ClientMessage::BeginOp { operation: Operation::Format, extensions }
        .encode(token_management::message::Dialect::Esc);
    let mut pairs = Vec::new();
    for _ in 0..2 {
        let mut link = tps.open()?;
        link.send(&begin);
        pairs.push((link, tps.card()?, true));
    }
    for _ in 0..crate::server::tps::MESSAGES_MAX {
        if pairs.iter().all(|(.., running)| !running) {
            return Ok(Verdict::pass());
        }
        for (link, card, running) in &mut pairs {
            if *running {
                match step(tps, link, card)? {
                    Ok(more) => *running = more,
                    Err(why) => {
                        return Ok(Grade::Fail.because(format!("one of two operations: {why}")));
                    }
                }
            }
        }
    }
    Ok(Grade::Fail.because("too many messages"))
}

fn resumed(tps: &mut Tps) -> Ruling {
    let extensions = tps.extensions(false);
    let mut card = tps.card()?;
    let mut loads = 0;
    tps.operate(Operation::Format, extensions.clone(), &mut card, &mut |message, reply| {
        loads += u32::from(matches!(message, ServerMessage::TokenPduRequest { pdu } if pdu.starts_with(&[0x84, 0xE6])));
        if loads > 0 { Reply::HangUp } else { honest(message, reply) }
    })?;
    card.reset()?;
    let course = tps.operate(Operation::Format, extensions, &mut card, &mut honest)?;
    Ok(Verdict::require(course.is_success(), || course.describe()))
}
