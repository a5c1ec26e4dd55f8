//! What the card knows of an applet: five verbs.
//!
//! A Rust applet and an instance in the virtual machine both satisfy [`Applet`]; [`ExecutableModule`] makes instances for
//! INSTALL. At this border the error *is* the status word.

use iso7816::{Aid, Command, Response, StatusWord};

use crate::host::Host;

/// An executable module: what INSTALL [for install] makes an instance of [GPCS 2.3.1 §9.3.6].
pub trait ExecutableModule: Send + Sync {
    /// AID of the load file (package) that holds the module.
    fn load_file(&self) -> Aid;
    /// AID of the module (applet class).
    fn module(&self) -> Aid;
    /// Version of the load file, major then minor.
    fn version(&self) -> [u8; 2];

    /// Makes an instance from the install parameters (the value of tag C9) and writes its first state [JCRE 3.0.5 §3.1].
    ///
    /// # Errors
    /// The status word of the failed INSTALL; what was written is rolled back by the card.
    fn install(
        &self,
        host: &mut Host<'_>,
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord>;

    /// Brings an instance back from its persistent records, when a card image is opened.
    ///
    /// # Errors
    /// A status word when the records are not those of this module.
    fn restore(&self, host: &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord>;
}

/// An installed applet instance. Volatile state lives in the implementor; persistent state only in [`Host::nvm`].
pub trait Applet: Send {
    /// The card was powered on or reset: all volatile state is gone (CLEAR_ON_RESET).
    fn reset(&mut self);

    /// The applet is selected [JCRE 3.0.5 §4.5]. The data of the answer to SELECT is returned.
    ///
    /// # Errors
    /// A status word when the applet refuses, or answers SELECT with something other than 9000.
    fn select(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Vec<u8>, StatusWord>;

    /// The applet is deselected.
    fn deselect(&mut self, host: &mut Host<'_>);

    /// One command, not SELECT by AID. A response carries its own status, so that data may come with a warning.
    ///
    /// # Errors
    /// The status word of a response without data. The card rolls back what the command wrote, unless the applet called
    /// [`Nvm::commit`](crate::nvm::Nvm::commit).
    fn process(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord>;

    /// The instance is deleted; its persistent records go with it.
    fn uninstall(&mut self, host: &mut Host<'_>);

    /// Selection as the card performs it: by [`select`](Self::select), unless the engine knows more. `command` is `None` when the card
    /// selects by itself, at reset or when a channel is opened; `again`: the applet was selected on this channel just before.
    ///
    /// # Errors
    /// The status word when the applet is not selected. A response with an error status comes from one that is.
    fn enter(
        &mut self,
        host: &mut Host<'_>,
        command: Option<&Command>,
        again: bool,
    ) -> Result<Response, StatusWord> {
        let _ = again;
        let implicit = Command::new(0, 0xA4, 4, 0).with_data(host.instance().as_bytes());
        match self.select(host, command.unwrap_or(&implicit)) {
            Err(StatusWord::APPLET_SELECT_FAILED) => Err(StatusWord::APPLET_SELECT_FAILED),
            Err(status) => Ok(Response::status(status)),
            Ok(data) => Ok(Response::ok(data)),
        }
    }

    /// Deselection as the card performs it; `again`: the applet is going to be selected again.
    fn leave(&mut self, host: &mut Host<'_>, again: bool) {
        let _ = again;
        self.deselect(host);
    }

    /// Whether the applet takes STORE DATA from its security domain [GPCS 2.3.1 §7.3.3].
    fn is_personalizable(&self, host: &mut Host<'_>) -> bool {
        let _ = host;
        false
    }

    /// STORE DATA that the security domain passes on, taken out of its secure channel [GPCS 2.3.1 §11.11].
    ///
    /// # Errors
    /// A status word when the applet refuses.
    fn store_data(
        &mut self,
        host: &mut Host<'_>,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let _ = (host, command);
        Err(StatusWord::CONDITIONS_OF_USE)
    }

    /// Whether a SELECT of something that the card does not have is a command to this applet, while it is selected
    /// [JCRE 3.0.5 §4.5].
    fn takes_select(&self) -> bool {
        false
    }
}
