//! What a card holds, as its issuer security domain tells it: taken before and after a case that changes and restores content.

use iso7816::Command;

use crate::{session::Session, verdict::Stop};

/// What is compared: registry entries by kind, key information, and the issuer's data objects.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot(Vec<(&'static str, Vec<u8>)>);

/// GET STATUS: P1 and what it lists [GPCS 2.3.1 §11.4.2.1].
const LISTS: [(u8, &str); 3] =
    [(0x80, "the issuer security domain"), (0x40, "applications"), (0x20, "load files")];
/// GET DATA: tags that no case leaves changed.
const OBJECTS: [(u16, &str); 3] = [
    (0xE0, "key information"),
    (0x42, "issuer identification number"),
    (0x45, "card image number"),
];
/// Most parts of one list.
const PARTS_MAX: usize = 64;

impl Snapshot {
    /// Takes a snapshot through a secure channel.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn take(session: &mut Session<'_>) -> Result<Self, Stop> {
        session.reset()?;
        let mut secure = session.open_mac()?;
        let mut parts = Vec::new();
        for (p1, what) in LISTS {
            let mut all = Vec::new();
            for part in 0..PARTS_MAX {
                let p2 = if part == 0 { 0x02 } else { 0x03 };
                let command =
                    Command::new(0x80, 0xF2, p1, p2).with_data([0x4F, 0x00]).with_expected(256);
                let answer = session.over(&mut secure, &command)?;
                all.extend_from_slice(&answer.data);
                if answer.status.0 != MORE_DATA {
                    break;
                }
            }
            parts.push((what, all));
        }
        for (tag, what) in OBJECTS {
            let [p1, p2] = tag.to_be_bytes();
            let command = Command::new(0x80, 0xCA, p1, p2).with_expected(256);
            parts.push((what, session.over(&mut secure, &command)?.data));
        }
        Ok(Self(parts))
    }

    /// Compares with a later one.
    ///
    /// # Errors
    /// `Abort`, naming what has changed.
    pub fn compare(&self, after: &Self) -> Result<(), Stop> {
        let changed = self.0.iter().zip(&after.0).filter(|(before, after)| before != after);
        let names: Vec<_> = changed.map(|((what, _), _)| *what).collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(Stop::abort(format!("after the case {} differ from before", names.join(", "))))
    }
}

/// GET STATUS: more entries follow [GPCS 2.3.1 §11.4.3.2].
const MORE_DATA: u16 = 0x6310;
