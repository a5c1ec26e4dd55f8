//! The machine as records: written when a run ends, read when a card is opened, and the way back when a command fails.

use std::sync::Arc;

use capfile::CapFile;
use iso7816::{Aid, StatusWord};
use jcvm::{AppletId, AppletRecord, ContextId, PackageId, Reference};
use serde::{Deserialize, Serialize};

use super::{JavaCard, Pending};
use crate::{
    image::ImageError,
    nvm::{NvmError, Owner, RECORD_OVERHEAD, WriteLog},
    state::{Registry, save_of},
};

/// Of a load file: what its package is in the machine.
const PACKAGE: &[u8] = b"package";
/// Of a load file: its bytes, in pieces that count up from 0.
const CODE: u8 = b'c';
/// Longest piece, in bytes.
const CODE_PIECE: usize = 0x8000;
/// Of an instance: what it is in the machine.
const APPLET: &[u8] = b"applet";
/// An object: this, then its handle in three bytes.
const OBJECT: u8 = b'o';

/// A package in the machine.
#[derive(Serialize, Deserialize)]
struct PackageRecord {
    id: u8,
    /// Handle of the static fields.
    statics: u32,
    verified: bool,
}

/// An applet in the machine.
#[derive(Serialize, Deserialize)]
struct InstanceRecord {
    id: u8,
    package: u8,
    /// Handle of the applet object.
    instance: u32,
}

fn object_key(handle: u32) -> [u8; 4] {
    let [_, high, middle, low] = handle.to_be_bytes();
    [OBJECT, high, middle, low]
}

/// To whom objects belong.
struct Owners {
    packages: Vec<(ContextId, Aid)>,
    applets: Vec<(AppletId, Aid)>,
}

impl Owners {
    fn of(&self, context: ContextId, applet: AppletId) -> Option<Owner> {
        if context == ContextId::JCRE {
            return Some(Owner::System);
        }
        if applet == AppletId::NONE {
            let package = self.packages.iter().find(|(known, _)| *known == context);
            return package.map(|(_, aid)| Owner::LoadFile(*aid));
        }
        let instance = self.applets.iter().find(|(known, _)| *known == applet);
        instance.map(|(_, aid)| Owner::Instance(*aid))
    }

    /// Those that do not go with the command.
    fn without(mut self, pending: &[Pending]) -> Self {
        for pending in pending {
            match pending {
                Pending::Unload(package) => {
                    self.packages.retain(|(context, _)| *context != package.context());
                }
                Pending::Remove(applet) => self.applets.retain(|(known, _)| known != applet),
                Pending::Loaded(_) | Pending::Installed(_) => {}
            }
        }
        self
    }
}

impl JavaCard {
    fn owners(&self) -> Owners {
        let packages = self.machine.code().packages();
        Owners {
            packages: packages.map(|package| (package.id.context(), package.aid)).collect(),
            applets: self.machine.applets().map(|(id, record)| (id, record.aid)).collect(),
        }
    }

    /// Mirrors the objects that changed.
    pub(crate) fn mirror(&mut self, log: &mut WriteLog) -> Result<(), NvmError> {
        if !self.machine.heap().has_changes() {
            return Ok(());
        }
        let owners = self.owners().without(&self.pending);
        for change in self.machine.heap_mut().take_changes() {
            // What belongs to nobody any more went with its owner's records.
            let Some(owner) = owners.of(change.context, change.owner) else { continue };
            let mirrored = log.mirror(owner, &object_key(change.handle), change.record);
            mirrored.inspect_err(|_| self.stale = true)?;
        }
        Ok(())
    }

    /// The command succeeded and is committed: what was to go goes.
    pub(crate) fn settle(&mut self) {
        for pending in core::mem::take(&mut self.pending) {
            match pending {
                Pending::Unload(package) => {
                    self.machine.unload(package);
                }
                Pending::Remove(applet) => self.machine.remove_applet(applet),
                Pending::Loaded(_) | Pending::Installed(_) => continue,
            }
            // Their records are gone already.
            self.machine.heap_mut().take_changes();
        }
    }

    /// The command failed, and the log has been rolled back: the machine follows.
    pub(crate) fn take_back(&mut self, log: &WriteLog) {
        if self.machine.heap().has_changes() {
            let owners = self.owners();
            let record =
                |handle, context, applet| log.get(owners.of(context, applet)?, &object_key(handle));
            if self.machine.heap_mut().take_back(record).is_err() {
                self.stale = true;
            }
        }
        for pending in core::mem::take(&mut self.pending).into_iter().rev() {
            match pending {
                Pending::Loaded(package) => {
                    self.machine.unload(package);
                }
                Pending::Installed(applet) => self.machine.forget_applet(applet),
                Pending::Unload(_) | Pending::Remove(_) => continue,
            }
            self.machine.heap_mut().take_changes();
        }
    }

    /// The machine must be made anew from its records.
    pub(crate) const fn outdate(&mut self) {
        self.stale = true;
    }

    /// Whether the machine must be made anew from its records.
    pub(crate) const fn is_stale(&self) -> bool {
        self.stale
    }

    /// Writes a package: its bytes, and what it is in the machine.
    pub(super) fn put_package(
        &self,
        log: &mut WriteLog,
        id: PackageId,
        code: &[u8],
    ) -> Result<(), StatusWord> {
        let package = self.machine.code().package(id).ok_or(StatusWord::UNKNOWN)?;
        let owner = Owner::LoadFile(package.aid);
        for (number, piece) in (0_u8..).zip(code.chunks(CODE_PIECE)) {
            log.put(owner, &[CODE, number], piece.to_vec())?;
        }
        let record = PackageRecord {
            id: id.0,
            statics: package.statics.handle(),
            verified: package.verified,
        };
        save_of(log, owner, PACKAGE, &record)
    }

    /// Brings packages, applets and objects back from their records.
    pub(crate) fn restore(
        &mut self,
        log: &WriteLog,
        registry: &Registry,
    ) -> Result<(), ImageError> {
        let damaged = ImageError::Corrupt;
        self.restore_packages(log)?;
        for application in registry.applications() {
            let owner = Owner::Instance(application.aid);
            let Some(bytes) = log.get(owner, APPLET) else { continue };
            let record: InstanceRecord =
                postcard::from_bytes(bytes).map_err(|_| damaged("an instance"))?;
            let (aid, package) = (application.aid, PackageId(record.package));
            let id = AppletId(record.id);
            let taken = self.machine.applets().any(|(known, _)| known == id);
            if self.machine.code().package(package).is_none() || taken || id == AppletId::NONE {
                return Err(damaged("an instance without a place"));
            }
            let instance = Reference::to_handle(record.instance);
            let known = AppletRecord { aid, package, instance };
            self.machine.restore_applet(id, known);
        }
        for owner in log.owners() {
            for key in log.keys_with_prefix(owner, &[OBJECT]) {
                let [OBJECT, high, middle, low] = *key else { continue };
                let handle = u32::from_be_bytes([0, high, middle, low]);
                let record = log.get(owner, &key).unwrap_or_default();
                let restored = self.machine.heap_mut().restore(handle, record);
                restored.map_err(|_| damaged("an object"))?;
            }
        }
        self.start()
    }

    /// Those that others import come first, whatever the order of the records.
    fn restore_packages(&mut self, log: &WriteLog) -> Result<(), ImageError> {
        let mut waiting: Vec<(PackageRecord, Arc<CapFile>)> = Vec::new();
        for owner in log.owners() {
            let Some(bytes) = log.get(owner, PACKAGE) else { continue };
            let damaged = |_| ImageError::Corrupt("a package");
            let record = postcard::from_bytes(bytes).map_err(damaged)?;
            let mut code = Vec::new();
            for key in log.keys_with_prefix(owner, &[CODE]) {
                code.extend_from_slice(log.get(owner, &key).unwrap_or_default());
            }
            let cap = CapFile::parse(&code).map_err(|_| ImageError::Corrupt("a load file"))?;
            if owner != Owner::LoadFile(cap.header.aid) {
                return Err(ImageError::Corrupt("a load file of another name"));
            }
            waiting.push((record, Arc::new(cap)));
        }
        let mut places: Vec<_> =
            waiting.iter().filter_map(|(record, _)| PackageId(record.id).slot()).collect();
        places.sort_unstable();
        places.dedup();
        if places.len() < waiting.len() {
            return Err(ImageError::Corrupt("packages without a place"));
        }
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|(record, cap)| self.restore_package(record, cap).is_err());
            if waiting.len() == before {
                return Err(ImageError::Corrupt("a package that does not link any more"));
            }
        }
        Ok(())
    }

    fn restore_package(
        &mut self,
        record: &PackageRecord,
        cap: &Arc<CapFile>,
    ) -> Result<(), jcvm::LinkError> {
        let id = PackageId(record.id);
        let statics = Reference::to_handle(record.statics);
        let verify = self.verify && !record.verified;
        self.machine.restore_package(id, Arc::clone(cap), verify, statics)?;
        if record.verified {
            self.machine.trust(id);
        }
        Ok(())
    }
}

/// Writes what an instance is in the machine, within the memory that is left for it, in bytes.
pub(super) fn put_instance(
    log: &mut WriteLog,
    left: usize,
    id: AppletId,
    record: &AppletRecord,
) -> Result<(), StatusWord> {
    let (package, instance) = (record.package.0, record.instance.handle());
    let written = InstanceRecord { id: id.0, package, instance };
    let bytes = postcard::to_allocvec(&written).map_err(|_| StatusWord::MEMORY_FAILURE)?;
    if APPLET.len() + bytes.len() + RECORD_OVERHEAD > left {
        return Err(StatusWord::NO_MEMORY);
    }
    Ok(log.put(Owner::Instance(record.aid), APPLET, bytes)?)
}

/// Whether an instance is one of the machine's, by its records.
pub(crate) fn is_vm_instance(log: &WriteLog, instance: Aid) -> bool {
    log.get(Owner::Instance(instance), APPLET).is_some()
}
