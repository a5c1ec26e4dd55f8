//! Trials: what becomes of a CAP file on a card of its own: load, install, select, each with the reason of a refusal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use capfile::{CapFile, container};
use card::{Card, CardProfile, Failure};
use iso7816::{Aid, Command, Response, StatusWord};
use javacard_api::Ended;
use jcvm::LinkError;
use serde::Serialize;

use crate::{modules, random};

/// Persistent memory of the card of a trial, in bytes.
const MEMORY: u32 = 4 * 1024 * 1024;
/// How deeply packages of a collection may import each other.
const IMPORTS_DEPTH_MAX: usize = 16;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was done.
    Done,
    /// The file is no CAP file, or a damaged one.
    Malformed,
    /// It imports a package that neither the card nor the collection has.
    ImportMissing,
    /// Its package is one of the card's own.
    Present,
    /// It does not link otherwise: a version, class or member that the card does not have, or code that the verifier refuses.
    NotLinked,
    /// The applet said no: `ISOException`, or `select` returned false.
    Refused,
    /// The applet threw another exception.
    Threw,
    /// The machine stopped the applet.
    Stopped,
    /// The card said no.
    CardRefused,
}

/// A step, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// How.
    pub verdict: Verdict,
    /// Status word, in hex.
    pub status: String,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// What became of one applet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppletTrial {
    /// AID of the applet; the instance gets the same.
    pub applet: String,
    /// Install parameters that were given, in hex.
    pub parameters: String,
    /// INSTALL.
    pub install: Step,
    /// SELECT; none when there was nothing to select.
    pub select: Option<Step>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileTrial {
    /// The file.
    pub file: String,
    /// Its size, in bytes.
    pub size: usize,
    /// AID of its package.
    pub package: Option<String>,
    /// Version of its package.
    pub version: Option<String>,
    /// Files of the collection that were loaded before it, because it imports their packages.
    pub with: Vec<String>,
    /// LOAD.
    pub load: Step,
    /// Its applets.
    pub applets: Vec<AppletTrial>,
}

impl FileTrial {
    /// Whether the card, and not the file or the applet, is to blame for anything.
    #[must_use]
    pub fn blames_the_card(&self) -> bool {
        let steps = self
            .applets
            .iter()
            .flat_map(|applet| core::iter::once(&applet.install).chain(applet.select.as_ref()));
        core::iter::once(&self.load).chain(steps).any(|step| {
            matches!(step.verdict, Verdict::NotLinked | Verdict::Stopped | Verdict::CardRefused)
        })
    }
}

/// Files to try, which may import each other's packages, and install parameters by AID of the applet.
#[derive(Debug, Default)]
pub struct Collection {
    files: Vec<PathBuf>,
    packages: BTreeMap<Aid, PathBuf>,
    parameters: BTreeMap<Aid, Vec<u8>>,
}

impl Collection {
    /// A collection of these files.
    #[must_use]
    pub fn new(files: Vec<PathBuf>) -> Self {
        let mut packages = BTreeMap::new();
        for file in &files {
            if let Ok(cap) = read(file).and_then(|bytes| parse(&bytes)) {
                packages.entry(cap.header.aid).or_insert_with(|| file.clone());
            }
        }
        Self { files, packages, parameters: BTreeMap::new() }
    }

    /// Sets the install parameters of an applet.
    pub fn set_parameters(&mut self, applet: Aid, parameters: Vec<u8>) {
        self.parameters.insert(applet, parameters);
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Tries one file on a fresh card.
    #[must_use]
    pub fn try_file(&self, file: &Path) -> FileTrial {
        let name = file.display().to_string();
        let mut trial = FileTrial {
            file: name,
            size: 0,
            package: None,
            version: None,
            with: Vec::new(),
            load: Step::done(),
            applets: Vec::new(),
        };
        if let Err(step) = self.try_into(file, &mut trial) {
            trial.load = step;
        }
        trial
    }

    fn try_into(&self, file: &Path, trial: &mut FileTrial) -> Result<(), Step> {
        let bytes = read(file)?;
        trial.size = bytes.len();
        let cap = parse(&bytes)?;
        let header = &cap.header;
        trial.package = Some(header.aid.to_string());
        trial.version = Some(format!("{}.{}", header.version.major, header.version.minor));
        let mut profile = CardProfile::default();
        profile.personality.memory = MEMORY;
        let made = Card::new(&profile, modules(), random());
        let mut card = made.map_err(|error| Step::refused_by_card(&error.to_string()))?;
        card.power_on();
        self.load_imports(&mut card, &cap, trial, 0);
        let loaded = card.load(&load_file(&bytes)?);
        loaded.map_err(|status| Step::of(&card, status))?;
        let applets = cap.applet.iter().flat_map(|component| &component.applets);
        for applet in applets {
            trial.applets.push(self.try_applet(&mut card, applet.aid));
        }
        Ok(())
    }

    /// Loads the packages of the collection that a file imports; what cannot be loaded is missing when the file itself is linked.
    fn load_imports(&self, card: &mut Card, cap: &CapFile, trial: &mut FileTrial, depth: usize) {
        for import in &cap.import.packages {
            let present =
                card.load_files().iter().any(|file| file.loaded && file.aid == import.aid);
            let Some(file) = self.packages.get(&import.aid).filter(|_| !present) else { continue };
            let Ok(bytes) = read(file) else { continue };
            let (Ok(imported), Ok(code)) = (parse(&bytes), load_file(&bytes)) else { continue };
            if depth < IMPORTS_DEPTH_MAX {
                self.load_imports(card, &imported, trial, depth + 1);
            }
            if card.load(&code).is_ok() {
                trial.with.push(file.display().to_string());
            }
        }
    }

    fn try_applet(&self, card: &mut Card, aid: Aid) -> AppletTrial {
        let parameters = self.parameters.get(&aid).cloned().unwrap_or_default();
        let installed = card.install(aid, aid, &parameters);
        let install = installed.map_or_else(|status| Step::of(card, status), |()| Step::done());
        let select = (install.verdict == Verdict::Done).then(|| select(card, aid));
        AppletTrial {
            applet: aid.to_string(),
            parameters: hex::encode_upper(parameters),
            install,
            select,
        }
    }
}

fn select(card: &mut Card, aid: Aid) -> Step {
    let command = Command::new(0, 0xA4, 4, 0).with_data(aid.as_bytes()).with_expected(256);
    let answer = command.to_bytes().map(|bytes| card.transmit(&bytes));
    match answer.and_then(|answer| Response::parse(&answer)) {
        Ok(response) if response.status.is_ok() => Step::done(),
        Ok(response) => Step::of(card, response.status),
        Err(error) => Step::refused_by_card(&error.to_string()),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Step> {
    std::fs::read(file).map_err(|error| Step {
        verdict: Verdict::Malformed,
        status: String::new(),
        reason: Some(error.to_string()),
    })
}

fn malformed(error: &capfile::CapError) -> Step {
    let status = format!("{:04X}", StatusWord::WRONG_DATA.0);
    Step { verdict: Verdict::Malformed, status, reason: Some(error.to_string()) }
}

fn parse(bytes: &[u8]) -> Result<CapFile, Step> {
    CapFile::parse(bytes).map_err(|error| malformed(&error))
}

fn load_file(bytes: &[u8]) -> Result<Vec<u8>, Step> {
    container::load_file(bytes).map_err(|error| malformed(&error))
}

impl Step {
    fn done() -> Self {
        let status = format!("{:04X}", StatusWord::OK.0);
        Self { verdict: Verdict::Done, status, reason: None }
    }

    fn refused_by_card(reason: &str) -> Self {
        let reason = Some(reason.to_owned());
        Self { verdict: Verdict::CardRefused, status: String::new(), reason }
    }

    /// A step that the card answered with this status word.
    fn of(card: &Card, status: StatusWord) -> Self {
        // Without a failure the applet answered so itself, or `select` returned false.
        let verdict = card.failure().map_or(Verdict::Refused, verdict);
        let reason = card.failure().map_or_else(|| status.to_string(), ToString::to_string);
        Self { verdict, status: format!("{:04X}", status.0), reason: Some(reason) }
    }
}

fn verdict(failure: &Failure) -> Verdict {
    match failure {
        Failure::Malformed(_) => Verdict::Malformed,
        Failure::Link(LinkError::PackageMissing { .. }) => Verdict::ImportMissing,
        Failure::Link(LinkError::AlreadyLoaded(_)) => Verdict::Present,
        Failure::Link(_) => Verdict::NotLinked,
        Failure::Exception { class, .. } if class != "javacard.framework.ISOException" => {
            Verdict::Threw
        }
        Failure::Exception { .. }
        | Failure::Stopped(Ended::NotRegistered)
        | Failure::OtherInstance(_) => Verdict::Refused,
        Failure::Stopped(_) => Verdict::Stopped,
        _ => Verdict::CardRefused,
    }
}
