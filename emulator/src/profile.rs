//! Card profiles: those that are shipped, those in files, and those that are read from a card in a reader.

mod content;
mod from_reader;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use card::CardProfile;

pub use content::put_on;
pub use from_reader::{Reading, read};

/// A profile that is a part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name: what it resembles.
    pub name: &'static str,
    /// The profile, as TOML.
    pub text: &'static str,
}

/// One table: name and file.
macro_rules! shipped {
    ($($name:literal,)*) => {
        /// The profiles that are a part of the program.
        pub const SHIPPED: &[Shipped] = &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../profiles/", $name, ".toml")),
        },)*];
    };
}

shipped! {
    "coolkey-token",
    "jc222-gp211-scp01",
    "jc222-gp211-scp02",
    "jc301-gp221-scp02",
    "jc304-gp221-contactless",
    "jc305-gp231-scp03",
    "jc310-gp231-scp03-s16",
    "tiny",
    "uicc",
}

impl Shipped {
    /// The profile of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        SHIPPED.iter().find(|shipped| shipped.name == name).copied()
    }

    /// The profile.
    ///
    /// # Errors
    /// None for the profiles that are shipped.
    pub fn profile(self) -> anyhow::Result<CardProfile> {
        parse(self.text, self.name)
    }
}

/// A profile, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The profile.
    pub profile: CardProfile,
    /// Where the paths of its load files begin; none for a profile that is shipped.
    pub folder: Option<PathBuf>,
}

impl Source {
    /// The profile that is shipped under a name, or else the one in a file.
    ///
    /// # Errors
    /// When there is neither, or the file holds no profile.
    pub fn open(name: &str) -> anyhow::Result<Self> {
        if let Some(shipped) = Shipped::find(name) {
            return Ok(Self { profile: shipped.profile()?, folder: None });
        }
        let path = Path::new(name);
        let text = fs::read_to_string(path).with_context(|| {
            format!("there is no profile {name} (`profile list` shows those by name), and no file")
        })?;
        let folder = path.parent().map(Path::to_owned);
        Ok(Self { profile: parse(&text, name)?, folder })
    }
}

/// Reads a profile. Its errors never show what a line holds, for that may be a key.
///
/// # Errors
/// When it is no TOML, has a field that no profile has, or describes no card; with the line where that is known, the field, and what is
/// allowed in it.
pub fn parse(text: &str, name: &str) -> anyhow::Result<CardProfile> {
    let profile: CardProfile = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        anyhow::anyhow!(
            "profile {name}, line {line}: {} (`profile show coolkey-token` shows a good one)",
            error.message()
        )
    })?;
    profile.check().with_context(|| format!("profile {name}: no card can be made like this"))?;
    Ok(profile)
}
