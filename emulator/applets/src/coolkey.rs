//! The CoolKey token applet: PINs, objects with access control lists, RSA keys, enrolment by a TPS.
//!
//! [`CoolKeyModule`] is what a card carries in its ROM. An instance keeps one record for each object, key slot and PIN and for its
//! settings; logins, the nonce, the I/O buffer and the iterators are volatile. Commands are those of [`coolkey`], typed before
//! they are acted on; where builds of the applet differ, the rows of [`Build`] say so.
//!
//! Two things differ from the applet in Java on purpose: a command that fails changes nothing (the Java applet leaves what it had
//! written), except the try counter of a PIN and the erasure of a key blob, which stay; and a wrong PIN is answered at once.

mod build;
mod call;
mod compute_crypt;
mod enrollment;
mod heap;
mod import;
mod io_buffer;
mod key_unwrap;
mod logins;
mod object_store;
mod objects;
mod pins;
mod queries;
mod rsa_key;
mod secure_channel;
mod settings;
mod slots;

use ::coolkey::{APPLET_AID, PACKAGE_AID, command::Direction};
use card::{Applet, ExecutableModule, Host};
use faults::Fault;
use iso7816::{Aid, Command, Response, StatusWord};

pub use self::build::{Build, Platform};
use self::{io_buffer::IoBuffer, logins::Logins, settings::Settings};

/// The module that INSTALL makes CoolKey instances of.
#[derive(Clone, Copy, Debug)]
pub struct CoolKeyModule {
    build: &'static Build,
}

impl CoolKeyModule {
    /// The module of this build.
    #[must_use]
    pub const fn new(build: &'static Build) -> Self {
        Self { build }
    }
}

impl Default for CoolKeyModule {
    /// Build 1.4.58768072, which TPS asks for if nobody tells it otherwise.
    fn default() -> Self {
        Self::new(Build::DEFAULT)
    }
}

impl ExecutableModule for CoolKeyModule {
    fn load_file(&self) -> Aid {
        PACKAGE_AID
    }

    fn module(&self) -> Aid {
        APPLET_AID
    }

    fn version(&self) -> [u8; 2] {
        self.build.version.version
    }

    fn install(
        &self,
        host: &mut Host<'_>,
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord> {
        let parameters = settings::InstallParameters::parse(parameters);
        settings::store_issuer_info(host.nvm(), &parameters.issuer_info)?;
        Settings::new(&parameters).store(host.nvm())?;
        Ok(Box::new(CoolKey::new(self.build)))
    }

    fn restore(&self, host: &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord> {
        Settings::load(host.records())?;
        Ok(Box::new(CoolKey::new(self.build)))
    }
}

/// What an instance forgets.
struct Volatile {
    /// Until reset: who is logged in.
    logins: Logins,
    /// Until deselection: the buffer that commands share.
    io_buffer: IoBuffer,
    /// Until deselection: what INIT of COMPUTE CRYPT chose for a key slot.
    directions: [Option<Direction>; slots::SLOT_COUNT],
    /// Key slot at which LIST KEYS goes on.
    next_key: u8,
    /// Object after which LIST OBJECTS goes on, by its place in the list; `None` at the end.
    last_object: Option<u32>,
}

impl Volatile {
    fn new(build: &Build) -> Self {
        Self {
            logins: Logins::default(),
            io_buffer: IoBuffer::new(build.io_buffer_size),
            directions: [None; slots::SLOT_COUNT],
            next_key: 0,
            last_object: None,
        }
    }
}

/// An instance.
struct CoolKey {
    build: &'static Build,
    volatile: Volatile,
}

impl CoolKey {
    fn new(build: &'static Build) -> Self {
        Self { build, volatile: Volatile::new(build) }
    }
}

impl Applet for CoolKey {
    fn reset(&mut self) {
        let before = core::mem::replace(&mut self.volatile, Volatile::new(self.build));
        if faults::active(Fault::CoolkeyLoginSurvivesReset) {
            self.volatile.logins = before.logins;
        }
    }

    /// Always succeeds, without data.
    fn select(&mut self, _host: &mut Host<'_>, _command: &Command) -> Result<Vec<u8>, StatusWord> {
        Ok(Vec::new())
    }

    /// Logins survive: hosts select other applications in between.
    fn deselect(&mut self, _host: &mut Host<'_>) {
        self.volatile.io_buffer.clear();
        self.volatile.directions = [None; slots::SLOT_COUNT];
    }

    fn process(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord> {
        secure_channel::answer(self, host, command)
    }

    fn uninstall(&mut self, _host: &mut Host<'_>) {}
}
