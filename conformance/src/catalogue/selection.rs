//! SEL: selection of applications [GPCS 2.3.1 §6.4, §11.9].

use std::collections::BTreeSet;

use iso7816::{Command, Response, tlv};

use super::{refusal, worst};
use crate::{
    case::{Case, Effect::Read, Level, Run::Card},
    probe::Capability::{CardRecognitionData, Cplc, IssuerSecurityDomain, KeyInformation},
    session::Session,
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// Most applications that the walk over "next occurrence" follows.
const OCCURRENCES_MAX: usize = 64;

/// The cases of this group.
pub static CASES: &[Case] = &[
    Case {
        id: "GPCS-11.9.2-select-001",
        number: "SEL-01",
        title: "SELECT without data selects the issuer security domain",
        clause: "GPCS 2.3.1 §11.9.2.3",
        level: Level::Must,
        effect: Read,
        requires: &[],
        run: Card(select_default),
    },
    Case {
        id: "GPCS-11.9-select-002",
        number: "SEL-02",
        title: "SELECT by full AID",
        clause: "GPCS 2.3.1 §11.9",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(select_full_aid),
    },
    Case {
        id: "HOST-gpshell-select-001",
        number: "SEL-03",
        title: "SELECT without Le, as gpshell sends it",
        clause: "HOST §gpshell-select",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(select_without_le),
    },
    Case {
        id: "GPCS-11.9.3-fci-001",
        number: "SEL-04",
        title: "Structure of the FCI",
        clause: "GPCS 2.3.1 §11.9.3.1",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(fci_structure),
    },
    Case {
        id: "GPCS-7.4.2.3-fci-002",
        number: "SEL-05",
        title: "Recognition data in the FCI equals GET DATA 66",
        clause: "GPCS 2.3.1 §7.4.2.3",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain, CardRecognitionData],
        run: Card(fci_equals_recognition_data),
    },
    Case {
        id: "GPCS-6.4.2.1.2-partial-001",
        number: "SEL-06",
        title: "Partial AID",
        clause: "GPCS 2.3.1 §6.4.2.1.2",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(partial_aid),
    },
    Case {
        id: "GPCS-6.4.2.1.2-next-001",
        number: "SEL-07",
        title: "Next occurrence",
        clause: "GPCS 2.3.1 §6.4.2.1.2",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(next_occurrence),
    },
    Case {
        id: "GPCS-11.9.3.2-unknown-001",
        number: "SEL-08",
        title: "Unknown AID",
        clause: "GPCS 2.3.1 §11.9.3.2",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(unknown_aid),
    },
    Case {
        id: "ISO7816-5-7-aid-001",
        number: "SEL-09",
        title: "AIDs of 4 and 17 bytes",
        clause: "ISO 7816-5 §7",
        level: Level::Must,
        effect: Read,
        requires: &[],
        run: Card(aid_lengths),
    },
    Case {
        id: "GPCS-11.9.2.1-p1-001",
        number: "SEL-10",
        title: "P1 other than 04",
        clause: "GPCS 2.3.1 §11.9.2.1",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(select_p1),
    },
    Case {
        id: "GPCS-11.9.2.2-p2-001",
        number: "SEL-11",
        title: "P2 that names no occurrence",
        clause: "GPCS 2.3.1 §11.9.2.2",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(select_p2),
    },
    Case {
        id: "GPCS-11.9.3.2-sm-001",
        number: "SEL-12",
        title: "SELECT with a secure messaging class",
        clause: "GPCS 2.3.1 §11.9.3.2",
        level: Level::Should,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(select_secure_messaging),
    },
];

fn select(aid: &[u8], p2: u8) -> Command {
    Command::new(0x00, 0xA4, 0x04, p2).with_data(aid).with_expected(256)
}

/// The AID in the FCI of an answer to SELECT.
fn selected_aid(response: &Response) -> Option<Vec<u8>> {
    let fci = tlv::find(&response.data, 0x6F).ok()??;
    tlv::find(fci, 0x84).ok()?.map(<[u8]>::to_vec)
}

fn issuer_security_domain(session: &Session<'_>) -> Result<Vec<u8>, Stop> {
    session
        .profile()
        .issuer_security_domain()
        .ok_or_else(|| Stop::blocked("the FCI of the issuer security domain names no AID"))
}

fn select_default(session: &mut Session<'_>) -> Ruling {
    let answer = session.select_issuer_security_domain()?;
    if !answer.status.is_ok() {
        let is_globalplatform =
            [CardRecognitionData, Cplc, KeyInformation].map(|object| session.profile().has(object));
        return Ok(if is_globalplatform.contains(&true) || session.keys().is_ok() {
            Grade::Fail.because(format!("answered {}", answer.status))
        } else {
            Grade::NotApplicable.because("nothing says that this is a GlobalPlatform card")
        });
    }
    Ok(Verdict::require(selected_aid(&answer).is_some(), || {
        "the FCI names no AID (6F, 84)".to_owned()
    }))
}

fn select_full_aid(session: &mut Session<'_>) -> Ruling {
    let default = session.select_issuer_security_domain()?;
    let aid = issuer_security_domain(session)?;
    let named = session.exchange(&select(&aid, 0))?;
    Ok(Verdict::require(named.status.is_ok() && named.data == default.data, || {
        format!(
            "answered {}; its FCI {} that of SELECT without data",
            named.status,
            if named.data == default.data { "equals" } else { "differs from" }
        )
    }))
}

fn select_without_le(session: &mut Session<'_>) -> Ruling {
    let aid = issuer_security_domain(session)?;
    let answer =
        session.exchange(&Command::new(0x00, 0xA4, 0x04, 0x00).with_data(aid.as_slice()))?;
    if !answer.status.is_ok() {
        return Ok(Grade::Fail.because(format!("answered {}", answer.status)));
    }
    Ok(if answer.data.is_empty() {
        Grade::PassWithObservation.because("no FCI without Le")
    } else {
        Verdict::pass()
    })
}

fn fci_structure(session: &mut Session<'_>) -> Ruling {
    let answer = session.select_issuer_security_domain()?;
    let parsed = || -> Result<Verdict, iso7816::ParseError> {
        let Some(fci) = tlv::find(&answer.data, 0x6F)? else {
            return Ok(Grade::Fail.because("no FCI template 6F"));
        };
        if tlv::find(fci, 0x84)?.is_none() {
            return Ok(Grade::Fail.because("no AID 84"));
        }
        let Some(proprietary) = tlv::find(fci, 0xA5)? else {
            return Ok(Grade::Fail.because("no proprietary data A5"));
        };
        let length = tlv::find(proprietary, 0x9F65)?.map(<[u8]>::len);
        Ok(Verdict::require(matches!(length, Some(1 | 2)), || {
            format!(
                "maximum length 9F65 has {} bytes",
                length.map_or("no".to_owned(), |n| n.to_string())
            )
        }))
    };
    Ok(parsed().unwrap_or_else(|error| Grade::Fail.because(format!("malformed FCI: {error}"))))
}

fn fci_equals_recognition_data(session: &mut Session<'_>) -> Ruling {
    let answer = session.select_issuer_security_domain()?;
    let data = session.get_data(0x66)?;
    let in_fci = (|| {
        let fci = tlv::find(&answer.data, 0x6F).ok()??;
        tlv::find(tlv::find(fci, 0xA5).ok()??, 0x73).ok()?
    })();
    let in_data = (|| tlv::find(tlv::find(&data.data, 0x66).ok()??, 0x73).ok()?)();
    Ok(match (in_fci, in_data) {
        (None, _) => Grade::NotApplicable.because("the FCI holds no recognition data"),
        (Some(fci), Some(data)) => Verdict::require(fci == data, || "they differ".to_owned()),
        (Some(_), None) => Grade::Fail.because("GET DATA 66 holds no template 73"),
    })
}

fn partial_aid(session: &mut Session<'_>) -> Ruling {
    let aid = issuer_security_domain(session)?;
    let prefix = aid.get(..5).unwrap_or(&aid);
    let answer = session.exchange(&select(prefix, 0))?;
    let found = selected_aid(&answer);
    Ok(Verdict::require(
        answer.status.is_ok() && found.as_ref().is_none_or(|found| found.starts_with(prefix)),
        || {
            format!(
                "answered {} with AID {}",
                answer.status,
                found.map(hex::encode_upper).unwrap_or_default()
            )
        },
    ))
}

fn next_occurrence(session: &mut Session<'_>) -> Ruling {
    let aid = issuer_security_domain(session)?;
    let prefix = aid.get(..5).unwrap_or(&aid).to_vec();
    let mut seen = BTreeSet::new();
    let mut answer = session.exchange(&select(&prefix, 0))?;
    while answer.status.is_ok() {
        if seen.len() >= OCCURRENCES_MAX {
            return Ok(
                Grade::Inconclusive.because(format!("more than {OCCURRENCES_MAX} occurrences"))
            );
        }
        let Some(found) = selected_aid(&answer) else { break };
        if !seen.insert(found.clone()) {
            return Ok(Grade::Fail.because(format!("{} came twice", hex::encode_upper(found))));
        }
        answer = session.exchange(&select(&prefix, 2))?;
    }
    Ok(refusal(answer.status, &[0x6A82], &[0x6A81, 0x6A86]))
}

fn unknown_aid(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let before = session.get_data(0x66)?;
    let answer = session.exchange(&select(&[0xD0, 0x43, 0x41, 0x52, 0x44, 0x49, 0x4E, 0x41], 0))?;
    let after = session.get_data(0x66)?;
    let kept = Verdict::require(before.status == after.status, || {
        "the application selected before is no longer selected".to_owned()
    });
    Ok(worst([refusal(answer.status, &[0x6A82], &[0x6A81, 0x6999]), kept]))
}

fn aid_lengths(session: &mut Session<'_>) -> Ruling {
    let aid = session
        .profile()
        .issuer_security_domain()
        .unwrap_or_else(|| vec![0xA0, 0, 0, 1, 0x51, 0, 0, 0]);
    let short = session.exchange(&select(aid.get(..4).unwrap_or(&aid), 0))?;
    let long: Vec<u8> = aid.iter().copied().cycle().take(17).collect();
    let long = session.exchange(&select(&long, 0))?;
    let observed = if short.status.is_ok() {
        Grade::PassWithObservation.because("four bytes match as a partial AID")
    } else {
        refusal(short.status, &[0x6A82, 0x6A80, 0x6700], &[0x6A86])
    };
    Ok(worst([observed, refusal(long.status, &[0x6A80, 0x6700, 0x6A82], &[0x6A86])]))
}

fn select_p1(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let mut verdicts = Vec::new();
    for p1 in [0x00, 0x08] {
        let answer = session.exchange(
            &Command::new(0x00, 0xA4, p1, 0x00).with_data([0x3F, 0x00]).with_expected(256),
        )?;
        verdicts.push(refusal(
            answer.status,
            &[0x6A86, 0x6A81, 0x6D00],
            &[0x6A82, 0x6A80, 0x6E00, 0x6700],
        ));
    }
    Ok(worst(verdicts))
}

fn select_p2(session: &mut Session<'_>) -> Ruling {
    let aid = issuer_security_domain(session)?;
    let without_fci = session.exchange(&select(&aid, 0x0C))?;
    let first = if without_fci.status.is_ok() {
        Verdict::require(without_fci.data.is_empty(), || {
            "P2 0C asks for no FCI, and one came".to_owned()
        })
    } else {
        refusal(without_fci.status, &[0x6A86], &[0x6A81, 0x6A82])
    };
    let mut verdicts = vec![first];
    for p2 in [0x01, 0x03] {
        let answer = session.exchange(&select(&aid, p2))?;
        verdicts.push(if answer.status.is_ok() {
            Grade::PassWithObservation
                .because(format!("P2 {p2:02X} is handled as ISO 7816-4 has it"))
        } else {
            refusal(answer.status, &[0x6A86], &[0x6A81, 0x6A82])
        });
    }
    Ok(worst(verdicts))
}

fn select_secure_messaging(session: &mut Session<'_>) -> Ruling {
    let answer = session.exchange(&Command::new(0x04, 0xA4, 0x04, 0x00).with_expected(256))?;
    Ok(refusal(answer.status, &[0x6882, 0x6E00, 0x6982], &[0x6985, 0x6D00, 0x6A86]))
}
