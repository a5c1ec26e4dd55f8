//! LOAD [GPCS 2.3.1 §9.3.5, §11.6].

use iso7816::{Aid, Command, Response, StatusWord, tlv};

use super::{delete::NO_CONFIRMATION, fields::malformed};
use crate::{applet::ExecutableModule, card::Card, channel::Load, nvm::Owner};

const LAST_BLOCK: u8 = 0x80;
/// Most blocks of a load file: the block number is one byte [GPCS 2.3.1 §11.6.2.2].
const BLOCKS_MAX: usize = 256;
/// A DAP block, and the load file data block in clear [GPCS 2.3.1 §11.6.2.3].
const TAG_DAP: u32 = 0xE2;
const TAG_LOAD_FILE_DATA: u32 = 0xC4;
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
        let last = match command.header.p1 {
            0 => false,
            LAST_BLOCK => true,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if usize::from(command.header.p2) != load.next_block || load.next_block >= BLOCKS_MAX {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        load.next_block += 1;
        load.bytes.extend_from_slice(&command.data);
        if load.bytes.len() > self.log.free() {
            return Err(StatusWord::NO_MEMORY);
        }
        if last {
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

/// DAP blocks, then one block of load file data that ends where the load file ends.
fn check_structure(bytes: &[u8]) -> Result<(), StatusWord> {
    let mut objects = tlv::parse(bytes);
    let data = loop {
        let object = objects.next().ok_or(StatusWord::WRONG_DATA)?.map_err(malformed)?;
        match object.tag.0 {
            TAG_DAP => {}
            TAG_LOAD_FILE_DATA => break object.value,
            _ => return Err(StatusWord::WRONG_DATA),
        }
    };
    if data.is_empty() || objects.offset() != bytes.len() {
        return Err(StatusWord::WRONG_DATA);
    }
    Ok(())
}
