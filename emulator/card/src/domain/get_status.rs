//! GET STATUS [GPCS 2.3.1 §11.4].

use faults::Fault;
use globalplatform::{
    SecurityLevel,
    command::{GetStatus, StatusScope},
    data::{LOAD_FILE_LOADED, Privileges, RegistryEntry},
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{Receiver, refused};
use crate::{
    card::Card,
    channel::StatusSearch,
    state::{Application, Domain, LOCKED},
};

/// Longest answer in bytes, without and with response protection [AmdD 1.1.1 §6.2.7].
const ANSWER_MAX: usize = 255;
const ANSWER_MAX_PROTECTED: usize = 223;
/// Tag of the AID of an entry.
const TAG_AID: u32 = 0x4F;

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
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let channel = receiver.channel;
        let GetStatus { scope, tlv, next, name, tags } =
            GetStatus::parse(command).map_err(refused)?;
        let before = self.channel(channel)?.search.take();
        let query = if !next {
            Query { scope, tlv, name, tags: tags.map(|tags| tag_list(&tags)), after: None }
        } else if scope == StatusScope::IssuerSecurityDomain {
            return Err(StatusWord::WRONG_P1P2);
        } else {
            let same = |search: &StatusSearch| search.scope == scope && search.tlv == tlv;
            match before.filter(same) {
                Some(StatusSearch { scope, tlv, name, tags, last }) => {
                    Query { scope, tlv, name, tags, after: Some(last) }
                }
                None if faults::active(Fault::GetStatusNextWithoutFirst) => {
                    Query { scope, tlv, name, tags: None, after: None }
                }
                None => return Err(StatusWord::CONDITIONS_OF_USE),
            }
        };
        // Only the issuer's domain is the card's [GPCS 2.3.1 §11.4.2.1].
        if query.scope == StatusScope::IssuerSecurityDomain && receiver.domain != Domain::Issuer {
            return Err(StatusWord::WRONG_P1P2);
        }
        let mut entries = self.entries(query.scope);
        entries.retain(|(aid, _)| {
            let again = query.after == Some(*aid) && faults::active(Fault::GetStatusRepeats);
            (aid.starts_with(&query.name) || faults::active(Fault::GetStatusIgnoresCriterion))
                && (query.after.is_none_or(|last| *aid > last) || again)
                && (self.may_see(receiver.domain, *aid)
                    || faults::active(Fault::GetStatusBeyondHierarchy))
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
                if faults::active(Fault::GetStatusTruncates) {
                    return Ok(Response::ok(data));
                }
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

    /// A domain sees itself and what stands under it, with Global Registry everything [GPCS 2.3.1 §11.4.1].
    pub(super) fn may_see(&self, domain: Domain, aid: Aid) -> bool {
        let all = self.registry.privileges_of(domain).contains(Privileges::GLOBAL_REGISTRY);
        all || Domain::Supplementary(aid) == domain
            || self.registry.governs(domain, self.registry.associated(aid))
    }

    /// All entries of a scope, ascending by AID.
    fn entries(&self, scope: StatusScope) -> Vec<(Aid, RegistryEntry)> {
        let mut entries: Vec<(Aid, RegistryEntry)> = match scope {
            StatusScope::IssuerSecurityDomain => {
                let isd = &self.registry.isd;
                let entry = RegistryEntry {
                    life_cycle: isd.life_cycle,
                    privileges: Some(self.registry.privileges_of(Domain::Issuer)),
                    ..self.entry_of(isd.aid)
                };
                vec![(isd.aid, entry)]
            }
            StatusScope::LoadFiles => self.load_file_entries(false),
            StatusScope::LoadFilesAndModules => self.load_file_entries(true),
            _ => self.application_entries(),
        };
        entries.sort_by_key(|(aid, _)| *aid);
        entries
    }

    /// What every entry has: its AID and its domain's.
    fn entry_of(&self, aid: Aid) -> RegistryEntry {
        let domain = self.registry.aid_of(self.registry.associated(aid));
        RegistryEntry { aid: Some(aid), security_domain: Some(domain), ..RegistryEntry::default() }
    }

    fn load_file_entries(&self, with_modules: bool) -> Vec<(Aid, RegistryEntry)> {
        let files = self.load_files().into_iter();
        let entry = |file: crate::info::LoadFileInfo| RegistryEntry {
            life_cycle: LOAD_FILE_LOADED,
            version: Some(told_version(file.version)),
            modules: if with_modules { file.modules } else { Vec::new() },
            ..self.entry_of(file.aid)
        };
        files.map(|file| (file.aid, entry(file))).collect()
    }

    fn application_entries(&self) -> Vec<(Aid, RegistryEntry)> {
        let applications = self.registry.applications();
        let entries = applications.map(|application| {
            let entry = RegistryEntry {
                life_cycle: told_life_cycle(application),
                privileges: told_privileges(application),
                implicit_selection: application.implicit_selection.clone(),
                load_file: Some(application.load_file),
                ..self.entry_of(application.aid)
            };
            (application.aid, entry)
        });
        entries.collect()
    }
}

fn told_privileges(application: &Application) -> Option<Privileges> {
    (!faults::active(Fault::EntryWithoutPrivileges)).then(|| application.privileges())
}

fn told_life_cycle(application: &Application) -> u8 {
    let hidden = if faults::active(Fault::EntryHidesLock) { LOCKED } else { 0 };
    application.life_cycle & !hidden
}

fn told_version(mut version: [u8; 2]) -> Vec<u8> {
    if faults::active(Fault::LoadFileVersionSwapped) {
        version.reverse();
    }
    version.to_vec()
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
    if faults::active(Fault::GetStatusListLosesName) {
        tags.retain(|tag| *tag != TAG_AID);
    }
    tags
}
