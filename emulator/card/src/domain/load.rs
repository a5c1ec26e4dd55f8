//! LOAD [GPCS 2.3.1 §9.3.5, §11.6].

use globalplatform::command::{self, LoadFile};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{NO_CONFIRMATION, refused};
use crate::{applet::ExecutableModule, card::Card, channel::Load, nvm::Owner};

/// Most blocks of a load file: the block number is one byte [GPCS 2.3.1 §11.6.2.2].
const BLOCKS_MAX: usize = 256;
/// Record in which a load file is kept.
const IMAGE: &[u8] = b"image";

/// What the card does with a load file that was received in full.
///
/// This is the place that an engine for load files takes: it will check, link and keep them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadPolicy {
    /// No load file is accepted.
    Refuse,
    /// A load file is accepted when a package of its AID is masked into ROM. Its bytes are kept and take up memory, **but what runs
    /// is the package in ROM**: token managers load the applet they expect before they install it, and find it there.
    #[default]
    RomStandsIn,
}

impl LoadPolicy {
    /// Whether a load file with these data may enter the registry.
    fn admit(
        self,
        load_file: Aid,
        modules: &[Box<dyn ExecutableModule>],
    ) -> Result<(), StatusWord> {
        let in_rom = modules.iter().any(|module| module.load_file() == load_file);
        match self {
            Self::RomStandsIn if in_rom => Ok(()),
            _ => Err(StatusWord::WRONG_DATA),
        }
    }
}

impl Card {
    /// Sets what is done with load files. Not kept in the image.
    pub const fn set_load_policy(&mut self, policy: LoadPolicy) {
        self.load_policy = policy;
    }

    pub(super) fn load(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        // An error ends the load: it is put back only when the block was taken.
        let load = self.channel(channel)?.load.take();
        let mut load = load.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        let block = command::Load::parse(command).map_err(refused)?;
        if usize::from(block.block) != load.next_block || load.next_block >= BLOCKS_MAX {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        load.next_block += 1;
        load.bytes.extend_from_slice(&block.data);
        if load.bytes.len() > self.log.free() {
            return Err(StatusWord::NO_MEMORY);
        }
        if block.last {
            self.finish_load(load)?;
        } else {
            self.channel(channel)?.load = Some(load);
        }
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn finish_load(&mut self, load: Load) -> Result<(), StatusWord> {
        check_structure(&load.bytes)?;
        self.load_policy.admit(load.aid, &self.modules)?;
        Ok(self.log.put(Owner::LoadFile(load.aid), IMAGE, load.bytes)?)
    }
}

/// Signatures of security domains, then one data block in clear: no domain of this card deciphers any [GPCS 2.3.1 §11.6.2.3].
fn check_structure(bytes: &[u8]) -> Result<(), StatusWord> {
    let file = LoadFile::parse(bytes).map_err(refused)?;
    if file.ciphered || file.icv.is_some() || file.data_block.is_empty() {
        return Err(StatusWord::WRONG_DATA);
    }
    Ok(())
}
