//! What a client may say, and when [TPS §begin-op, §parameters, §robustness].

use token_management::message::{Operation, ServerMessage};

use super::{Ruling, TpsRule, refused, run};
use crate::{
    case::Effect,
    catalogue::rule::{server_must, server_should},
    server::tps::{End, Heard, Reply, Tps, honest},
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[TpsRule] = &[
    server_must(
        "TM-10",
        "TPS-begin-op-first-001",
        "TPS §begin-op",
        Effect::Read,
        "whoever does not begin with BEGIN_OP gets nothing",
        not_begin,
    ),
    server_must(
        "TM-11",
        "TPS-begin-op-unknown-002",
        "TPS §begin-op",
        Effect::Read,
        "an operation that there is not is refused",
        unknown_operation,
    ),
    server_must(
        "TM-12",
        "TPS-begin-op-unserved-003",
        "TPS §begin-op",
        Effect::Session,
        "UNBLOCK and RENEW, which no server does, end with an error",
        unserved,
    ),
    server_must(
        "TM-13",
        "TPS-begin-op-missing-004",
        "TPS §begin-op",
        Effect::Read,
        "BEGIN_OP without an operation is refused",
        missing_operation,
    ),
    server_should(
        "TM-14",
        "TPS-parameters-order-001",
        "TPS §parameters",
        Effect::Session,
        "fields may stand in any order, and unknown ones are passed over",
        other_order,
    ),
    server_should(
        "TM-15",
        "TPS-begin-op-extensions-005",
        "TPS §begin-op",
        Effect::Session,
        "extensions without a value, and unknown ones, do no harm",
        odd_extensions,
    ),
    server_must(
        "TM-16",
        "TPS-robustness-type-001",
        "TPS §robustness",
        Effect::Session,
        "another answer than the one to the question ends the operation",
        wrong_type,
    ),
    server_must(
        "TM-17",
        "TPS-robustness-direction-002",
        "TPS §robustness",
        Effect::Session,
        "a message that only servers send ends the operation",
        wrong_direction,
    ),
    server_must(
        "TM-18",
        "TPS-robustness-second-003",
        "TPS §robustness",
        Effect::Session,
        "a second BEGIN_OP ends the operation",
        second_begin,
    ),
    server_must(
        "TM-19",
        "TPS-robustness-fields-004",
        "TPS §robustness",
        Effect::Read,
        "a thousand fields, or one of nine thousand bytes, do no harm",
        many_fields,
    ),
    server_must(
        "TM-20",
        "TPS-robustness-abort-005",
        "TPS §robustness",
        Effect::Session,
        "a client that is gone keeps nobody else from being served",
        abort,
    ),
    server_must(
        "TM-21",
        "TPS-robustness-utf8-006",
        "TPS §robustness",
        Effect::Read,
        "values that are no text do no harm",
        no_text,
    ),
];

/// Frames a payload.
fn frame(payload: &[u8]) -> Vec<u8> {
    [format!("s={}&", payload.len()).as_bytes(), payload].concat()
}

/// Begins with this payload and expects that nothing comes of it.
fn refused_from(tps: &mut Tps, payload: &[u8]) -> Ruling {
    let mut card = tps.card()?;
    let course = tps.operate_from(&frame(payload), &mut card, &mut honest)?;
    if course.commands().next().is_some() {
        return Ok(Grade::Fail.because("an operation began"));
    }
    Ok(refused(&course))
}

fn not_begin(tps: &mut Tps) -> Ruling {
    refused_from(tps, b"msg_type=10&pdu_size=2&pdu_data=%90%00")
}

fn unknown_operation(tps: &mut Tps) -> Ruling {
    refused_from(tps, b"msg_type=2&operation=99&extensions=tokenType%3DuserKey")
}

fn missing_operation(tps: &mut Tps) -> Ruling {
    refused_from(tps, b"msg_type=2&extensions=tokenType%3DuserKey")
}

fn unserved(tps: &mut Tps) -> Ruling {
    let mut verdicts = Vec::new();
    for operation in [Operation::Unblock, Operation::Renew] {
        let course = run(tps, operation, &mut honest)?;
        verdicts.push(match course.end {
            Some(End::EndOp(..)) if !course.is_success() => Verdict::pass(),
            _ => Grade::Fail.because(format!("{}: {}", operation.name(), course.describe())),
        });
    }
    Ok(super::all(verdicts))
}

/// Begins with this payload and expects the first question.
fn served_from(tps: &mut Tps, payload: &str) -> Ruling {
    let mut link = tps.open()?;
    link.send(&frame(payload.as_bytes()));
    Ok(match link.hear() {
        Heard::Message(ServerMessage::EndOp { status, .. }, _) => {
            Grade::Fail.because(format!("refused with {} {}", status.code(), status.name()))
        }
        Heard::Message(..) => Verdict::pass(),
        other => Grade::Fail.because(format!("{other:?}")),
    })
}

fn other_order(tps: &mut Tps) -> Ruling {
    let payload =
        format!("future=1&extensions=tokenType%3D{}&operation=5&msg_type=2", tps.token_type);
    served_from(tps, &payload)
}

fn odd_extensions(tps: &mut Tps) -> Ruling {
    let payload = format!(
        "msg_type=2&operation=5&extensions=alone%26tokenType%3D{}%26later%3D1%26%26",
        tps.token_type
    );
    served_from(tps, &payload)
}

/// Answers the first command for the card with these bytes instead.
fn answers_command_with(tps: &mut Tps, payload: &[u8]) -> Ruling {
    let mut twisted = false;
    let mut more = 0;
    let course = run(tps, Operation::Format, &mut |message, reply| {
        if twisted {
            more += 1;
            return honest(message, reply);
        }
        twisted = matches!(message, ServerMessage::TokenPduRequest { .. });
        if twisted { Reply::Bytes(frame(payload)) } else { honest(message, reply) }
    })?;
    if !twisted {
        return Ok(Grade::Blocked.because(course.describe()));
    }
    if more > 0 {
        return Ok(Grade::Fail.because("the operation goes on"));
    }
    Ok(refused(&course))
}

fn wrong_type(tps: &mut Tps) -> Ruling {
    answers_command_with(tps, b"msg_type=15&current_state=10")
}

fn wrong_direction(tps: &mut Tps) -> Ruling {
    answers_command_with(tps, b"msg_type=9&pdu_size=2&pdu_data=%90%00")
}

fn second_begin(tps: &mut Tps) -> Ruling {
    answers_command_with(tps, b"msg_type=2&operation=5&extensions=tokenType%3DuserKey")
}

fn many_fields(tps: &mut Tps) -> Ruling {
    let fields = (0..1000)
        .fold("msg_type=99".to_owned(), |all, number| all + "&f" + &number.to_string() + "=1");
    let long = format!("msg_type=2&operation=99&extensions={}", "A".repeat(9_000));
    Ok(super::all([refused_from(tps, fields.as_bytes())?, refused_from(tps, long.as_bytes())?]))
}

fn no_text(tps: &mut Tps) -> Ruling {
    refused_from(tps, b"msg_type=2&operation=\xFF\xFE&extensions=%FF%FE%00")
}

fn abort(tps: &mut Tps) -> Ruling {
    for _ in 0..3 {
        run(tps, Operation::Format, &mut |_, _| Reply::HangUp)?;
    }
    let payload = format!("msg_type=2&operation=5&extensions=tokenType%3D{}", tps.token_type);
    served_from(tps, &payload)
}
