//! What is on a card when it is issued.

use iso7816::Aid;
use serde::{Deserialize, Serialize};

use super::{InitialKeySet, ProfileError, keys};
use crate::encoding;

/// Security Domain privilege, in the first byte [GPCS 2.3.1 §11.1.2].
const SECURITY_DOMAIN: u8 = 0x80;
/// Most load files and most applications of a profile.
const CONTENT_MAX: usize = 32;
/// Longest install parameters, in bytes: those of one INSTALL command.
const PARAMETERS_MAX: usize = 255;

/// A load file that is there before the card is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialLoadFile {
    /// Where the CAP or IJC file is, relative to the profile.
    pub path: String,
}

/// An application that is there before the card is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialApplication {
    /// AID of the applet in its load file, or of one in ROM; hex.
    #[serde(with = "encoding::aid")]
    pub module: Aid,
    /// AID of the instance, hex.
    #[serde(with = "encoding::aid")]
    pub aid: Aid,
    /// Privileges, 1 or 3 bytes, hex; none when empty [GPCS 2.3.1 §11.1.2].
    #[serde(default, with = "encoding::bytes")]
    pub privileges: Vec<u8>,
    /// Install parameters, the value of tag C9, hex.
    #[serde(default, with = "encoding::bytes")]
    pub parameters: Vec<u8>,
    /// Key sets of a supplementary security domain, whose module is `A000000151535041` and whose privileges begin with 80.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_sets: Vec<InitialKeySet>,
}

impl InitialApplication {
    fn check(&self) -> Result<(), ProfileError> {
        let is_domain = self.privileges.first().is_some_and(|first| first & SECURITY_DOMAIN != 0);
        ProfileError::unless(
            is_domain || self.key_sets.is_empty(),
            "applications.key_sets",
            "none, unless the privileges begin with 80 (a security domain)",
        )?;
        keys::check(&self.key_sets)?;
        ProfileError::unless(
            matches!(self.privileges.len(), 0 | 1 | 3),
            "applications.privileges",
            "no byte, 1 or 3 bytes",
        )?;
        ProfileError::unless(
            self.parameters.len() <= PARAMETERS_MAX,
            "applications.parameters",
            "up to 255 bytes",
        )
    }

    /// The privileges in three bytes.
    #[must_use]
    pub fn privilege_bytes(&self) -> [u8; 3] {
        let mut bytes = [0; 3];
        bytes.iter_mut().zip(&self.privileges).for_each(|(to, from)| *to = *from);
        bytes
    }
}

pub(super) fn check(
    load_files: &[InitialLoadFile],
    applications: &[InitialApplication],
    default: Option<Aid>,
) -> Result<(), ProfileError> {
    ProfileError::unless(load_files.len() <= CONTENT_MAX, "load_files", "up to 32")?;
    ProfileError::unless(applications.len() <= CONTENT_MAX, "applications", "up to 32")?;
    for (index, application) in applications.iter().enumerate() {
        application.check()?;
        if applications.iter().skip(index + 1).any(|other| other.aid == application.aid) {
            return Err(ProfileError::AidTwice { field: "applications.aid", aid: application.aid });
        }
    }
    match default {
        Some(aid) if !applications.iter().any(|application| application.aid == aid) => {
            Err(ProfileError::DefaultAppletUnknown(aid))
        }
        _ => Ok(()),
    }
}
