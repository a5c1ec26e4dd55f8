//! GET STATUS [GPCS 2.3.1 §11.4].

use globalplatform::SecurityLevel;
use iso7816::{
    Aid, Command, Response, StatusWord,
    tlv::{self, Writer},
};

use super::fields::{find, malformed};
use crate::{
    card::Card,
    channel::StatusSearch,
    info::LoadFileInfo,
    nvm::Owner,
    state::{Application, CARD_RESET},
};

const ISSUER_DOMAIN: u8 = 0x80;
const APPLICATIONS: u8 = 0x40;
const LOAD_FILES: u8 = 0x20;
const LOAD_FILES_AND_MODULES: u8 = 0x10;
/// Bits of P2: next occurrences; TLV format.
const NEXT: u8 = 0x01;
const TLV_FORMAT: u8 = 0x02;
/// Life cycle state of a load file: LOADED.
const LOADED: u8 = 0x01;
/// Longest answer in bytes, without and with response protection [AmdD 1.1.1 §6.2.7].
const ANSWER_MAX: usize = 255;
const ANSWER_MAX_PROTECTED: usize = 223;

/// What GET STATUS tells about one entry.
struct Entry {
    aid: Aid,
    life_cycle: u8,
    privileges: Option<[u8; 3]>,
    load_file: Option<Aid>,
    version: Option<[u8; 2]>,
    modules: Vec<Aid>,
}

impl Card {
    pub(super) fn get_status(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let (p1, p2) = (command.header.p1, command.header.p2);
        let known =
            matches!(p1, ISSUER_DOMAIN | APPLICATIONS | LOAD_FILES | LOAD_FILES_AND_MODULES);
        if !known || p2 & !(NEXT | TLV_FORMAT) != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let (prefix, tags) = criteria(&command.data)?;
        let before = self.channel(channel)?.search.take();
        let search = if p2 & NEXT == 0 {
            None
        } else if p1 == ISSUER_DOMAIN {
            return Err(StatusWord::WRONG_P1P2);
        } else {
            let same = |search: &StatusSearch| search.p1 == p1 && search.format == p2 & TLV_FORMAT;
            Some(before.filter(same).ok_or(StatusWord::CONDITIONS_OF_USE)?)
        };
        let after = search.as_ref().map(|search| search.last);
        let (prefix, tags) = search.map_or((prefix, tags), |search| (search.prefix, search.tags));
        let mut entries = self.entries(p1);
        entries.retain(|entry| entry.aid.starts_with(&prefix));
        entries.retain(|entry| after.is_none_or(|last| entry.aid > last));
        self.tell(channel, &entries, p1, p2 & TLV_FORMAT, (prefix, tags))
    }

    /// As many entries as fit; the search is kept where more are left.
    fn tell(
        &mut self,
        channel: usize,
        entries: &[Entry],
        p1: u8,
        format: u8,
        (prefix, tags): (Vec<u8>, Option<Vec<u32>>),
    ) -> Result<Response, StatusWord> {
        // Every entry belongs to the only security domain.
        let domain = self.registry.isd.aid;
        let protected = self.channel(channel)?.session.level().intersects(SecurityLevel::R_MAC);
        let limit = if protected { ANSWER_MAX_PROTECTED } else { ANSWER_MAX };
        let mut data = Vec::new();
        let mut last = None;
        for entry in entries {
            let coded = if format == TLV_FORMAT {
                entry.to_tlv(tags.as_deref(), domain)
            } else {
                entry.to_legacy(p1 == LOAD_FILES_AND_MODULES)
            };
            if let Some(last) = last.filter(|_| data.len() + coded.len() > limit) {
                let search = StatusSearch { p1, format, prefix, tags, last };
                self.channel(channel)?.search = Some(search);
                return Ok(Response::new(data, StatusWord::MORE_DATA));
            }
            data.extend_from_slice(&coded);
            last = Some(entry.aid);
        }
        if last.is_none() {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        Ok(Response::ok(data))
    }

    /// All entries of a kind, ascending by AID.
    fn entries(&self, p1: u8) -> Vec<Entry> {
        match p1 {
            ISSUER_DOMAIN => vec![Entry {
                aid: self.registry.isd.aid,
                life_cycle: self.registry.isd.life_cycle,
                privileges: Some(self.isd_privileges()),
                load_file: None,
                version: None,
                modules: Vec::new(),
            }],
            APPLICATIONS => self
                .registry
                .applications()
                .map(|entry| Entry {
                    aid: entry.aid,
                    life_cycle: entry.life_cycle,
                    privileges: Some(entry.privileges),
                    load_file: Some(entry.load_file),
                    version: None,
                    modules: Vec::new(),
                })
                .collect(),
            _ => self.load_file_entries(p1 == LOAD_FILES_AND_MODULES),
        }
    }

    fn load_file_entries(&self, with_modules: bool) -> Vec<Entry> {
        let entry = |file: LoadFileInfo| Entry {
            aid: file.aid,
            life_cycle: LOADED,
            privileges: None,
            load_file: None,
            version: Some(file.version),
            modules: if with_modules { file.modules } else { Vec::new() },
        };
        let mut entries: Vec<Entry> = self.load_files().into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.aid);
        entries
    }

    /// The issuer domain has Card Reset unless an application holds it [GPCS 2.3.1 §6.6.2].
    pub(crate) fn isd_privileges(&self) -> [u8; 3] {
        let [mut first, second, third] = self.registry.isd.privileges;
        if self.registry.applications().any(Application::has_card_reset) {
            first &= !CARD_RESET;
        }
        [first, second, third]
    }

    /// Whether the bytes of a load file are in persistent memory, not only in ROM.
    pub(crate) fn is_loaded(&self, load_file: Aid) -> bool {
        self.log.used_by(Owner::LoadFile(load_file)) > 0
    }
}

/// The search criteria: AID or its beginning, and the tags that are wanted [GPCS 2.3.1 §11.4.2.3].
fn criteria(data: &[u8]) -> Result<(Vec<u8>, Option<Vec<u32>>), StatusWord> {
    let prefix = find(data, 0x4F)?.ok_or(StatusWord::WRONG_DATA)?;
    if prefix.len() > iso7816::aid::AID_LENGTH_MAX {
        return Err(StatusWord::WRONG_DATA);
    }
    tlv::parse(data).try_for_each(|object| object.map(|_| ())).map_err(malformed)?;
    let tags = find(data, 0x5C)?.map(tag_list);
    Ok((prefix.to_vec(), tags))
}

/// Tags in a row, one or two bytes each.
fn tag_list(bytes: &[u8]) -> Vec<u32> {
    let mut tags = Vec::new();
    let mut bytes = bytes.iter().copied();
    while let Some(first) = bytes.next() {
        let second = if first & 0x1F == 0x1F { bytes.next() } else { None };
        tags.push(
            second.map_or(u32::from(first), |second| u32::from(first) << 8 | u32::from(second)),
        );
    }
    tags
}

impl Entry {
    fn to_tlv(&self, tags: Option<&[u32]>, domain: Aid) -> Vec<u8> {
        let wanted = |tag: u32| tags.is_none_or(|tags| tags.contains(&tag));
        let mut objects: Vec<(u32, Vec<u8>)> =
            vec![(0x4F, self.aid.as_bytes().to_vec()), (0x9F70, vec![self.life_cycle])];
        objects.extend(self.privileges.map(|bytes| (0xC5, bytes.to_vec())));
        objects.extend(self.load_file.map(|aid| (0xC4, aid.as_bytes().to_vec())));
        objects.extend(self.version.map(|bytes| (0xCE, bytes.to_vec())));
        objects.extend(self.modules.iter().map(|aid| (0x84, aid.as_bytes().to_vec())));
        objects.push((0xCC, domain.as_bytes().to_vec()));
        Writer::new()
            .constructed(0xE3, |entry| {
                let wanted = objects.iter().filter(|(tag, _)| wanted(*tag));
                wanted.fold(entry, |entry, (tag, value)| entry.object(*tag, value))
            })
            .finish()
    }

    /// Length and AID, life cycle state, privileges; then the modules where they are wanted.
    fn to_legacy(&self, with_modules: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let push_aid = |bytes: &mut Vec<u8>, aid: &Aid| {
            bytes.extend(u8::try_from(aid.as_bytes().len()));
            bytes.extend_from_slice(aid.as_bytes());
        };
        push_aid(&mut bytes, &self.aid);
        bytes.push(self.life_cycle);
        bytes.push(self.privileges.map_or(0, |[first, ..]| first));
        if with_modules {
            bytes.extend(u8::try_from(self.modules.len()));
            self.modules.iter().for_each(|aid| push_aid(&mut bytes, aid));
        }
        bytes
    }
}
