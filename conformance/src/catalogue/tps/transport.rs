//! How operations are carried: one chunked POST, a message a chunk [TPS §transport, §framing].

use token_management::message::Operation;

use super::{Ruling, TpsRule, refused, run, until_channel};
use crate::{
    case::Effect,
    catalogue::rule::{server_must, server_should},
    server::{
        connect,
        http::{Http, HttpError},
        tps::{End, Tps, honest},
    },
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[TpsRule] = &[
    server_must(
        "TM-01",
        "TPS-transport-verb-001",
        "TPS §transport",
        Effect::Read,
        "a verb that is not POST is refused",
        verb,
    ),
    server_must(
        "TM-02",
        "TPS-transport-chunked-002",
        "TPS §transport",
        Effect::Read,
        "a body that is not chunked is refused",
        not_chunked,
    ),
    server_must(
        "TM-03",
        "TPS-transport-response-003",
        "TPS §transport",
        Effect::Session,
        "the answer is chunked, begins before the request ends, and has a message a chunk",
        response,
    ),
    server_must(
        "TM-04",
        "TPS-framing-size-001",
        "TPS §framing",
        Effect::Session,
        "messages begin with their type, and fields stand in their order",
        order,
    ),
    server_must(
        "TM-05",
        "TPS-framing-oversize-002",
        "TPS §framing",
        Effect::Read,
        "a message of ten million bytes is refused at its size",
        oversize,
    ),
    server_must(
        "TM-06",
        "TPS-framing-digits-003",
        "TPS §framing",
        Effect::Read,
        "a size that is no number is refused",
        digits,
    ),
    server_must(
        "TM-07",
        "TPS-framing-start-004",
        "TPS §framing",
        Effect::Read,
        "bytes that are no message are refused",
        garbage,
    ),
    server_should(
        "TM-08",
        "TPS-framing-cut-005",
        "TPS §framing",
        Effect::Session,
        "a message may come in several chunks",
        cut,
    ),
    server_should(
        "TM-09",
        "TPS-framing-limit-006",
        "TPS §framing",
        Effect::Session,
        "no message is longer than clients can take",
        client_limit,
    ),
];

/// Largest whole message that clients in the field can take, in bytes.
const CLIENT_MESSAGE_MAX: usize = 4095;

/// Sends a head and reads the status.
fn status(tps: &Tps, head: &str) -> anyhow::Result<Result<u16, HttpError>> {
    let mut http = Http::new(connect(&tps.address, &tps.tls, tps.patience)?);
    let authority = tps.address.authority();
    http.send(format!("{head}Host: {authority}\r\nConnection: close\r\n\r\n").as_bytes())?;
    Ok(http.head().map(|head| head.status))
}

fn verb(tps: &mut Tps) -> Ruling {
    let head = format!("PUT {} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", tps.address.path);
    Ok(match status(tps, &head)? {
        Ok(405) => Verdict::pass(),
        Ok(400..=499 | 501) => {
            Grade::ConceptuallyPass.because("refused with another status than 405")
        }
        other => Grade::Fail.because(format!("PUT is answered with {other:?}")),
    })
}

fn not_chunked(tps: &mut Tps) -> Ruling {
    let head = format!("POST {} HTTP/1.1\r\nContent-Length: 0\r\n", tps.address.path);
    Ok(match status(tps, &head)? {
        Ok(400) => Verdict::pass(),
        Ok(401..=499) => Grade::ConceptuallyPass.because("refused with another status than 400"),
        other => Grade::Fail.because(format!("a body of known length is answered with {other:?}")),
    })
}

fn response(tps: &mut Tps) -> Ruling {
    let course = until_channel(tps, Operation::Format)?;
    let Some(head) = &course.head else { return Ok(Grade::Fail.because(course.describe())) };
    if !head.is_chunked() {
        return Ok(Grade::Fail.because("the answer is not chunked"));
    }
    if course.messages.is_empty() {
        return Ok(Grade::Fail.because("no message came while the request was open"));
    }
    Ok(Verdict::require(course.message_a_chunk, || {
        "a chunk that is not exactly one message".to_owned()
    }))
}

/// The fields of each message, in their order; `*` is for any further ones.
const ORDER: &[(&str, &[&str])] = &[
    ("3", &["msg_type", "invalid_pw", "blocked"]),
    ("9", &["msg_type", "pdu_size", "pdu_data"]),
    ("11", &["msg_type", "minimum_length", "maximum_length"]),
    ("13", &["msg_type", "operation", "result", "message"]),
    ("14", &["msg_type", "current_state", "next_task_name"]),
    ("16", &["msg_type", "invalid_pw", "blocked", "title", "description", "*"]),
];

fn order(tps: &mut Tps) -> Ruling {
    let course = until_channel(tps, Operation::Format)?;
    let wrong = course.payloads.iter().find(|payload| !is_in_order(payload));
    Ok(match wrong {
        Some(payload) => {
            let kind = payload.split(|byte| *byte == b'&').next().unwrap_or_default();
            Grade::Fail.because(format!("fields of '{}' in another order", kind.escape_ascii()))
        }
        None if course.payloads.is_empty() => Grade::Fail.because(course.describe()),
        None => Verdict::pass(),
    })
}

fn is_in_order(payload: &[u8]) -> bool {
    let text = String::from_utf8_lossy(payload);
    let pairs: Vec<(&str, &str)> =
        text.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let kind = pairs.first().map(|(_, value)| *value).unwrap_or_default();
    let Some((_, names)) = ORDER.iter().find(|(number, _)| *number == kind) else { return false };
    let fixed: Vec<&str> = names.iter().copied().filter(|name| *name != "*").collect();
    let given: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    given.starts_with(&fixed) && (given.len() == fixed.len() || names.contains(&"*"))
}

/// Begins with these bytes; nothing good may come of it.
fn begins(tps: &mut Tps, bytes: &[u8]) -> Ruling {
    let mut card = tps.card()?;
    let course = tps.operate_from(bytes, &mut card, &mut honest)?;
    if course.commands().next().is_some() {
        return Ok(Grade::Fail.because("an operation began"));
    }
    Ok(refused(&course))
}

fn oversize(tps: &mut Tps) -> Ruling {
    begins(tps, b"s=10000000&msg_type=2&operation=5&extensions=")
}

fn digits(tps: &mut Tps) -> Ruling {
    begins(tps, b"s=-5&msg_type=2&operation=5&extensions=")
}

fn garbage(tps: &mut Tps) -> Ruling {
    begins(tps, &[0x00, 0xFF, 0x16, 0x03, 0x01, 0x0A, 0x0D])
}

fn cut(tps: &mut Tps) -> Ruling {
    let payload = format!("msg_type=2&operation=5&extensions=tokenType%3D{}", tps.token_type);
    let message = format!("s={}&{payload}", payload.len());
    let (first, second) = message.split_at(message.len() / 2);
    let mut link = tps.open()?;
    link.send(first.as_bytes());
    link.send(second.as_bytes());
    Ok(match link.hear() {
        crate::server::tps::Heard::Message(..) => Verdict::pass(),
        other => Grade::Fail.because(format!("a message in two chunks is answered with {other:?}")),
    })
}

fn client_limit(tps: &mut Tps) -> Ruling {
    let course = run(tps, Operation::Format, &mut |message, reply| {
        if super::is_command(message, super::EXTERNAL_AUTHENTICATE) {
            return crate::server::tps::Reply::HangUp;
        }
        honest(message, reply)
    })?;
    let longest = course.payloads.iter().map(Vec::len).max().unwrap_or(0);
    if matches!(course.end, Some(End::Silent | End::Nonsense(_))) {
        return Ok(Grade::Fail.because(course.describe()));
    }
    Ok(Verdict::require(longest <= CLIENT_MESSAGE_MAX, || format!("a message of {longest} bytes")))
}
