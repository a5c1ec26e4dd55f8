//! Applet component [JCVM 3.0.5 §6.6].

use iso7816::Aid;

use super::MethodLocation;

/// All applets of the package.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AppletComponent {
    /// In the order of the file.
    pub applets: Vec<Applet>,
}

/// An applet: what INSTALL can make instances of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applet {
    /// AID of the applet class.
    pub aid: Aid,
    /// Its `install([BSB)V`.
    pub install: MethodLocation,
}
