//! GD: GET DATA without authentication [GPCS 2.3.1 §11.3, §H].

use iso7816::{Command, tlv};

use super::{refusal, worst};
use crate::{
    case::{Case, Effect::Read, Level, Run::Card},
    probe::Capability::{
        CardCapability, CardRecognitionData, Cplc, IssuerSecurityDomain, KeyInformation,
    },
    session::Session,
    verdict::{Grade, Ruling, Verdict},
};

/// OID of GlobalPlatform's card recognition data, 1.2.840.114283.1, without tag and length [GPCS 2.3.1 §H.2].
const RECOGNITION_OID: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01];

/// The cases of this group.
pub static CASES: &[Case] = &[
    Case {
        id: "GPCS-11.3.2-iin-001",
        number: "GD-01",
        title: "Issuer identification number (42)",
        clause: "GPCS 2.3.1 §11.3.2.1",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(|session| optional_object(session, 0x42)),
    },
    Case {
        id: "GPCS-11.3.2-cin-001",
        number: "GD-02",
        title: "Card image number (45)",
        clause: "GPCS 2.3.1 §11.3.2.1",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(|session| optional_object(session, 0x45)),
    },
    Case {
        id: "GPCS-H.2-recognition-001",
        number: "GD-03",
        title: "Card recognition data (66) well formed",
        clause: "GPCS 2.3.1 §H.2",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(recognition_data),
    },
    Case {
        id: "X690-8.19-oid-001",
        number: "GD-05",
        title: "Object identifiers in 66 are valid",
        clause: "ISO 8825-1 §8.19",
        level: Level::Must,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(valid_oids),
    },
    Case {
        id: "GPCS-H.4-capability-001",
        number: "GD-06",
        title: "Card capability information (67)",
        clause: "GPCS 2.3.1 §H.4",
        level: Level::Should,
        effect: Read,
        requires: &[CardCapability],
        run: Card(capability),
    },
    Case {
        id: "GPCS-11.3.3.1-keys-001",
        number: "GD-08",
        title: "Key information (E0) well formed",
        clause: "GPCS 2.3.1 §11.3.3.1.1",
        level: Level::Must,
        effect: Read,
        requires: &[KeyInformation],
        run: Card(key_information),
    },
    Case {
        id: "OP-6.12-cplc-001",
        number: "GD-12",
        title: "CPLC (9F7F) has 42 bytes",
        clause: "OP 2.0.1 §6.12",
        level: Level::Should,
        effect: Read,
        requires: &[Cplc],
        run: Card(cplc),
    },
    Case {
        id: "HOST-cplc-class-001",
        number: "GD-13",
        title: "CPLC in the interindustry class",
        clause: "HOST §cplc-class",
        level: Level::May,
        effect: Read,
        requires: &[Cplc],
        run: Card(cplc_in_interindustry_class),
    },
    Case {
        id: "GPCS-11.3.3.1-class-001",
        number: "GD-14",
        title: "The interindustry class returns the value only",
        clause: "GPCS 2.3.1 §11.3.3.1",
        level: Level::Should,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(value_only),
    },
    Case {
        id: "GPCS-11.3.3.2-unknown-001",
        number: "GD-15",
        title: "Unknown tag",
        clause: "GPCS 2.3.1 §11.3.3.2",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(|session| refused_tag(session, 0x1234)),
    },
    Case {
        id: "GPCS-11.3.3.2-zero-001",
        number: "GD-16",
        title: "Tag 0000",
        clause: "GPCS 2.3.1 §11.3",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(|session| refused_tag(session, 0)),
    },
    Case {
        id: "GPCS-11.3.2-c2-001",
        number: "GD-17",
        title: "Confirmation counter (C2)",
        clause: "GPCS 2.3.1 §11.3.2.1",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(confirmation_counter),
    },
    Case {
        id: "GPCS-6.4.2.1.1-default-001",
        number: "GD-22",
        title: "GET DATA right after a reset",
        clause: "GPCS 2.3.1 §6.4.2.1.1",
        level: Level::Should,
        effect: Read,
        requires: &[CardRecognitionData],
        run: Card(before_select),
    },
];

fn optional_object(session: &mut Session<'_>, tag: u16) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(tag)?;
    if !answer.status.is_ok() {
        return Ok(refusal(answer.status, &[0x6A88], &[0x6A86, 0x6A82]));
    }
    let found = tlv::find(&answer.data, u32::from(tag));
    Ok(Verdict::require(matches!(found, Ok(Some(_))), || {
        format!("the answer is no object with tag {tag:02X}")
    }))
}

/// The template 73 inside 66.
fn recognition_template(data: &[u8]) -> Option<&[u8]> {
    tlv::find(tlv::find(data, 0x66).ok()??, 0x73).ok()?
}

fn recognition_data(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0x66)?;
    if !answer.status.is_ok() {
        return Ok(Grade::Fail.because(format!("answered {}", answer.status)));
    }
    let Some(template) = recognition_template(&answer.data) else {
        return Ok(Grade::Fail.because("no template 73 in 66"));
    };
    let oid = tlv::find(template, 0x06).ok().flatten();
    let missing = [0x60, 0x63, 0x64]
        .into_iter()
        .find(|tag| !matches!(tlv::find(template, *tag), Ok(Some(_))));
    Ok(worst([
        Verdict::require(oid == Some(RECOGNITION_OID), || {
            "tag 06 is not GlobalPlatform's OID".to_owned()
        }),
        Verdict::require(missing.is_none(), || {
            format!("object {:02X} is missing", missing.unwrap_or_default())
        }),
    ]))
}

fn valid_oids(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0x66)?;
    let mut oids = Vec::new();
    collect_oids(&answer.data, 0, &mut oids);
    let bad: Vec<String> =
        oids.iter().filter(|oid| !oid_is_valid(oid)).map(hex::encode_upper).collect();
    if oids.is_empty() {
        return Ok(Grade::Fail.because("no object identifier in 66"));
    }
    Ok(Verdict::require(bad.is_empty(), || format!("malformed: {}", bad.join(", "))))
}

/// Deepest nesting of data objects that is followed.
const DEPTH_MAX: u8 = 6;

fn collect_oids<'a>(data: &'a [u8], depth: u8, oids: &mut Vec<&'a [u8]>) {
    for object in tlv::parse(data).flatten() {
        if object.tag == tlv::Tag(0x06) {
            oids.push(object.value);
        } else if object.tag.is_constructed() && depth < DEPTH_MAX {
            collect_oids(object.value, depth + 1, oids);
        }
    }
}

/// Every arc ends (its last byte has bit 8 clear) and none begins with 80 [ISO 8825-1 §8.19.2].
fn oid_is_valid(oid: &[u8]) -> bool {
    let ends = oid.last().is_some_and(|byte| byte & 0x80 == 0);
    let starts = core::iter::once(true).chain(oid.iter().map(|byte| byte & 0x80 == 0));
    ends && oid.iter().zip(starts).all(|(byte, starts_arc)| !(starts_arc && *byte == 0x80))
}

fn capability(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0x67)?;
    let Ok(Some(capability)) = tlv::find(&answer.data, 0x67) else {
        return Ok(Grade::Fail.because("no template 67"));
    };
    if matches!(tlv::find(capability, 0x67), Ok(Some(_))) {
        return Ok(Grade::Fail.because("template 67 is nested in itself"));
    }
    Ok(Verdict::require(matches!(tlv::find(capability, 0xA0), Ok(Some(_))), || {
        "no secure channel information A0".to_owned()
    }))
}

fn key_information(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0xE0)?;
    let Ok(Some(template)) = tlv::find(&answer.data, 0xE0) else {
        return Ok(Grade::Fail.because("no template E0"));
    };
    let mut keys = 0_usize;
    for object in tlv::parse(template) {
        match object {
            Ok(object) if object.tag == tlv::Tag(0xC0) && object.value.len() >= 4 => keys += 1,
            Ok(object) => {
                return Ok(Grade::Fail.because(format!(
                    "entry {:?} of {} bytes",
                    object.tag,
                    object.value.len()
                )));
            }
            Err(error) => return Ok(Grade::Fail.because(format!("malformed: {error}"))),
        }
    }
    Ok(Verdict::require(keys > 0, || "no key".to_owned()))
}

fn cplc(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0x9F7F)?;
    let length = tlv::find(&answer.data, 0x9F7F).ok().flatten().map(<[u8]>::len);
    Ok(Verdict::require(length == Some(42), || {
        format!("{} bytes, not 42", length.unwrap_or_default())
    }))
}

fn cplc_in_interindustry_class(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.exchange(&Command::new(0x00, 0xCA, 0x9F, 0x7F).with_expected(256))?;
    Ok(match (answer.status.is_ok(), answer.data.len()) {
        (true, 42) => Verdict::pass(),
        (true, 45) => Grade::PassWithObservation.because("comes with tag and length"),
        (true, other) => Grade::Fail.because(format!("{other} bytes")),
        (false, _) => refusal(answer.status, &[0x6E00, 0x6A88], &[0x6D00, 0x6A86]),
    })
}

fn value_only(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let whole = session.get_data(0x66)?;
    let value = session.exchange(&Command::new(0x00, 0xCA, 0x00, 0x66).with_expected(256))?;
    if !value.status.is_ok() {
        return Ok(Grade::PassWithObservation
            .because(format!("the interindustry class is refused with {}", value.status)));
    }
    let expected = tlv::find(&whole.data, 0x66).ok().flatten().unwrap_or_default();
    Ok(if value.data == expected {
        Verdict::pass()
    } else if value.data == whole.data {
        Grade::PassWithObservation.because("comes with tag and length")
    } else {
        Grade::Fail.because("neither the value nor the whole object")
    })
}

fn refused_tag(session: &mut Session<'_>, tag: u16) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(tag)?;
    Ok(refusal(answer.status, &[0x6A88], &[0x6A86, 0x6A82, 0x6A80]))
}

fn confirmation_counter(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.get_data(0xC2)?;
    if !answer.status.is_ok() {
        return Ok(refusal(answer.status, &[0x6A88], &[0x6A86]));
    }
    let length = tlv::find(&answer.data, 0xC2).ok().flatten().map(<[u8]>::len);
    Ok(Verdict::require(length == Some(2), || "the counter has not two bytes".to_owned()))
}

fn before_select(session: &mut Session<'_>) -> Ruling {
    session.reset()?;
    let answer = session.get_data(0x66)?;
    Ok(if answer.status.is_ok() {
        Verdict::pass()
    } else {
        Grade::PassWithObservation
            .because(format!("the default application answers {}", answer.status))
    })
}

#[cfg(test)]
mod tests {
    use super::oid_is_valid;

    #[test]
    fn an_arc_neither_starts_with_80_nor_stays_open() {
        assert!(oid_is_valid(&[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, 0x02, 0x15]));
        assert!(!oid_is_valid(&[0x2A, 0x80, 0x01]));
        assert!(!oid_is_valid(&[0x2A, 0x86]));
        assert!(!oid_is_valid(&[]));
    }
}
