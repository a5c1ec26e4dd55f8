//! The stage: readers and a server, in a folder of their own, until the curtain falls.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{
    CardImage, Client, EmulatorProcess, Lifetime, Module, OpenSsl, PrivatePcscd, ServerProcess,
    Slot, StageError, Token, server::ServerOptions,
};

/// What stands on a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageOptions {
    /// Readers of two slots each; 0: no pcscd, cards listen on TCP.
    pub readers: usize,
    /// The server.
    pub server: ServerOptions,
    /// Until when it all runs.
    pub lifetime: Lifetime,
}

/// A running server, and readers if wanted. Dropped, everything on it stops, unless it is to last.
#[derive(Debug)]
pub struct Stage {
    server: ServerProcess,
    pcscd: Option<PrivatePcscd>,
    lifetime: Lifetime,
    folder: PathBuf,
    /// Last, for it removes the folder.
    _guard: Option<TempDir>,
}

impl Default for StageOptions {
    fn default() -> Self {
        Self { readers: 1, server: ServerOptions::default(), lifetime: Lifetime::OfStage }
    }
}

impl Stage {
    /// Starts everything.
    ///
    /// # Errors
    /// When something is not there or not ready in time; what was started is stopped.
    pub fn start(options: StageOptions) -> Result<Self, StageError> {
        let StageOptions { readers, server, lifetime } = options;
        let guard = tempfile::Builder::new()
            .prefix("cardinal-")
            .tempdir()
            .map_err(StageError::io("a folder for the stage"))?;
        let (folder, guard) = match lifetime {
            Lifetime::OfStage => (guard.path().to_owned(), Some(guard)),
            Lifetime::Detached => (guard.keep(), None),
        };
        let pcscd = match readers {
            0 => None,
            count => Some(PrivatePcscd::start(&folder, count, lifetime)?),
        };
        let server = ServerProcess::start(&folder.join("server"), server, lifetime)?;
        Ok(Self { server, pcscd, lifetime, folder, _guard: guard })
    }

    /// The folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server.
    pub fn server(&mut self) -> &mut ServerProcess {
        &mut self.server
    }

    /// The readers.
    ///
    /// # Errors
    /// When the stage has none.
    pub fn pcscd(&self) -> Result<&PrivatePcscd, StageError> {
        self.pcscd.as_ref().ok_or_else(|| StageError::failed("this stage has no readers"))
    }

    /// Process numbers of the server and pcscd.
    pub fn process_numbers(&mut self) -> Vec<u32> {
        let mut numbers = vec![self.server.process().pid()];
        numbers.extend(self.pcscd.as_mut().map(|pcscd| pcscd.process().pid()));
        numbers
    }

    /// A slot by its number.
    ///
    /// # Errors
    /// When there is none.
    pub fn slot(&self, number: usize) -> Result<&Slot, StageError> {
        self.pcscd()?.slot(number)
    }

    /// Makes a blank card; `options` are those of `cardinal-emulator new`.
    ///
    /// # Errors
    /// As [`CardImage::make`].
    pub fn card(&self, name: &str, options: &[&str]) -> Result<CardImage, StageError> {
        CardImage::make(&self.folder.join(format!("{name}.img")), options)
    }

    /// Puts a card into a slot.
    ///
    /// # Errors
    /// As [`EmulatorProcess::insert`].
    pub fn insert(&self, slot: usize, card: &CardImage) -> Result<EmulatorProcess, StageError> {
        EmulatorProcess::insert(self.pcscd()?, self.slot(slot)?, card, self.lifetime)
    }

    /// Puts a card behind a TCP port.
    ///
    /// # Errors
    /// As [`EmulatorProcess::listen`].
    pub fn listen(&self, card: &CardImage) -> Result<EmulatorProcess, StageError> {
        EmulatorProcess::listen(card, self.lifetime)
    }

    /// The client, with the readers of this stage and the server's authority.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = self.server.client();
        match &self.pcscd {
            Some(pcscd) => client.with_readers_of(pcscd),
            None => client,
        }
    }

    /// The token in a slot, through a PKCS#11 module.
    ///
    /// # Errors
    /// When there is no such slot.
    pub fn token(&self, module: Module, slot: usize) -> Result<Token, StageError> {
        Ok(Token::new(module, self.pcscd()?, &self.slot(slot)?.reader, &self.folder))
    }

    /// Openssl, with files in this stage's folder.
    #[must_use]
    pub fn openssl(&self) -> OpenSsl {
        OpenSsl::new(&self.folder)
    }
}
