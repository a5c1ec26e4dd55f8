//! GET STATUS [GPCS 2.3.1 §11.4].

use globalplatform::{
    SecurityLevel,
    command::{GetStatus, StatusScope},
    data::{LOAD_FILE_LOADED, Privileges, RegistryEntry},
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::refused;
use crate::{
    card::Card,
    channel::StatusSearch,
    nvm::Owner,
    state::{Application, CARD_RESET},
};

/// Longest answer in bytes, without and with response protection [AmdD 1.1.1 §6.2.7].
const ANSWER_MAX: usize = 255;
const ANSWER_MAX_PROTECTED: usize = 223;

/// What is looked for, and how it is told.
struct Query {
    scope: StatusScope,
    tlv: bool,
    name: Vec<u8>,
    tags: Option<Vec<u32>>,
    /// The last AID that was told, where the answer goes on.
    after: Option<Aid>,
}

impl Card {
    pub(super) fn get_status(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let GetStatus { scope, tlv, next, name, tags } =
            GetStatus::parse(command).map_err(refused)?;
        let before = self.channel(channel)?.search.take();
        let query = if !next {
            Query { scope, tlv, name, tags: tags.map(|tags| tag_list(&tags)), after: None }
        } else if scope == StatusScope::IssuerSecurityDomain {
            return Err(StatusWord::WRONG_P1P2);
        } else {
            let same = |search: &StatusSearch| search.scope == scope && search.tlv == tlv;
            let search = before.filter(same).ok_or(StatusWord::CONDITIONS_OF_USE)?;
            let StatusSearch { scope, tlv, name, tags, last } = search;
            Query { scope, tlv, name, tags, after: Some(last) }
        };
        let mut entries = self.entries(query.scope);
        entries.retain(|(aid, _)| {
            aid.starts_with(&query.name) && query.after.is_none_or(|last| *aid > last)
        });
        self.tell(channel, &entries, query)
    }

    /// As many entries as fit; the search is kept where more are left.
    fn tell(
        &mut self,
        channel: usize,
        entries: &[(Aid, RegistryEntry)],
        query: Query,
    ) -> Result<Response, StatusWord> {
        let protected = self.channel(channel)?.session.level().intersects(SecurityLevel::R_MAC);
        let limit = if protected { ANSWER_MAX_PROTECTED } else { ANSWER_MAX };
        let mut data = Vec::new();
        let mut last = None;
        for (aid, entry) in entries {
            let coded = if query.tlv {
                entry.to_bytes(query.tags.as_deref())
            } else {
                entry.to_legacy(query.scope == StatusScope::LoadFilesAndModules)
            };
            if let Some(last) = last.filter(|_| data.len() + coded.len() > limit) {
                let Query { scope, tlv, name, tags, .. } = query;
                self.channel(channel)?.search = Some(StatusSearch { scope, tlv, name, tags, last });
                return Ok(Response::new(data, StatusWord::MORE_DATA));
            }
            data.extend_from_slice(&coded);
            last = Some(*aid);
        }
        if last.is_none() {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        Ok(Response::ok(data))
    }

    /// All entries of a scope, ascending by AID. Every one belongs to the only security domain.
    fn entries(&self, scope: StatusScope) -> Vec<(Aid, RegistryEntry)> {
        let entry = |aid: Aid| RegistryEntry {
            aid: Some(aid),
            security_domain: Some(self.registry.isd.aid),
            ..RegistryEntry::default()
        };
        let privileges = |bytes: [u8; 3]| Privileges::parse(&bytes).ok();
        let mut entries: Vec<(Aid, RegistryEntry)> = match scope {
            StatusScope::IssuerSecurityDomain => {
                let domain = &self.registry.isd;
                let entry = RegistryEntry {
                    life_cycle: domain.life_cycle,
                    privileges: privileges(self.isd_privileges()),
                    ..entry(domain.aid)
                };
                vec![(domain.aid, entry)]
            }
            StatusScope::LoadFiles | StatusScope::LoadFilesAndModules => {
                let with_modules = scope == StatusScope::LoadFilesAndModules;
                let entry = |file: crate::info::LoadFileInfo| RegistryEntry {
                    life_cycle: LOAD_FILE_LOADED,
                    version: Some(file.version.to_vec()),
                    modules: if with_modules { file.modules } else { Vec::new() },
                    ..entry(file.aid)
                };
                self.load_files().into_iter().map(|file| (file.aid, entry(file))).collect()
            }
            _ => {
                let entry = |application: &Application| RegistryEntry {
                    life_cycle: application.life_cycle,
                    privileges: privileges(application.privileges),
                    load_file: Some(application.load_file),
                    ..entry(application.aid)
                };
                let applications = self.registry.applications();
                applications.map(|application| (application.aid, entry(application))).collect()
            }
        };
        entries.sort_by_key(|(aid, _)| *aid);
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
