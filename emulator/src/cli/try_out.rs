//! `try`: loads, installs and selects every CAP file of a folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cardinal_emulator::trial::{Collection, FileTrial, Step, Verdict};
use clap::{Args, ValueHint};
use iso7816::Aid;

const HELP: &str = "\
Each file (.cap or .ijc) is loaded, its applets are installed and selected, on a fresh card in memory, with the packages of the folder
that it imports. The table says what became of it, and why not: a damaged file, a missing import, what the card does not have, an applet
that refused (ISOException), threw something else, or was stopped.

Many applets want install parameters (the value of tag C9) and refuse without them. Give them in a file of lines `AID = \"hex\"`:
  \"627601FF000000\" = \"0102138800\"

Examples:
  cardinal-emulator try applets                       every .cap and .ijc below the folder applets
  cardinal-emulator try applets --parameters p.toml   with install parameters
  cardinal-emulator try applets --json | jq '.[] | select(.load.verdict != \"done\")'

Exit status: 0 when every refusal is the file's or the applet's own, 1 when the card lacked something or stopped an applet.";

/// Options of `try`.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Try {
    /// Folders, searched with their subfolders, or files
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Install parameters by AID of the applet, from a TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    parameters: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Try {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut files = Vec::new();
        for path in &self.paths {
            find(path, &mut files)?;
        }
        if files.is_empty() {
            bail!("there is no .cap or .ijc file; name a folder that has some");
        }
        files.sort();
        let mut collection = Collection::new(files);
        if let Some(file) = &self.parameters {
            read_parameters(file, &mut collection)?;
        }
        let trials: Vec<FileTrial> =
            collection.files().iter().map(|file| collection.try_file(file)).collect();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&trials)?);
        } else {
            trials.iter().for_each(print);
            println!("{}", summary(&trials));
        }
        let blamed = trials.iter().filter(|trial| trial.blames_the_card()).count();
        if blamed > 0 {
            bail!("the card is to blame for {blamed} of {} files", trials.len());
        }
        Ok(())
    }
}

/// CAP files at or below a path.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = path.read_dir().with_context(|| format!("folder {}", path.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("folder {}", path.display()))?.path();
        let extension = path.extension().map(OsStr::to_ascii_lowercase);
        if path.is_dir() && !path.is_symlink() {
            find(&path, files)?;
        } else if extension.is_some_and(|extension| extension == "cap" || extension == "ijc") {
            files.push(path);
        }
    }
    Ok(())
}

fn read_parameters(file: &Path, collection: &mut Collection) -> anyhow::Result<()> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("parameters {name}"))?;
    let table: BTreeMap<String, String> =
        toml::from_str(&text).with_context(|| format!("parameters {name}"))?;
    for (aid, value) in table {
        let bytes = hex::decode(&aid).ok().and_then(|bytes| Aid::new(&bytes).ok());
        let aid = bytes.with_context(|| format!("parameters {name}: {aid} is no AID"))?;
        let value =
            hex::decode(&value).with_context(|| format!("parameters {name}, {aid}: not hex"))?;
        collection.set_parameters(aid, value);
    }
    Ok(())
}

/// A file in one line, and one for each applet.
fn print(trial: &FileTrial) {
    let package = match (&trial.package, &trial.version) {
        (Some(package), Some(version)) => format!("{package} {version}"),
        _ => "-".to_owned(),
    };
    println!("{}  {package}  load {}", trial.file, describe(&trial.load));
    for file in &trial.with {
        println!("    with {file}");
    }
    for applet in &trial.applets {
        let select = applet
            .select
            .as_ref()
            .map_or_else(String::new, |select| format!(", select {}", describe(select)));
        println!("    applet {}  install {}{select}", applet.applet, describe(&applet.install));
    }
}

fn describe(step: &Step) -> String {
    let verdict = match step.verdict {
        Verdict::Done => return "done".to_owned(),
        Verdict::Malformed => "malformed",
        Verdict::ImportMissing => "import missing",
        Verdict::Present => "on the card already",
        Verdict::NotLinked => "not linked",
        Verdict::Refused => "refused",
        Verdict::Threw => "threw",
        Verdict::Stopped => "stopped",
        Verdict::CardRefused => "refused by the card",
    };
    let reason = step.reason.as_deref().unwrap_or_default();
    format!("{verdict} {} ({reason})", step.status)
}

fn summary(trials: &[FileTrial]) -> String {
    let count = |steps: Vec<&Step>, done: &str| {
        let good = steps.iter().filter(|step| step.verdict == Verdict::Done).count();
        format!("{good} of {} {done}", steps.len())
    };
    let applets = || trials.iter().flat_map(|trial| &trial.applets);
    [
        count(trials.iter().map(|trial| &trial.load).collect(), "files loaded"),
        count(applets().map(|applet| &applet.install).collect(), "applets installed"),
        count(applets().filter_map(|applet| applet.select.as_ref()).collect(), "selected"),
    ]
    .join(", ")
}
