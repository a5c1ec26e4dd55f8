//! `info`: shows what is in a card image.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use card::Card;
use card::info::{ApplicationInfo, CardInfo, Engine, KeyInfo, LoadFileInfo};
use cardinal_emulator::{modules, random};
use clap::{Args, ValueHint};
use iso7816::Aid;

use super::run::open_image;

/// Deepest hierarchy that is shown; what is below stands at its end.
const DEPTH_MAX: usize = 16;

/// Names of privileges on one line.
const PRIVILEGES_PER_LINE: usize = 5;

/// Options of `info`.
#[derive(Args)]
#[command(
    after_help = "Security domains are shown as a tree: what is associated with one stands below it. Keys are shown by version, identifier \
                        and check value, never by value.\n\n\
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
            print!("{}", Tree::of(&info));
        }
        Ok(())
    }
}

/// The same for people.
struct Tree<'a> {
    info: &'a CardInfo,
    text: String,
}

impl<'a> Tree<'a> {
    fn of(info: &'a CardInfo) -> String {
        let mut tree = Self { info, text: String::new() };
        tree.line(0, "ATR", &hex::encode_upper(&info.atr));
        tree.line(0, "CUID", &hex::encode_upper(&info.cuid));
        let domain = format!("{}  {}", info.issuer_domain, info.life_cycle_name);
        tree.line(0, "issuer domain", &domain);
        tree.privileges(1, &info.privilege_names);
        tree.content(info.issuer_domain, 1);
        // A domain that was extradited to itself is the root of a hierarchy of its own.
        let roots = info.applications.iter().filter(|entry| entry.domain == entry.aid);
        roots.for_each(|root| tree.application(root, 0));
        let memory = &info.memory;
        tree.line(0, "memory", &format!("{} of {} bytes used", memory.used, memory.capacity));
        for (owner, used) in &memory.by_owner {
            tree.line(0, "", &format!("{used:>8}  {owner}"));
        }
        tree.text
    }

    fn line(&mut self, depth: usize, label: &str, value: &str) {
        let indented = format!("{:indent$}{label}", "", indent = 2 * depth);
        let _ = writeln!(self.text, "{indented:<22}{value}");
    }

    fn privileges(&mut self, depth: usize, names: &[&str]) {
        for (index, some) in names.chunks(PRIVILEGES_PER_LINE).enumerate() {
            self.line(depth, if index == 0 { "privileges" } else { "" }, &some.join(", "));
        }
    }

    /// What belongs to a domain: keys, applications, load files.
    fn content(&mut self, domain: Aid, depth: usize) {
        let info = self.info;
        for key in info.keys.iter().filter(|key| key.domain == domain) {
            self.line(depth, "key", &describe_key(key));
        }
        let own = info.applications.iter().filter(|entry| entry.domain == domain);
        for entry in own.filter(|entry| entry.aid != domain) {
            self.application(entry, depth);
        }
        for file in info.load_files.iter().filter(|file| file.domain == domain) {
            self.line(depth, "package", &describe_file(file));
        }
    }

    fn application(&mut self, entry: &ApplicationInfo, depth: usize) {
        let domain = is_domain(entry);
        let label = if domain { "security domain" } else { "application" };
        let from = if domain { String::new() } else { format!("  from {}", entry.load_file) };
        self.line(depth, label, &format!("{}  {}{from}", entry.aid, entry.life_cycle_name));
        self.privileges(depth + 1, &entry.privilege_names);
        if domain && depth < DEPTH_MAX {
            self.content(entry.aid, depth + 1);
        }
    }
}

fn is_domain(entry: &ApplicationInfo) -> bool {
    entry.privilege_names.contains(&"security domain")
}

fn describe_file(file: &LoadFileInfo) -> String {
    let [major, minor] = file.version;
    let engine = match (file.engine, file.loaded) {
        (Engine::VirtualMachine, _) => "loaded, in the virtual machine",
        (_, true) => "loaded, but the one in ROM runs",
        _ => "in ROM",
    };
    let modules: Vec<String> = file.modules.iter().map(ToString::to_string).collect();
    let applets = if modules.is_empty() { "none".to_owned() } else { modules.join(" ") };
    format!("{}  version {major}.{minor}  {engine}  applets {applets}", file.aid)
}

fn describe_key(key: &KeyInfo) -> String {
    let check = key.check_value.map_or_else(|| "none".to_owned(), hex::encode_upper);
    let protocol = key.protocol.as_deref().unwrap_or("no secure channel");
    let warning = if key.test_key { "  default test key" } else { "" };
    format!(
        "version {:02X} id {:02X}  {} {} bytes  check value {check}  {protocol}  counter {}{warning}",
        key.version, key.id, key.kind_name, key.length, key.counter
    )
}
