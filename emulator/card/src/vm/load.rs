//! Loading and unloading packages [GPCS 2.3.1 §9.3.5, JCRE 3.0.5 §11].

use std::sync::Arc;

use capfile::CapFile;
use faults::Fault;
use iso7816::{Aid, StatusWord};
use jcvm::LinkError;

use super::{Failure, JavaCard, Pending};
use crate::nvm::{Owner, WriteLog};

impl JavaCard {
    /// Loads a package: parses the load file, links and verifies it, makes its static fields, writes its records.
    ///
    /// # Errors
    /// 6A80 when the file is malformed or does not link, 6A84 when there is no room, 6985 when the package is there; what was done
    /// goes with [`JavaCard::take_back`].
    pub(crate) fn load(
        &mut self,
        log: &mut WriteLog,
        aid: Aid,
        file: &[u8],
    ) -> Result<(), StatusWord> {
        let cap = self.parse(file)?;
        let found = cap.header.aid;
        if found != aid && !faults::active(Fault::PackageNameNotChecked) {
            return Err(self.refuse(Failure::OtherPackage { named: aid, found }));
        }
        self.check_imports(&cap)?;
        // The file and its record come on top of what the machine makes.
        let heap = self.machine.heap_mut();
        heap.set_persistent_free(log.free().saturating_sub(file.len()));
        let stores = heap.writes();
        let loaded = self.machine.load(Arc::new(cap), self.verify);
        let id = loaded.map_err(|error| self.refuse(Failure::Link(error)))?;
        self.pending.push(Pending::Loaded(id));
        log.count_stores(Owner::LoadFile(aid), self.machine.heap().writes() - stores);
        self.put_package(log, id, file)
    }

    /// Refuses a file that was made for a later Java Card than this one.
    fn check_imports(&mut self, cap: &CapFile) -> Result<(), StatusWord> {
        for import in &cap.import.packages {
            let wanted = (import.version.major, import.version.minor);
            if let Some(last) = self.level.last_minor(import.aid.as_bytes())
                && wanted.1 > last
            {
                let (aid, present) = (import.aid, (wanted.0, last));
                let error = LinkError::PackageVersion { aid, name: None, wanted, present };
                return Err(self.refuse(Failure::Link(error)));
            }
        }
        Ok(())
    }

    fn parse(&mut self, file: &[u8]) -> Result<CapFile, StatusWord> {
        CapFile::parse(file).map_err(|error| self.refuse(Failure::Malformed(error)))
    }

    /// The AID of the package in a load file.
    ///
    /// # Errors
    /// 6A80 when it is malformed.
    pub(crate) fn package_aid(&mut self, file: &[u8]) -> Result<Aid, StatusWord> {
        self.parse(file).map(|cap| cap.header.aid)
    }

    /// Notes and tells why, and says so in a status word.
    pub(super) fn refuse(&mut self, failure: Failure) -> StatusWord {
        tracing::warn!("{failure}");
        let status = match &failure {
            Failure::Link(LinkError::AlreadyLoaded(_)) | Failure::OtherInstance(_) => {
                StatusWord::CONDITIONS_OF_USE
            }
            Failure::Link(LinkError::TooManyPackages | LinkError::NoMemory) => {
                StatusWord::NO_MEMORY
            }
            _ => StatusWord::WRONG_DATA,
        };
        self.failure = Some(failure);
        status
    }

    /// Whether a package may be deleted: no other package imports it, and apart from what goes with it nothing refers to its objects
    /// [JCRE 3.0.5 §11.3.4.2].
    pub(crate) fn may_unload(&self, aid: Aid) -> bool {
        self.package(aid)
            .is_none_or(|id| !self.machine.is_imported(id) && !self.machine.is_referenced(id, None))
    }

    /// The package goes when the command has succeeded.
    pub(crate) fn unload(&mut self, aid: Aid) {
        if let Some(id) = self.package(aid) {
            self.pending.push(Pending::Unload(id));
        }
    }
}
