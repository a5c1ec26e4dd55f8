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
}
