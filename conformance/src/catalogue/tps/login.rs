//! Who operates a token [TPS §login, §extended-login].

use token_management::{
    message::{ClientMessage, Extensions, Operation, ServerMessage},
    subsystem::secret::Secret,
};

use super::{INITIALIZE_UPDATE, Ruling, TpsRule, is_command, no_user, refused_with, run};
use crate::{
    case::Effect,
    catalogue::rule::{server_must, server_should},
    server::tps::{Course, Reply, Tps, honest},
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[TpsRule] = &[
    server_must(
        "TM-22",
        "TPS-login-wrong-001",
        "TPS §login",
        Effect::Session,
        "a wrong password ends with 14, and before the card is authenticated",
        wrong_password,
    ),
    server_must(
        "TM-23",
        "TPS-login-unknown-002",
        "TPS §login",
        Effect::Session,
        "an unknown user is refused as a wrong password is",
        unknown_user,
    ),
    server_must(
        "TM-24",
        "TPS-login-empty-003",
        "TPS §login",
        Effect::Session,
        "an empty password is refused",
        empty_password,
    ),
    server_must(
        "TM-25",
        "TPS-login-fresh-004",
        "TPS §login",
        Effect::Session,
        "the first login request says neither 'invalid' nor 'blocked'",
        fresh_request,
    ),
    server_must(
        "TM-26",
        "TPS-extended-login-form-001",
        "TPS §extended-login",
        Effect::Session,
        "who asks for the extended login is asked for a user and a password",
        extended,
    ),
    server_must(
        "TM-27",
        "TPS-extended-login-missing-002",
        "TPS §extended-login",
        Effect::Session,
        "an extended login without a password is refused",
        extended_missing,
    ),
    server_should(
        "TM-28",
        "TPS-login-before-channel-005",
        "TPS §login",
        Effect::Session,
        "the user is known before the card's keys are used",
        before_channel,
    ),
    server_must(
        "TM-29",
        "TPS-login-secret-006",
        "TPS §login",
        Effect::Session,
        "the password comes back in no message",
        password_stays,
    ),
];

/// LOGIN of END_OP.
const LOGIN: u32 = 14;

/// Enrols with another answer to the login.
fn with_login(
    tps: &mut Tps,
    extensions: Extensions,
    answer: &dyn Fn(&ServerMessage, ClientMessage) -> ClientMessage,
) -> anyhow::Result<Course> {
    let mut card = tps.card()?;
    tps.operate(Operation::Enroll, extensions, &mut card, &mut |message, reply| match message {
        ServerMessage::LoginRequest { .. } | ServerMessage::ExtendedLoginRequest { .. } => {
            Reply::Message(answer(message, reply))
        }
        _ if is_command(message, INITIALIZE_UPDATE) => Reply::HangUp,
        _ => honest(message, reply),
    })
}

fn as_user(tps: &mut Tps, name: &str, password: &[u8]) -> anyhow::Result<Course> {
    let extensions = tps.extensions(false);
    with_login(tps, extensions, &|_, _| ClientMessage::LoginResponse {
        screen_name: name.to_owned(),
        password: Secret::new(password.to_vec()),
    })
}

fn name_of(tps: &Tps) -> String {
    tps.user.as_ref().map(|user| user.name.clone()).unwrap_or_default()
}

fn wrong_password(tps: &mut Tps) -> Ruling {
    if let Some(blocked) = no_user(tps) {
        return Ok(blocked);
    }
    let name = name_of(tps);
    Ok(refused_with(&as_user(tps, &name, b"certainly not the password")?, &[LOGIN]))
}

fn unknown_user(tps: &mut Tps) -> Ruling {
    let course = as_user(tps, "nobody-of-this-name", b"certainly not the password")?;
    Ok(refused_with(&course, &[LOGIN]))
}

fn empty_password(tps: &mut Tps) -> Ruling {
    let name = name_of(tps);
    Ok(refused_with(&as_user(tps, &name, b"")?, &[LOGIN]))
}

/// The login request of an enrolment.
fn request(
    tps: &mut Tps,
    extensions: Extensions,
) -> anyhow::Result<(Option<ServerMessage>, Course)> {
    let mut asked = None;
    let mut card = tps.card()?;
    let course =
        tps.operate(
            Operation::Enroll,
            extensions,
            &mut card,
            &mut |message, reply| match message {
                ServerMessage::LoginRequest { .. } | ServerMessage::ExtendedLoginRequest { .. } => {
                    asked = Some(message.clone());
                    Reply::HangUp
                }
                _ => honest(message, reply),
            },
        )?;
    Ok((asked, course))
}

fn fresh_request(tps: &mut Tps) -> Ruling {
    let extensions = tps.extensions(false);
    let (asked, course) = request(tps, extensions)?;
    Ok(match asked {
        Some(ServerMessage::LoginRequest { invalid_password: false, blocked: false }) => {
            Verdict::pass()
        }
        Some(other) => Grade::Fail.because(format!("asked with {other:?}")),
        None => Grade::Fail.because(format!("no login for an enrolment: {}", course.describe())),
    })
}

fn extended_extensions(tps: &Tps) -> Extensions {
    tps.extensions(false).with(Extensions::EXTENDED_LOGIN, "true")
}

fn extended(tps: &mut Tps) -> Ruling {
    let extensions = extended_extensions(tps);
    let (asked, course) = request(tps, extensions)?;
    let Some(ServerMessage::ExtendedLoginRequest { parameters, .. }) = asked else {
        return Ok(Grade::Fail.because(format!("no extended login: {}", course.describe())));
    };
    let password = parameters.iter().any(|one| one.kind == "password");
    let named = parameters.iter().all(|one| !one.id.is_empty() && !one.name.is_empty());
    let first = parameters.first().is_some_and(|one| one.kind != "password");
    Ok(Verdict::require(parameters.len() >= 2 && password && named && first, || {
        format!("{} parameters, not a user and a password with labels", parameters.len())
    }))
}

fn extended_missing(tps: &mut Tps) -> Ruling {
    let extensions = extended_extensions(tps);
    let name = name_of(tps);
    let course = with_login(tps, extensions, &|_, _| ClientMessage::ExtendedLoginResponse {
        parameters: vec![("UID".to_owned(), Secret::new(name.clone().into_bytes()))],
    })?;
    Ok(refused_with(&course, &[LOGIN]))
}

fn before_channel(tps: &mut Tps) -> Ruling {
    let mut asked = false;
    let mut early = false;
    let course = run(tps, Operation::Enroll, &mut |message, reply| {
        asked |= matches!(message, ServerMessage::LoginRequest { .. });
        early |= is_command(message, INITIALIZE_UPDATE) && !asked;
        if asked || early { Reply::HangUp } else { honest(message, reply) }
    })?;
    if !asked && !early {
        return Ok(Grade::Blocked.because(course.describe()));
    }
    Ok(Verdict::require(!early, || "a secure channel before the login".to_owned()))
}

fn password_stays(tps: &mut Tps) -> Ruling {
    if let Some(blocked) = no_user(tps) {
        return Ok(blocked);
    }
    let course = run(tps, Operation::Enroll, &mut |message, reply| {
        if is_command(message, INITIALIZE_UPDATE) { Reply::HangUp } else { honest(message, reply) }
    })?;
    let secret = tps.user.as_ref().map(|user| user.password.clone());
    let shown = secret.is_some_and(|secret| {
        let secret = secret.expose();
        !secret.is_empty()
            && course
                .payloads
                .iter()
                .any(|payload| payload.windows(secret.len()).any(|window| window == secret))
    });
    Ok(Verdict::require(!shown, || "the password is in a message of the server".to_owned()))
}
