//! GS: GET STATUS [GPCS 2.3.1 §11.4].

use iso7816::{Command, Response, tlv};

use super::{refusal, worst};
use crate::{
    case::{
        Case,
        Effect::{self, Read},
        Level,
        Run::Card,
    },
    probe::Capability::{IssuerSecurityDomain, Keys},
    session::{SecureChannel, Session},
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// The cases of this group.
pub static CASES: &[Case] = &[
    Case {
        id: "GPCS-11.1.4-getstatus-001",
        number: "GS-01",
        title: "GET STATUS without authentication",
        clause: "GPCS 2.3.1 §11",
        level: Level::Must,
        effect: Read,
        requires: &[IssuerSecurityDomain],
        run: Card(not_authenticated),
    },
    Case {
        id: "GPCS-11.4.3.1-getstatus-001",
        number: "GS-02",
        title: "The issuer security domain's entry",
        clause: "GPCS 2.3.1 §11.4.3.1",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(issuer),
    },
    Case {
        id: "GPCS-11.4.3.1-getstatus-002",
        number: "GS-03",
        title: "Entries of applications",
        clause: "GPCS 2.3.1 §11.4.3.1",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(applications),
    },
    Case {
        id: "GPCS-11.4.3.1-getstatus-003",
        number: "GS-04",
        title: "Entries of load files",
        clause: "GPCS 2.3.1 §11.4.3.1",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(load_files),
    },
    Case {
        id: "GPCS-11.4.3.1-getstatus-004",
        number: "GS-05",
        title: "Load files with their modules",
        clause: "GPCS 2.3.1 §11.4.3.1",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(modules),
    },
    Case {
        id: "GPCS-11.4.3.2-getstatus-001",
        number: "GS-06",
        title: "Lists in several answers repeat nothing",
        clause: "GPCS 2.3.1 §11.4.3.2",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(pages),
    },
    Case {
        id: "GPCS-11.4.2.2-getstatus-001",
        number: "GS-07",
        title: "Next entries without first ones",
        clause: "GPCS 2.3.1 §11.4.2.2",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| next_first(session, APPLICATIONS)),
    },
    Case {
        id: "GPCS-11.4.2.2-getstatus-002",
        number: "GS-08",
        title: "Next entries of the issuer security domain",
        clause: "GPCS 2.3.1 §11.4.2.2",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| next_first(session, ISSUER)),
    },
    Case {
        id: "GPCS-11.4.2.3-getstatus-001",
        number: "GS-09",
        title: "Search by the beginning of an AID",
        clause: "GPCS 2.3.1 §11.4.2.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| by_prefix(session, 5)),
    },
    Case {
        id: "GPCS-11.4.2.3-getstatus-002",
        number: "GS-10",
        title: "Search by a whole AID",
        clause: "GPCS 2.3.1 §11.4.2.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| by_prefix(session, 16)),
    },
    Case {
        id: "GPCS-11.4.3.3-getstatus-001",
        number: "GS-11",
        title: "Search that finds nothing",
        clause: "GPCS 2.3.1 §11.4.3.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(no_match),
    },
    Case {
        id: "GPCS-11.4.2.3-getstatus-003",
        number: "GS-12",
        title: "Search with a list of tags",
        clause: "GPCS 2.3.1 §11.4.2.3",
        level: Level::May,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(tag_list),
    },
    Case {
        id: "GPCS-11.4.2.3-getstatus-004",
        number: "GS-13",
        title: "Search without an AID",
        clause: "GPCS 2.3.1 §11.4.2.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| refused(session, &[ISSUER], &[0x5C, 0x01, 0x4F], &[0x6A80])),
    },
    Case {
        id: "GPCS-11.4.3.3-getstatus-002",
        number: "GS-14",
        title: "Search with a malformed AID",
        clause: "GPCS 2.3.1 §11.4.3.3",
        level: Level::Must,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| {
            refused(session, &[ISSUER], &[0x4F, 0x10, 0xA0, 0x00], &[0x6A80, 0x6700])
        }),
    },
    Case {
        id: "GPCS-11.4.2.1-getstatus-001",
        number: "GS-15",
        title: "P1 00 and F0",
        clause: "GPCS 2.3.1 §11.4.2.1",
        level: Level::Should,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(|session| refused(session, &[0x00, 0xF0], ALL, &[0x6A86])),
    },
    Case {
        id: "GPCS-11.4.2.2-getstatus-003",
        number: "GS-16",
        title: "The old form of answers",
        clause: "GPCS 2.3.1 §11.4.2.2",
        level: Level::May,
        effect: Effect::Session,
        requires: &[Keys],
        run: Card(legacy),
    },
];

/// P1: the issuer's domain, applications, load files, load files with modules [GPCS 2.3.1 §11.4.2.1].
const ISSUER: u8 = 0x80;
const APPLICATIONS: u8 = 0x40;
const LOAD_FILES: u8 = 0x20;
const MODULES: u8 = 0x10;
/// P2: the first or the next entries, as data objects [GPCS 2.3.1 §11.4.2.2].
const FIRST: u8 = 0x02;
const NEXT: u8 = 0x03;
/// Search for everything.
const ALL: &[u8] = &[0x4F, 0x00];
/// More entries follow [GPCS 2.3.1 §11.4.3.2].
const MORE_DATA: u16 = 0x6310;
/// Nothing is found [GPCS 2.3.1 §11.4.3.3].
const NOT_FOUND: u16 = 0x6A88;
/// Most answers to one search.
const PARTS_MAX: usize = 64;
/// Tag of an entry, and what is in it [GPCS 2.3.1 §11.4.3.1].
const ENTRY: u32 = 0xE3;
const AID: u32 = 0x4F;
const LIFE_CYCLE: u32 = 0x9F70;
const PRIVILEGES: u32 = 0xC5;
const MODULE: u32 = 0x84;
/// Life cycle states of the card [GPCS 2.3.1 §11.1.1].
const CARD_STATES: [u8; 5] = [0x01, 0x07, 0x0F, 0x7F, 0xFF];

/// The value of one entry.
type Entry = Vec<u8>;

fn get_status(p1: u8, p2: u8, data: &[u8]) -> Command {
    Command::new(0x80, 0xF2, p1, p2).with_data(data).with_expected(256)
}

fn ask(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    p1: u8,
    p2: u8,
    data: &[u8],
) -> Result<Response, Stop> {
    session.over(secure, &get_status(p1, p2, data))
}

/// The entries in one answer; each must be whole.
fn entries_of(data: &[u8]) -> Result<Vec<Entry>, Stop> {
    let mut entries = Vec::new();
    for object in tlv::parse(data) {
        match object {
            Ok(object) if object.tag == tlv::Tag(ENTRY) => entries.push(object.value.to_vec()),
            Ok(object) => return Err(Stop::fail(format!("{:?} is no entry", object.tag))),
            Err(error) => return Err(Stop::fail(format!("an entry is malformed: {error}"))),
        }
    }
    Ok(entries)
}

/// All entries of a search, over as many answers as it takes. Nothing found makes none.
fn search(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    p1: u8,
    data: &[u8],
) -> Result<Vec<Entry>, Stop> {
    let mut entries = Vec::new();
    for part in 0..PARTS_MAX {
        let answer = ask(session, secure, p1, if part == 0 { FIRST } else { NEXT }, data)?;
        match answer.status.0 {
            NOT_FOUND if part == 0 => return Ok(entries),
            0x9000 | MORE_DATA => entries.extend(entries_of(&answer.data)?),
            _ => return Err(Stop::fail(format!("GET STATUS answers {}", answer.status))),
        }
        if answer.status.is_ok() {
            return Ok(entries);
        }
    }
    Err(Stop::fail(format!("more than {PARTS_MAX} answers to one search")))
}

fn find(entry: &[u8], tag: u32) -> Option<&[u8]> {
    tlv::find(entry, tag).ok().flatten()
}

/// Whether every entry has all of these objects, and none of those.
fn all_have(entries: &[Entry], wanted: &[u32], unwanted: &[u32]) -> Verdict {
    for entry in entries {
        if let Some(tag) = wanted.iter().find(|tag| find(entry, **tag).is_none()) {
            return Grade::Fail.because(format!("an entry has no {tag:02X}"));
        }
        if let Some(tag) = unwanted.iter().find(|tag| find(entry, **tag).is_some()) {
            return Grade::Fail.because(format!("an entry has {tag:02X}"));
        }
    }
    Verdict::pass()
}

fn aids(entries: &[Entry]) -> Vec<Vec<u8>> {
    let mut aids: Vec<_> =
        entries.iter().filter_map(|entry| find(entry, AID)).map(<[u8]>::to_vec).collect();
    aids.sort_unstable();
    aids
}

fn not_authenticated(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    let answer = session.exchange(&get_status(ISSUER, FIRST, ALL))?;
    Ok(refusal(answer.status, &[0x6982], &[0x6985, 0x6E00]))
}

fn issuer(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let entries = search(session, &mut secure, ISSUER, ALL)?;
    let [entry] = entries.as_slice() else {
        return Ok(Grade::Fail.because(format!("{} entries, not one", entries.len())));
    };
    let state = find(entry, LIFE_CYCLE).unwrap_or_default();
    let known = matches!(state, [state] if CARD_STATES.contains(state));
    Ok(worst([
        all_have(&entries, &[AID, LIFE_CYCLE, PRIVILEGES], &[MODULE]),
        Verdict::require(known, || format!("life cycle state {}", hex::encode_upper(state))),
    ]))
}

fn applications(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let entries = search(session, &mut secure, APPLICATIONS, ALL)?;
    Ok(all_have(&entries, &[AID, LIFE_CYCLE, PRIVILEGES], &[MODULE]))
}

fn load_files(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let entries = search(session, &mut secure, LOAD_FILES, ALL)?;
    let loaded = entries.iter().all(|entry| find(entry, LIFE_CYCLE) == Some(&[0x01]));
    Ok(worst([
        all_have(&entries, &[AID, LIFE_CYCLE], &[PRIVILEGES, MODULE]),
        Verdict::require(loaded, || "a load file is in another state than LOADED".to_owned()),
    ]))
}

fn modules(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let files = search(session, &mut secure, LOAD_FILES, ALL)?;
    let answer = ask(session, &mut secure, MODULES, FIRST, ALL)?;
    if !answer.status.is_ok() && !matches!(answer.status.0, MORE_DATA | NOT_FOUND) {
        return Ok(refusal(answer.status, &[0x6A86], &[0x6A80, 0x6A81]));
    }
    let with_modules = search(session, &mut secure, MODULES, ALL)?;
    Ok(Verdict::require(aids(&files) == aids(&with_modules), || {
        "P1 10 and P1 20 list different load files".to_owned()
    }))
}

fn pages(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let mut verdicts = Vec::new();
    for p1 in [APPLICATIONS, LOAD_FILES] {
        let all = aids(&search(session, &mut secure, p1, ALL)?);
        let mut once = all.clone();
        once.dedup();
        verdicts.push(Verdict::require(all == once, || {
            format!("P1 {p1:02X} tells an entry more than once")
        }));
    }
    Ok(worst(verdicts))
}

fn next_first(session: &mut Session<'_>, p1: u8) -> Ruling {
    let mut secure = session.open_mac()?;
    let answer = ask(session, &mut secure, p1, NEXT, ALL)?;
    Ok(refusal(answer.status, &[0x6985, 0x6A86, 0x6A88], &[0x6A80, 0x6982]))
}

/// A search whose answer must be the entries that begin with the prefix.
fn by_prefix(session: &mut Session<'_>, length: usize) -> Ruling {
    let mut secure = session.open_mac()?;
    let own = search(session, &mut secure, ISSUER, ALL)?;
    let mut verdicts = Vec::new();
    for p1 in [ISSUER, APPLICATIONS, LOAD_FILES] {
        let every = aids(&search(session, &mut secure, p1, ALL)?);
        let wanted = every.first().or(aids(&own).first()).cloned().unwrap_or_default();
        let prefix = wanted.get(..length.min(wanted.len())).unwrap_or_default();
        let data = [&[0x4F, u8::try_from(prefix.len()).unwrap_or(0)], prefix].concat();
        let found = aids(&search(session, &mut secure, p1, &data)?);
        let expected: Vec<_> = every.into_iter().filter(|aid| aid.starts_with(prefix)).collect();
        verdicts.push(Verdict::require(found == expected, || {
            format!("P1 {p1:02X}: {} entries found, not {}", found.len(), expected.len())
        }));
    }
    Ok(worst(verdicts))
}

fn no_match(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let data = [0x4F, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    let answer = ask(session, &mut secure, APPLICATIONS, FIRST, &data)?;
    Ok(refusal(answer.status, &[NOT_FOUND], &[0x6A82]))
}

fn tag_list(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let answer = ask(session, &mut secure, ISSUER, FIRST, &[0x4F, 0x00, 0x5C, 0x01, 0x4F])?;
    if !answer.status.is_ok() {
        return Ok(Grade::PassWithObservation.because(format!("refused with {}", answer.status)));
    }
    let entries = entries_of(&answer.data)?;
    Ok(match all_have(&entries, &[AID], &[LIFE_CYCLE, PRIVILEGES]) {
        verdict if verdict.grade == Grade::Pass => verdict,
        _ if all_have(&entries, &[AID, LIFE_CYCLE], &[]).grade == Grade::Pass => {
            Grade::PassWithObservation.because("the tag list is ignored")
        }
        other => other,
    })
}

/// A data field or P1 that is refused.
fn refused(session: &mut Session<'_>, p1: &[u8], data: &[u8], right: &[u16]) -> Ruling {
    let mut verdicts = Vec::new();
    for p1 in p1 {
        session.reset()?;
        let mut secure = session.open_mac()?;
        let status = ask(session, &mut secure, *p1, FIRST, data)?.status;
        verdicts.push(refusal(status, right, &[0x6A80, 0x6A86, 0x6A88, 0x6700, 0x6985]));
    }
    Ok(worst(verdicts))
}

fn legacy(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let answer = ask(session, &mut secure, ISSUER, 0x00, ALL)?;
    if !answer.status.is_ok() {
        return Ok(refusal(answer.status, &[0x6A86], &[0x6A80, 0x6A81]));
    }
    // Length and AID, then one byte of life cycle state and one of privileges [OP 2.0.1 §9.4].
    let whole = answer.data.split_first().is_some_and(|(length, rest)| {
        (5..=16).contains(length) && rest.len() == usize::from(*length) + 2
    });
    Ok(Verdict::require(whole, || format!("malformed: {}", hex::encode_upper(&answer.data))))
}
