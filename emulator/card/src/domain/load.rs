//! LOAD [GPCS 2.3.1 §9.3.5, §11.6].

use faults::Fault;
use globalplatform::command;
use iso7816::{Command, Response, StatusWord};
use serde::{Deserialize, Serialize};

use super::{NO_CONFIRMATION, Receiver, authorization::Done, refused};
use crate::{card::Card, channel::Load, nvm::Owner, state::LoadFileEntry};

/// Most blocks of a load file: the block number is one byte [GPCS 2.3.1 §11.6.2.2].
const BLOCKS_MAX: usize = 256;
/// Record in which a load file is kept that is never run.
const IMAGE: &[u8] = b"image";

/// What the card does with a load file that was received in full.
///
/// Instances of a package in ROM stay what they are: INSTALL [for load] is refused while there are any, so that nothing changes its
/// engine under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LoadPolicy {
    /// The load file is linked, verified and run in the virtual machine. If a package of the same AID is masked into ROM, the loaded
    /// one takes its place as long as it is there: INSTALL makes instances of the loaded one, and after its deletion of the one in ROM
    /// again.
    #[default]
    Load,
    /// As `Load`, except for a load file whose package is masked into ROM: its bytes are kept and take up memory, **but what runs is
    /// the package in ROM**, and nobody looks at the bytes.
    RomStandsIn,
    /// No load file is accepted.
    Refuse,
}

impl Card {
    /// Sets what is done with load files from now on; the next time the card is opened, its profile's policy holds again.
    pub const fn set_load_policy(&mut self, policy: LoadPolicy) {
        self.load_policy = policy;
    }

    pub(super) fn obey_load(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        // An error ends the load: it is put back only when the block was taken.
        let load = self.channel(receiver.channel)?.load.take();
        if load.is_none() && faults::active(Fault::LoadWithoutInstall) {
            return Ok(Response::ok(vec![NO_CONFIRMATION]));
        }
        let mut load = load.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        let block = command::Load::parse(command).map_err(refused)?;
        let other = usize::from(block.block) != load.next_block;
        if other && !faults::active(Fault::LoadBlockNotChecked) || load.next_block >= BLOCKS_MAX {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        load.next_block += 1;
        load.bytes.extend_from_slice(&block.data);
        if load.bytes.len() > self.log.free() {
            return Err(StatusWord::NO_MEMORY);
        }
        if block.last {
            return self.end_load(receiver, load);
        }
        if faults::active(Fault::AbortedLoadKeepsMemory) {
            self.log.put(Owner::LoadFile(load.aid), IMAGE, load.bytes.clone())?;
        }
        self.channel(receiver.channel)?.load = Some(load);
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn end_load(&mut self, receiver: Receiver, load: Load) -> Result<Response, StatusWord> {
        if faults::active(Fault::AbortedLoadKeepsMemory) {
            self.log.delete_owner(Owner::LoadFile(load.aid))?;
        }
        if load.combined.is_some() {
            // The load file is made, and all confirmed, with the command that ends the process.
            self.verified_code(&load)?;
            self.channel(receiver.channel)?.loaded = Some(load);
            return Ok(Response::ok(vec![NO_CONFIRMATION]));
        }
        let (load_file, domain, authority) = (load.aid, load.domain, load.authority.clone());
        self.finish_load(load)?;
        self.confirm(authority, Done::Loaded { load_file, domain }, &[])
    }

    /// Makes the load file of what has come.
    pub(super) fn finish_load(&mut self, load: Load) -> Result<(), StatusWord> {
        let code = self.verified_code(&load)?;
        if self.is_loaded(load.aid) && faults::active(Fault::DuplicateLoadFileAccepted) {
            return Ok(());
        }
        let in_rom = self.is_in_rom(load.aid);
        match self.load_policy {
            LoadPolicy::Refuse => return Err(StatusWord::WRONG_DATA),
            LoadPolicy::RomStandsIn if in_rom => {
                self.log.put(Owner::LoadFile(load.aid), IMAGE, load.bytes)?;
            }
            _ => self.java.load(&mut self.log, load.aid, &code)?,
        }
        let entry = LoadFileEntry { aid: load.aid, domain: load.domain };
        self.registry.put_load_file(&mut self.log, entry)
    }
}
