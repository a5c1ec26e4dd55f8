//! What is on a card when it is issued: load files and applications of its profile.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use capfile::container;
use card::{Card, CardProfile, InitialApplication};
use globalplatform::data::Privileges;
use iso7816::{Aid, StatusWord};

/// Largest CAP file that is read, in bytes: more than any card holds.
const FILE_LENGTH_MAX: u64 = 32 * 1024 * 1024;

/// Loads the profile's load files and installs its applications. Paths are relative to `folder`.
///
/// # Errors
/// When a file cannot be read or is no load file, or the card refuses it or an application.
pub fn put_on(card: &mut Card, profile: &CardProfile, folder: Option<&Path>) -> anyhow::Result<()> {
    for file in &profile.load_files {
        let path = folder.unwrap_or(Path::new("")).join(&file.path);
        load(card, &path).with_context(|| format!("load_files: {}", path.display()))?;
    }
    for application in &profile.applications {
        install(card, application, profile.default_applet)
            .with_context(|| format!("applications: {}", application.aid))?;
    }
    Ok(())
}

fn load(card: &mut Card, path: &Path) -> anyhow::Result<()> {
    let length = fs::metadata(path)?.len();
    if length > FILE_LENGTH_MAX {
        bail!("{length} bytes are more than a card holds");
    }
    let file = container::load_file(&fs::read(path)?)?;
    card.load(&file).map(|_| ()).map_err(|status| refusal(card, "LOAD", status))
}

fn install(
    card: &mut Card,
    application: &InitialApplication,
    default: Option<Aid>,
) -> anyhow::Result<()> {
    let mut privileges = Privileges::parse(&application.privilege_bytes())?;
    if default == Some(application.aid) {
        privileges |= Privileges::CARD_RESET;
    }
    let InitialApplication { module, aid, parameters, key_sets, .. } = application;
    card.install_with(*module, *aid, privileges, parameters)
        .map_err(|status| refusal(card, "INSTALL", status))?;
    key_sets.iter().try_for_each(|set| {
        let put = card.put_key_set(*aid, set);
        put.map_err(|status| refusal(card, "PUT KEY", status))
    })
}

fn refusal(card: &Card, command: &str, status: StatusWord) -> anyhow::Error {
    match card.failure() {
        Some(failure) => anyhow::anyhow!("{command} was answered {status}: {failure}"),
        None => anyhow::anyhow!("{command} was answered {status}"),
    }
}
