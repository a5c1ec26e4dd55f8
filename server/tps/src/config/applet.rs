//! The applet's names and its load file.

use iso7816::aid::Aid;

use super::{AppletConfig, ConfigError};

/// Largest load file, in bytes: 256 blocks of LOAD with what the smallest block leaves.
pub const LOAD_FILE_LENGTH_MAX: usize = 48 * 1024;

/// A load file that can be put on cards.
#[derive(Clone, Debug)]
pub struct AppletFile {
    /// Version as TPS states it: `<major>.<minor>.<build>`, the build in lower-case hexadecimal.
    pub version: String,
    /// The load file data block [GPCS 2.3.1 §11.6.2.3].
    pub bytes: Vec<u8>,
}

/// The applet's names as AIDs.
#[derive(Clone, Debug)]
pub struct AppletNames {
    /// Accepted card managers.
    pub card_managers: Vec<Aid>,
    /// The instance, also the class.
    pub instance: Aid,
    /// The package.
    pub package: Aid,
}

impl AppletConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.names()?;
        if self.directory.is_some() != self.required_version.is_some() {
            return Err(ConfigError::at("applet", "directory and required_version go together"));
        }
        match &self.file {
            Some(file) if file.bytes.is_empty() => {
                Err(ConfigError::at("applet.directory", "the load file is empty"))
            }
            Some(file) if file.bytes.len() > LOAD_FILE_LENGTH_MAX => {
                Err(ConfigError::at("applet.directory", "the load file is too large"))
            }
            _ => Ok(()),
        }
    }

    /// The configured names, decoded.
    ///
    /// # Errors
    /// [`ConfigError`] where a text is not the hexadecimal form of an AID.
    pub fn names(&self) -> Result<AppletNames, ConfigError> {
        let card_managers = self
            .card_managers
            .iter()
            .map(|text| aid("applet.card_managers", text))
            .collect::<Result<Vec<_>, _>>()?;
        if card_managers.is_empty() {
            return Err(ConfigError::at("applet.card_managers", "empty"));
        }
        Ok(AppletNames {
            card_managers,
            instance: aid("applet.instance", &self.instance)?,
            package: aid("applet.package", &self.package)?,
        })
    }
}

fn aid(path: &str, text: &str) -> Result<Aid, ConfigError> {
    let digits: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            core::str::from_utf8(pair)
                .ok()
                .filter(|pair| pair.len() == 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect();
    digits
        .and_then(|bytes| Aid::new(&bytes).ok())
        .ok_or_else(|| ConfigError::at(path, "not 5 to 16 bytes in hexadecimal"))
}
