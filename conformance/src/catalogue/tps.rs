//! Token processing systems: messages, token operations, and what must not be let through.

mod login;
mod messages;
mod operations;
mod pdu;
mod transport;

use iso7816::Command;
use token_management::message::{Operation, ServerMessage};

use super::rule::ServerRule;
use crate::{
    server::tps::{Course, End, Reply, Tps, Twist, honest},
    verdict::{Grade, Verdict},
};

/// How a case about a server ends; an error is the harness' or the network's.
pub type Ruling = anyhow::Result<Verdict>;
/// A case about a token processing system.
pub type TpsRule = ServerRule<Tps>;

/// The tables.
pub const RULES: &[&[TpsRule]] =
    &[transport::RULES, messages::RULES, login::RULES, pdu::RULES, operations::RULES];

/// INITIALIZE UPDATE, as its header begins.
const INITIALIZE_UPDATE: [u8; 2] = [0x80, 0x50];
/// EXTERNAL AUTHENTICATE, as its header begins.
const EXTERNAL_AUTHENTICATE: [u8; 2] = [0x84, 0x82];

/// A case of a kind that ends without success: anything but success, silence and nonsense.
fn refused(course: &Course) -> Verdict {
    match course.end {
        Some(End::EndOp(..)) if course.is_success() => Grade::Fail.because("ended with success"),
        Some(End::EndOp(..) | End::Dropped | End::Refused(400..=499)) => Verdict::pass(),
        _ => Grade::Fail.because(course.describe()),
    }
}

/// A case that ends with one of these status codes; another failure is right, too, but called otherwise than is usual.
fn refused_with(course: &Course, codes: &[u32]) -> Verdict {
    match course.failure() {
        Some(status) if codes.contains(&status.code()) => Verdict::pass(),
        Some(_) => Grade::ConceptuallyPass.because(course.describe()),
        None => refused(course),
    }
}

/// The worst of several verdicts, as the catalogue has it.
fn all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    super::worst(verdicts)
}

/// Blocked where no user is known.
fn no_user(tps: &Tps) -> Option<Verdict> {
    tps.user
        .is_none()
        .then(|| Grade::Blocked.because("no user is given: --user and --password-file"))
}

/// Runs an operation with a fresh card and a twist.
fn run(tps: &mut Tps, operation: Operation, twist: &mut Twist<'_>) -> anyhow::Result<Course> {
    let extensions = tps.extensions(false);
    let mut card = tps.card()?;
    tps.operate(operation, extensions, &mut card, twist)
}

/// Runs an operation with a fresh card and ends it when a secure channel is about to open.
fn until_channel(tps: &mut Tps, operation: Operation) -> anyhow::Result<Course> {
    run(tps, operation, &mut |message, reply| {
        if is_command(message, INITIALIZE_UPDATE) { Reply::HangUp } else { honest(message, reply) }
    })
}

/// Whether a message brings a command that begins so.
fn is_command(message: &ServerMessage, begin: [u8; 2]) -> bool {
    matches!(message, ServerMessage::TokenPduRequest { pdu } if pdu.starts_with(&begin))
}

/// The command in bytes, where they are one.
fn parse(pdu: &[u8]) -> Option<Command> {
    Command::parse(pdu).ok()
}
