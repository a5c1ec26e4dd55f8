//! CH: logical channels [GPCS 2.3.1 §11.7, §6.4.3].

use iso7816::{Command, Response};

use super::{refusal, worst};
use crate::{
    case::{
        Case,
        Effect::{self, Read},
        Level,
        Run::Card,
    },
    probe::Capability::{CardRecognitionData, Keys, LogicalChannels},
    session::{Opening, Session},
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// Most logical channels that a card has, the basic one among them [ISO 7816-4 §5.4.1].
const CHANNELS_MAX: usize = 20;

/// The cases of this group.
pub static CASES: &[Case] = &[
    Case {
        id: "GPCS-11.7-channel-001",
        number: "CH-01",
        title: "A channel opens",
        clause: "GPCS 2.3.1 §11.7",
        level: Level::Must,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(opens),
    },
    Case {
        id: "GPCS-6.4.2.2-channel-001",
        number: "CH-02",
        title: "Channels open until there are no more",
        clause: "GPCS 2.3.1 §6.4.2.2",
        level: Level::Must,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(exhausted),
    },
    Case {
        id: "GPCS-11.7.2.2-channel-001",
        number: "CH-03",
        title: "The basic channel does not close",
        clause: "GPCS 2.3.1 §11.7.2.2",
        level: Level::Must,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(close_basic),
    },
    Case {
        id: "GPCS-11.7.3.2-channel-001",
        number: "CH-04",
        title: "A channel closed twice",
        clause: "GPCS 2.3.1 §11.7.3.2",
        level: Level::Should,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(close_twice),
    },
    Case {
        id: "GPCS-11.1.3-channel-001",
        number: "CH-05",
        title: "A command on a closed channel",
        clause: "GPCS 2.3.1 §11.1.3",
        level: Level::Must,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(command_on_closed),
    },
    Case {
        id: "GPCS-11.7.2.2-channel-002",
        number: "CH-06",
        title: "A channel opens by its number",
        clause: "GPCS 2.3.1 §11.7.2.2",
        level: Level::May,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(open_by_number),
    },
    Case {
        id: "GPCS-6.4.2.2-channel-002",
        number: "CH-07",
        title: "Implicit selection on a new channel",
        clause: "GPCS 2.3.1 §6.4.2.2",
        level: Level::Should,
        effect: Read,
        requires: &[LogicalChannels, CardRecognitionData],
        run: Card(implicit_selection),
    },
    Case {
        id: "GPCS-7.3.1-channel-001",
        number: "CH-09",
        title: "Secure messaging is bound to its channel",
        clause: "GPCS 2.3.1 §7.3.1",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[LogicalChannels, Keys, CardRecognitionData],
        run: Card(secured_elsewhere),
    },
    Case {
        id: "GPCS-7.3.1-channel-002",
        number: "CH-10",
        title: "A second session on another channel leaves the first",
        clause: "GPCS 2.3.1 §7.3.1",
        level: Level::Should,
        effect: Effect::Session,
        requires: &[LogicalChannels, Keys, CardRecognitionData],
        run: Card(second_session),
    },
    Case {
        id: "GPCS-10.2.3-channel-001",
        number: "CH-11",
        title: "Closing a channel ends its session",
        clause: "GPCS 2.3.1 §10.2.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[LogicalChannels, Keys, CardRecognitionData],
        run: Card(closing_ends_session),
    },
    Case {
        id: "GPCS-11.1.4.2-channel-001",
        number: "CH-12",
        title: "Channels 4 and up, in their own form of class",
        clause: "GPCS 2.3.1 §11.1.4.2",
        level: Level::May,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(further_channels),
    },
    Case {
        id: "GPCS-10.2.3-channel-002",
        number: "CH-13",
        title: "A reset closes all channels",
        clause: "GPCS 2.3.1 §10.2.3",
        level: Level::Must,
        effect: Read,
        requires: &[LogicalChannels],
        run: Card(reset_closes),
    },
];

/// MANAGE CHANNEL.
const fn manage(p1: u8, p2: u8) -> Command {
    Command::new(0x00, 0x70, p1, p2)
}

/// Opens the next channel, or tells what the card answers.
fn try_open(session: &mut Session<'_>) -> Result<Result<u8, Response>, Stop> {
    let answer = session.exchange(&manage(0x00, 0x00).with_expected(1))?;
    Ok(match answer.data.first() {
        Some(number) if answer.status.is_ok() => Ok(*number),
        _ => Err(answer),
    })
}

fn open(session: &mut Session<'_>) -> Result<u8, Stop> {
    try_open(session)?
        .map_err(|answer| Stop::blocked(format!("MANAGE CHANNEL answers {}", answer.status)))
}

fn close(session: &mut Session<'_>, number: u8) -> Result<Response, Stop> {
    session.exchange(&manage(0x80, number))
}

/// The command on this channel.
fn on(channel: u8, mut command: Command) -> Result<Command, Stop> {
    command.header = command
        .header
        .with_channel(channel)
        .ok_or_else(|| anyhow::anyhow!("logical channel {channel}"))?;
    Ok(command)
}

/// GET DATA of the recognition data, in the GlobalPlatform class.
const fn recognition() -> Command {
    Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256)
}

fn opens(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let closed = close(session, number)?;
    Ok(worst([
        Verdict::require((1..20).contains(&number), || format!("channel {number} was opened")),
        Verdict::require(closed.status.is_ok(), || format!("closing answers {}", closed.status)),
    ]))
}

fn exhausted(session: &mut Session<'_>) -> Ruling {
    let mut numbers = Vec::new();
    let refused = loop {
        match try_open(session)? {
            Ok(number) if numbers.contains(&number) => {
                return Ok(Grade::Fail.because(format!("channel {number} was opened twice")));
            }
            Ok(number) => numbers.push(number),
            Err(answer) => break answer,
        }
        if numbers.len() >= CHANNELS_MAX {
            return Ok(Grade::Fail.because("more channels open than there can be"));
        }
    };
    let mut verdicts = vec![refusal(refused.status, &[0x6A81], &[0x6881, 0x6A84])];
    for number in numbers {
        let status = close(session, number)?.status;
        verdicts.push(Verdict::require(status.is_ok(), || {
            format!("closing channel {number} answers {status}")
        }));
    }
    Ok(worst(verdicts))
}

fn close_basic(session: &mut Session<'_>) -> Ruling {
    let answer = close(session, 0)?;
    let select = session.select_issuer_security_domain()?;
    Ok(worst([
        refusal(answer.status, &[0x6A81, 0x6A86], &[0x6985, 0x6881]),
        Verdict::require(select.status.is_ok(), || {
            format!("SELECT on the basic channel then answers {}", select.status)
        }),
    ]))
}

fn close_twice(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let first = close(session, number)?.status;
    let second = close(session, number)?.status;
    let first = Verdict::require(first.is_ok(), || format!("closing answers {first}"));
    let second = match second.0 {
        0x6200 => Verdict::pass(),
        0x9000 => Grade::PassWithObservation.because("a closed channel closes with 9000"),
        _ => refusal(second, &[], &[0x6881, 0x6A86, 0x6A81, 0x6985]),
    };
    Ok(worst([first, second]))
}

/// What a SELECT on this channel answers while the channel is closed.
fn closed_channel(session: &mut Session<'_>, number: u8) -> Ruling {
    let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
    let answer = session.send(&on(number, select)?)?;
    if answer.status.is_ok() || answer.status.bytes_available().is_some() {
        // ISO lets SELECT open a channel; GlobalPlatform does not.
        return Ok(Grade::Fail.because("SELECT works on a channel that is closed"));
    }
    Ok(refusal(answer.status, &[0x6881], &[0x6E00, 0x6985]))
}

fn command_on_closed(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    close(session, number)?;
    closed_channel(session, number)
}

fn open_by_number(session: &mut Session<'_>) -> Ruling {
    let answer = session.exchange(&manage(0x00, 0x02))?;
    if !answer.status.is_ok() {
        return Ok(refusal(answer.status, &[0x6A86], &[0x6A81, 0x6881]));
    }
    let closed = close(session, 2)?.status;
    Ok(Verdict::require(closed.is_ok(), || format!("closing channel 2 answers {closed}")))
}

fn implicit_selection(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let answer = session.exchange(&on(number, recognition())?)?;
    close(session, number)?;
    Ok(if answer.status.is_ok() {
        Verdict::pass()
    } else {
        Grade::PassWithObservation
            .because(format!("the default application answers {}", answer.status))
    })
}

fn secured_elsewhere(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let mut secure = session.open_mac()?;
    let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
    session.exchange(&on(number, select)?)?;
    // Wrapped for a session that this channel does not have; the MAC is of nobody's.
    let status =
        Command::new(0x84, 0xF2, 0x80, 0x02).with_data([0x4F, 0x00, 1, 2, 3, 4, 5, 6, 7, 8]);
    let there = session.exchange(&on(number, status)?)?;
    let here = session.over(&mut secure, &recognition())?;
    close(session, number)?;
    Ok(worst([
        refusal(there.status, &[0x6982, 0x6985], &[0x6E00, 0x6882, 0x6988]),
        Verdict::require(here.status.is_ok(), || {
            format!("the session on channel 0 then answers {}", here.status)
        }),
    ]))
}

fn second_session(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let mut first = session.open_mac()?;
    let level = globalplatform::SecurityLevel::C_MAC;
    let second = match session.open_with(&Opening::at(level).on_logical_channel(number)) {
        Ok(_) => Verdict::pass(),
        Err(Stop::Verdict(verdict)) if verdict.grade == Grade::Blocked => {
            Grade::PassWithObservation.because(format!("a second session: {}", verdict.finding))
        }
        Err(stop) => return Err(stop),
    };
    let here = session.over(&mut first, &recognition())?;
    Ok(worst([
        second,
        Verdict::require(here.status.is_ok(), || {
            format!("the first session then answers {}", here.status)
        }),
    ]))
}

fn closing_ends_session(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    let level = globalplatform::SecurityLevel::C_MAC;
    let mut secure = session.open_with(&Opening::at(level).on_logical_channel(number))?;
    close(session, number)?;
    let again = open(session)?;
    if again != number {
        return Ok(Grade::Inconclusive.because(format!("channel {again} opens, not {number}")));
    }
    let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
    session.exchange(&on(number, select)?)?;
    let answer = session.over(&mut secure, &recognition())?;
    Ok(refusal(answer.status, &[0x6982, 0x6985], &[0x6E00, 0x6882, 0x6988]))
}

fn further_channels(session: &mut Session<'_>) -> Ruling {
    let answer = session.exchange(&manage(0x00, 0x04))?;
    if !answer.status.is_ok() {
        return Ok(refusal(answer.status, &[0x6A81, 0x6A86, 0x6881], &[0x6E00]));
    }
    let there = session.exchange(&on(4, recognition())?)?;
    let closed = close(session, 4)?.status;
    let works = there.status.0 != 0x6E00 && there.status.0 != 0x6881;
    Ok(worst([
        Verdict::require(works, || format!("channel 4 is open and answers {}", there.status)),
        Verdict::require(closed.is_ok(), || format!("closing channel 4 answers {closed}")),
    ]))
}

fn reset_closes(session: &mut Session<'_>) -> Ruling {
    let number = open(session)?;
    session.reset()?;
    closed_channel(session, number)
}
