//! Content that a case puts on the card and that is taken off again: load files and applications with test AIDs.

use globalplatform::command::{Load, LoadFile};
use iso7816::{Command, Response};

use super::{SecureChannel, Session};
use crate::{undo::Undo, verdict::Stop};

/// A load file of the suite.
#[derive(Clone, Debug)]
pub struct TestPackage {
    /// AID of the load file.
    pub aid: Vec<u8>,
    /// The load file data block: the components of the CAP file, without tag.
    pub data_block: Vec<u8>,
}

/// An application to install from a load file.
#[derive(Clone, Debug)]
pub struct Installation<'a> {
    /// AID of the load file.
    pub package: &'a [u8],
    /// AID of the module.
    pub module: &'a [u8],
    /// AID of the application.
    pub instance: &'a [u8],
    /// Privileges, one or three bytes.
    pub privileges: &'a [u8],
    /// Install parameters field: `C9` and whatever else.
    pub parameters: &'a [u8],
}

/// One length byte and the value; the harness' own values are short.
pub(crate) fn lv(value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    [&[length], value].concat()
}

impl Installation<'_> {
    /// INSTALL with this P1: `04` for install, `08` for make selectable, `0C` for both [GPCS 2.3.1 §11.5.2.3.2].
    #[must_use]
    pub fn command(&self, p1: u8) -> Command {
        let data =
            [self.package, self.module, self.instance, self.privileges, self.parameters, &[]]
                .map(lv)
                .concat();
        Command::new(0x80, 0xE6, p1, 0x00).with_data(data).with_expected(256)
    }
}

impl TestPackage {
    /// INSTALL [for load] into the domain whose channel is open [GPCS 2.3.1 §11.5.2.3.1].
    #[must_use]
    pub fn install_for_load(&self) -> Command {
        let data = [self.aid.as_slice(), &[], &[], &[], &[]].map(lv).concat();
        Command::new(0x80, 0xE6, 0x02, 0x00).with_data(data).with_expected(256)
    }

    /// LOAD commands for blocks of this many bytes [GPCS 2.3.1 §11.6].
    ///
    /// # Errors
    /// `Harness`, when it takes more than 256 blocks.
    pub fn load_commands(&self, block: usize) -> Result<Vec<Command>, Stop> {
        let file = LoadFile::plain(self.data_block.clone()).to_bytes();
        Ok(Load::blocks(&file, block)?.iter().map(Load::to_command).collect())
    }
}

impl Session<'_> {
    /// Loads a package; it is deleted when the case is over.
    ///
    /// # Errors
    /// Blocked, when the card refuses.
    pub fn load(&mut self, secure: &mut SecureChannel, package: &TestPackage) -> Result<(), Stop> {
        self.undo(Undo::delete_load_file(&package.aid))?;
        self.must(secure, "INSTALL [for load]", &package.install_for_load())?;
        let block = secure.channel.max_data_length().min(LOAD_BLOCK);
        for command in package.load_commands(block)? {
            self.must(secure, "LOAD", &command)?;
        }
        Ok(())
    }

    /// Installs an application and makes it selectable; it is deleted when the case is over.
    ///
    /// # Errors
    /// Blocked, when the card refuses.
    pub fn install(
        &mut self,
        secure: &mut SecureChannel,
        installation: &Installation<'_>,
    ) -> Result<Response, Stop> {
        self.undo(Undo::delete_application(installation.instance))?;
        self.must(secure, "INSTALL [for install and make selectable]", &installation.command(0x0C))
    }
}

/// Bytes in one LOAD command: what fits every protocol at every level.
const LOAD_BLOCK: usize = 223;
