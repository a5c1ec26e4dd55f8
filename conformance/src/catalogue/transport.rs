//! TP: transport and APDU coding (ISO 7816-3 and ISO 7816-4).

#![allow(clippy::unnecessary_wraps)] // all cases have one signature

use iso7816::{Command, StatusWord};

use super::{refusal, worst};
use crate::{
    case::{Case, Effect::Read, Level, Run::Card},
    guard::{Danger, danger},
    probe::Capability::{CardRecognitionData, IssuerSecurityDomain, ProtocolT0},
    session::Session,
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// The cases of this group.
pub static CASES: &[Case] = &[
    Case {
        id: "ISO7816-3-8-atr-001",
        number: "TP-01",
        title: "ATR present and parsable",
        clause: "ISO 7816-3 §8",
        level: Level::Must,
        effect: Read,
        requires: &[],
        run: Card(atr_is_well_formed),
    },
    Case {
        id: "ISO7816-3-6.2-reset-001",
        number: "TP-02",
        title: "A warm reset repeats the session",
        clause: "ISO 7816-3 §6.2",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(reset_repeats),
    },
    Case {
        id: "ISO7816-4-5.1-case1-001",
        number: "TP-03",
        title: "Case 1 command",
        clause: "ISO 7816-4 §5.1",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(case_1),
    },
    Case {
        id: "ISO7816-4-5.3-le-001",
        number: "TP-04",
        title: "Case 2 with Le too small",
        clause: "ISO 7816-4 §5.3",
        level: Level::Should,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(le_too_small),
    },
    Case {
        id: "HOST-tps-le-001",
        number: "TP-05",
        title: "Le 2D on any GET DATA, as TPS sends it",
        clause: "HOST §tps-le",
        level: Level::Should,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(le_of_tps),
    },
    Case {
        id: "ISO7816-4-5.3.4-getresponse-001",
        number: "TP-06",
        title: "Case 4 on T=0 by GET RESPONSE",
        clause: "ISO 7816-4 §5.3.4",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain, ProtocolT0],
        run: Card(case_4_on_t0),
    },
    Case {
        id: "ISO7816-4-5.3.4-getresponse-002",
        number: "TP-07",
        title: "GET RESPONSE with another class",
        clause: "ISO 7816-4 §5.3.4",
        level: Level::May,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(get_response_class),
    },
    Case {
        id: "ISO7816-4-5.3.4-getresponse-003",
        number: "TP-08",
        title: "GET RESPONSE with nothing to get",
        clause: "ISO 7816-4 §5.3.4",
        level: Level::Must,
        effect: Read,
        requires: &[],
        run: Card(get_response_without_data),
    },
    Case {
        id: "ISO7816-3-12-lc-001",
        number: "TP-09",
        title: "Lc larger than the data",
        clause: "ISO 7816-3 §12.1",
        level: Level::Should,
        effect: Read,
        requires: &[],
        run: Card(lc_too_large),
    },
    Case {
        id: "GPCS-11.1.5-extended-001",
        number: "TP-11",
        title: "Extended lengths to the issuer security domain",
        clause: "GPCS 2.3.1 §11.1.5",
        level: Level::May,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(extended_select),
    },
    Case {
        id: "ISO7816-4-5.1-extended-001",
        number: "TP-12",
        title: "Extended Le on GET DATA",
        clause: "ISO 7816-4 §5.1",
        level: Level::May,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(extended_le),
    },
    Case {
        id: "ISO7816-3-11-ifsd-001",
        number: "TP-13",
        title: "T=1 IFSD and chained blocks",
        clause: "ISO 7816-3 §11",
        level: Level::Must,
        effect: Read,
        requires: &[],
        run: Card(link_layer),
    },
    Case {
        id: "GPCS-11.1.3-ins-001",
        number: "TP-14",
        title: "Unknown instruction",
        clause: "GPCS 2.3.1 §11.1.3",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(unknown_instruction),
    },
    Case {
        id: "GPCS-11.1.3-cla-001",
        number: "TP-15",
        title: "Unknown class",
        clause: "GPCS 2.3.1 §11.1.3",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(unknown_class),
    },
    Case {
        id: "ISO7816-3-12-ins-001",
        number: "TP-16",
        title: "Instructions 6X and 9X",
        clause: "ISO 7816-3 §12.2.2",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(invalid_instruction),
    },
    Case {
        id: "ROBUST-ins-sweep-001",
        number: "TP-17",
        title: "Sweep over all instructions",
        clause: "ROBUST §ins-sweep",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(instruction_sweep),
    },
];

/// Instructions that the sweep leaves out: they select, authenticate, or change content on a card that does not ask for keys.
const SWEEP_LEAVES_OUT: &[u8] = &[
    0x20, 0x24, 0x2A, 0x2C, 0x44, 0x46, 0x50, 0x70, 0x82, 0x88, 0xA4, 0xD0, 0xD6, 0xD8, 0xDA, 0xDC,
    0xE0, 0xE2, 0xE4, 0xE6, 0xE8, 0xEE, 0xF0, 0xFE,
];

fn atr_is_well_formed(session: &mut Session<'_>) -> Ruling {
    // Parsing checks TS, the interface bytes that T0 and TDi announce, the historical bytes and TCK.
    let atr = session.reset()?;
    Ok(Verdict::require(atr.as_bytes().len() >= 2, || format!("ATR {atr} is too short")))
}

fn reset_repeats(session: &mut Session<'_>) -> Ruling {
    let first = session.reset()?;
    let second = session.reset()?;
    let select = session.select_issuer_security_domain()?;
    if first != second {
        return Ok(Grade::PassWithObservation.because(format!("ATR {first}, then {second}")));
    }
    Ok(Verdict::require(select.status.is_ok(), || {
        format!("SELECT after reset answers {}", select.status)
    }))
}

fn case_1(session: &mut Session<'_>) -> Ruling {
    let without_p3 = session.send_raw(&[0x00, 0xA4, 0x04, 0x00])?;
    let accepted = |status: StatusWord| status.is_ok() || status.bytes_available().is_some();
    if accepted(without_p3.status) {
        return Ok(Verdict::pass());
    }
    Ok(Grade::ConceptuallyPass.because(format!("answered {}", without_p3.status)))
}

fn le_too_small(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    judge_le(session, 1)
}

fn le_of_tps(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let recognition = judge_le(session, 0x2D)?;
    let cplc = session.exchange(&Command::new(0x80, 0xCA, 0x9F, 0x7F).with_expected(0x2D))?;
    let complete = !cplc.status.is_ok() || cplc.data.len() == 45;
    Ok(worst([
        recognition,
        Verdict::require(complete, || format!("CPLC came with {} bytes", cplc.data.len())),
    ]))
}

/// GET DATA 66 with this Le: 6Cxx and then the data, the whole data, or the data cut to Le.
fn judge_le(session: &mut Session<'_>, le: u8) -> Ruling {
    let whole = session.get_data(0x66)?;
    let command = Command::new(0x80, 0xCA, 0x00, 0x66);
    let short = session.send(&command.clone().with_expected(u32::from(le)))?;
    let Some(right) = short.status.exact_le() else {
        let prefix = whole.data.starts_with(&short.data) && !short.data.is_empty();
        return Ok(Verdict::require(
            short.status.is_ok() && prefix || short.status.bytes_available().is_some(),
            || format!("Le {le:02X} answered {} with {} bytes", short.status, short.data.len()),
        ));
    };
    let again =
        session.send(&command.with_expected(if right == 0 { 256 } else { u32::from(right) }))?;
    Ok(Verdict::require(again.status.is_ok() && again.data == whole.data, || {
        format!(
            "repeating with Le {right:02X} answered {} with {} bytes",
            again.status,
            again.data.len()
        )
    }))
}

fn case_4_on_t0(session: &mut Session<'_>) -> Ruling {
    let select = session.send(&Command::new(0x00, 0xA4, 0x04, 0x00))?;
    let Some(available) = select.status.bytes_available() else {
        return Ok(if select.status.is_ok() {
            Grade::NotEffective
                .because("the data came with the answer; the reader or the card fetched it")
        } else {
            Grade::Fail.because(format!("SELECT answers {}", select.status))
        });
    };
    let rest =
        session.send(&Command::new(0x00, 0xC0, 0x00, 0x00).with_expected(u32::from(available)))?;
    Ok(Verdict::require(rest.status.is_ok() && rest.data.len() == usize::from(available), || {
        format!(
            "61{available:02X} announced, GET RESPONSE answered {} with {} bytes",
            rest.status,
            rest.data.len()
        )
    }))
}

fn get_response_class(session: &mut Session<'_>) -> Ruling {
    let select = session.send(&Command::new(0x00, 0xA4, 0x04, 0x00))?;
    if select.status.bytes_available().is_none() {
        return Ok(Grade::NotEffective.because("no response is left waiting through this subject"));
    }
    let other = session.send(&Command::new(0x80, 0xC0, 0x00, 0x00).with_expected(256))?;
    Ok(if other.status.is_ok() && !other.data.is_empty() {
        Verdict::pass()
    } else {
        refusal(other.status, &[0x6E00, 0x6D00], &[0x6985, 0x6881])
    })
}

fn get_response_without_data(session: &mut Session<'_>) -> Ruling {
    let answer = session.send(&Command::new(0x00, 0xC0, 0x00, 0x00).with_expected(256))?;
    if !answer.data.is_empty() {
        return Ok(Grade::Fail.because(format!("{} stale bytes came", answer.data.len())));
    }
    Ok(refusal(answer.status, &[0x6985, 0x6D00, 0x6F00], &[0x6E00, 0x6982, 0x6700, 0x6A86]))
}

fn lc_too_large(session: &mut Session<'_>) -> Ruling {
    // A reader may refuse to send such a command; then nothing is known about the card.
    match session.provoke_raw(&[0x80, 0xE4, 0x00, 0x00, 0x10, 0x4F, 0x05]) {
        Err(Stop::Lost(why)) => {
            Ok(Grade::NotEffective.because(format!("the reader refuses it: {why}")))
        }
        Err(other) => Err(other),
        Ok(answer) => match iso7816::Response::parse(&answer) {
            Ok(response) => {
                Ok(refusal(response.status, &[0x6700], &[0x6982, 0x6A80, 0x6D00, 0x6E00, 0x6F00]))
            }
            Err(_) => Ok(Grade::Fail.because("an answer without a status word")),
        },
    }
}

fn extended_select(session: &mut Session<'_>) -> Ruling {
    let Some(aid) = session.profile().issuer_security_domain() else {
        return Ok(Grade::Blocked.because("the FCI names no AID"));
    };
    let answer = session
        .exchange(&Command::new(0x00, 0xA4, 0x04, 0x00).with_data(aid).with_expected(65_536))?;
    Ok(if answer.status.is_ok() {
        Verdict::pass()
    } else {
        refusal(answer.status, &[0x6700], &[0x6D00, 0x6E00])
    })
}

fn extended_le(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.send(&Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(65_536))?;
    Ok(if answer.status.is_ok() && !answer.data.is_empty() {
        Verdict::pass()
    } else {
        refusal(answer.status, &[0x6700], &[0x6A86, 0x6D00])
    })
}

fn link_layer(_session: &mut Session<'_>) -> Ruling {
    Ok(Grade::NotEffective
        .because("the reader owns the T=1 link layer; no subject of this suite reaches it"))
}

fn unknown_instruction(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let mut verdicts = Vec::new();
    for ins in [0x02, 0xFC] {
        let answer = session.send(&Command::new(0x80, ins, 0, 0))?;
        verdicts.push(refusal(answer.status, &[0x6D00], &[0x6E00, 0x6982]));
    }
    Ok(worst(verdicts))
}

fn unknown_class(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let mut verdicts = Vec::new();
    for cla in [0x90, 0xF0] {
        let answer = session.send(&Command::new(cla, 0xCA, 0x00, 0x66).with_expected(256))?;
        verdicts.push(refusal(answer.status, &[0x6E00], &[0x6881, 0x6882, 0x6D00, 0x6985]));
    }
    Ok(worst(verdicts))
}

fn invalid_instruction(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let mut verdicts = Vec::new();
    for ins in [0x60, 0x90] {
        match session.transmit(&[0x80, ins, 0, 0, 0]) {
            Err(Stop::Lost(why)) => verdicts
                .push(Grade::NotEffective.because(format!("the reader refuses {ins:02X}: {why}"))),
            Err(other) => return Err(other),
            Ok(answer) => {
                let status = iso7816::Response::parse(&answer)?.status;
                verdicts.push(refusal(status, &[0x6D00], &[0x6E00, 0x6F00]));
            }
        }
    }
    Ok(worst(verdicts))
}

fn instruction_sweep(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    for cla in [0x00, 0x80] {
        for ins in (0..=0xFF)
            .filter(|ins| !SWEEP_LEAVES_OUT.contains(ins) && !matches!(ins >> 4, 0x6 | 0x9))
            .filter(|ins| danger(&[cla, *ins, 0, 0]) == Danger::None)
        {
            let answer = session.transmit(&[cla, ins, 0, 0])?;
            if answer.len() < 2 {
                return Ok(Grade::Fail.because(format!(
                    "{cla:02X} {ins:02X} was answered with {} bytes",
                    answer.len()
                )));
            }
        }
    }
    let select = session.select_issuer_security_domain()?;
    Ok(Verdict::require(select.status.is_ok(), || {
        format!("after the sweep SELECT answers {}", select.status)
    }))
}
