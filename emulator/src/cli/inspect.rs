//! `inspect`: shows what is in a CAP file.

use std::path::PathBuf;

use anyhow::Context as _;
use capfile::{
    CapFile,
    inspect::{InspectedPackage, Inspection},
};
use cardinal_emulator::ApiNames;
use clap::{Args, ValueHint};
use serde_json::{Value, json};

const HELP: &str = "\
A .cap (ZIP) or an .ijc (components one after another) of any format. Shown are header, imports, applets, sizes, the constant pool with the
names of the API, classes, and all methods disassembled. A file that is damaged is told by component and offset.

Examples:
  cardinal-emulator inspect applet.cap | less
  cardinal-emulator inspect applet.cap --json | jq .imports";

/// Options of `inspect`.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Inspect {
    /// The CAP file
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// As JSON: the same but for the code
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let name = self.file.display();
        let bytes = std::fs::read(&self.file).with_context(|| format!("CAP file {name}"))?;
        let file = CapFile::parse(&bytes).with_context(|| format!("CAP file {name}"))?;
        let inspection = Inspection::new(&file, &ApiNames);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&to_json(&inspection))?);
        } else {
            print!("{inspection}");
        }
        Ok(())
    }
}

fn package(package: &InspectedPackage) -> Value {
    let version = format!("{}.{}", package.version.major, package.version.minor);
    json!({ "aid": package.aid, "version": version, "name": package.name })
}

fn to_json(inspection: &Inspection) -> Value {
    let applet = |(aid, install): &(String, String)| json!({ "aid": aid, "install": install });
    let component = |(name, size): &(&str, usize)| json!({ "name": name, "size": size });
    let (size, references, arrays) = inspection.static_image;
    json!({
        "format": format!("{}.{}", inspection.format.major, inspection.format.minor),
        "flags": inspection.flags,
        "packages": inspection.packages.iter().map(package).collect::<Vec<_>>(),
        "imports": inspection.imports.iter().map(package).collect::<Vec<_>>(),
        "applets": inspection.applets.iter().map(applet).collect::<Vec<_>>(),
        "components": inspection.components.iter().map(component).collect::<Vec<_>>(),
        "static_image": { "size": size, "references": references, "arrays": arrays },
        "constants": inspection.constants,
        "exports": inspection.exports,
        "methods": inspection.methods.iter().map(|method| &method.name).collect::<Vec<_>>(),
    })
}
