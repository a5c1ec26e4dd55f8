//! `info`: shows what is in a card image.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use card::Card;
use card::info::{CardInfo, Engine, KeyInfo};
use cardinal_emulator::{modules, random};
use clap::{Args, ValueHint};
use globalplatform::data::CardState;

use super::run::open_image;

/// Options of `info`.
#[derive(Args)]
#[command(
    after_help = "Keys are shown by version, identifier and check value, never by value.\n\n\
                        Example: cardinal-emulator info --json card.img | jq .keys"
)]
pub(super) struct Info {
    /// The card image
    #[arg(value_hint = ValueHint::FilePath)]
    image: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Info {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let store = open_image(&self.image)?;
        let card = Card::open(Box::new(store), modules(), random())
            .with_context(|| format!("card image {}", self.image.display()))?;
        let info = card.info();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&info)?);
        } else {
            print!("{}", text(&info));
        }
        Ok(())
    }
}

/// The same for people.
fn text(info: &CardInfo) -> String {
    let hex = hex::encode_upper::<&[u8]>;
    let mut out = String::new();
    let mut line = |label: &str, value: String| {
        let _ = writeln!(out, "{label:<14}{value}");
    };
    line("ATR", hex(&info.atr));
    line("CUID", hex(&info.cuid));
    line("issuer domain", format!("{}  {}", info.issuer_domain, life_cycle(info.life_cycle)));
    for key in &info.keys {
        line("key", describe_key(key));
    }
    for application in &info.applications {
        let value = format!(
            "{}  life cycle {:02X}  privileges {}  from {}",
            application.aid,
            application.life_cycle,
            hex(&application.privileges),
            application.load_file
        );
        line("application", value);
    }
    for file in &info.load_files {
        let [major, minor] = file.version;
        let engine = match (file.engine, file.loaded) {
            (Engine::VirtualMachine, _) => "loaded, in the virtual machine",
            (_, true) => "loaded, but the one in ROM runs",
            _ => "in ROM",
        };
        let modules: Vec<String> = file.modules.iter().map(ToString::to_string).collect();
        let applets = if modules.is_empty() { "none".to_owned() } else { modules.join(" ") };
        let value = format!("{}  version {major}.{minor}  {engine}  applets {applets}", file.aid);
        line("package", value);
    }
    line("memory", format!("{} of {} bytes used", info.memory.used, info.memory.capacity));
    for (owner, used) in &info.memory.by_owner {
        line("", format!("{used:>8}  {owner}"));
    }
    line("writes", format!("{} since it was opened", info.writes));
    out
}

fn describe_key(key: &KeyInfo) -> String {
    let kind = match key.kind {
        0x80 => "DES".to_owned(),
        0x88 => "AES".to_owned(),
        other => format!("type {other:02X}"),
    };
    let check = key.check_value.map_or_else(|| "none".to_owned(), hex::encode_upper);
    format!(
        "version {:02X} id {:02X}  {kind} {} bytes  check value {check}  counter {}",
        key.version, key.id, key.length, key.counter
    )
}

fn life_cycle(state: u8) -> String {
    CardState::from_byte(state)
        .map_or_else(|| format!("life cycle {state:02X}"), |state| format!("{state:?}"))
}
