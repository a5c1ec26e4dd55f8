//! `profile`: card profiles by name, their text, whether one is good, and one from a card in a reader.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cardinal_emulator::profile::{self, SHIPPED, Shipped, Source};
use clap::{Args, Subcommand, ValueHint};
use reader::pcsc::{Service, Sharing};
use serde_json::json;

const HELP: &str = "\
A profile is a TOML file that says what kind of card `new` makes: ATR, keys and secure channels, memory, Java Card version, algorithms,
what is on the card when it is issued. Profiles that are shipped have names, which tell what they resemble; none of them is a product of
a manufacturer.

Examples:
  cardinal-emulator profile list
  cardinal-emulator new --profile jc305-gp231-scp03 card.img
  cardinal-emulator profile show tiny > mine.toml         edit it, then:
  cardinal-emulator profile check mine.toml
  cardinal-emulator new --profile mine.toml card.img
  cardinal-emulator profile --from-reader \"ACS ACR38U\" > plastic.toml
                                                          a virtual card that looks like the one in the reader

Files named in a profile (load_files) are looked for beside it.";

const FROM_READER_HELP: &str = "\
The card is asked for what it tells anybody, with commands that change nothing: ATR, SELECT without data and of known security domains,
GET DATA of CPLC (9F7F), IIN (42), CIN (45), card data (66), capabilities (67), key information (E0), sequence counter (C1) and key
diversification data (CF). INITIALIZE UPDATE is never sent: a card may count it as a failed attempt. The keys in the profile are test
keys of the right type and length, and what no card tells has its default; comments in the profile say so.

Example: cardinal-emulator profile from-reader \"Virtual PCD 00 00\" --output plastic.toml";

/// Options of `profile`.
#[derive(Args)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Profile {
    /// Write a profile of the card in this PC/SC reader; the same as `profile from-reader`
    #[arg(long, value_name = "NAME")]
    from_reader: Option<String>,
    /// File to write, instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "from_reader")]
    output: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Show the profiles that have names, and what cards they make
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a profile that has a name, as TOML
    Show {
        /// Its name
        #[arg(value_parser = names())]
        name: String,
        /// Everything that the profile leaves to defaults, too, without its comments
        #[arg(long)]
        all: bool,
    },
    /// Say whether a card can be made from a profile, its load files included
    Check {
        /// A TOML file, or a name
        #[arg(value_hint = ValueHint::FilePath)]
        profile: String,
    },
    /// Write a profile of the card in a PC/SC reader, out of its public data
    #[command(after_help = FROM_READER_HELP)]
    FromReader {
        /// The reader's name, or a part of it that no other has
        name: String,
        /// File to write, instead of standard output
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
}

/// The names of the shipped profiles, for help and completion.
pub(super) fn names() -> clap::builder::PossibleValuesParser {
    SHIPPED.iter().map(|shipped| shipped.name).collect::<Vec<_>>().into()
}

impl Profile {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match (self.verb, self.from_reader) {
            (Some(Verb::List { json }), _) => list(json),
            (Some(Verb::Show { name, all }), _) => show(&name, all),
            (Some(Verb::Check { profile }), _) => check(&profile),
            (Some(Verb::FromReader { name, output }), _) => from_reader(&name, output),
            (None, Some(name)) => from_reader(&name, self.output),
            (None, None) => bail!("say what to do: list, show, check or from-reader"),
        }
    }
}

fn list(json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for shipped in SHIPPED {
        let profile = shipped.profile()?;
        if json {
            rows.push(json!({ "name": shipped.name, "profile": profile_without_keys(&profile)? }));
        } else {
            println!("{:<24}{}", shipped.name, profile.description);
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    Ok(())
}

/// Lists are pasted into reports: the keys stay in the profile.
fn profile_without_keys(profile: &card::CardProfile) -> anyhow::Result<serde_json::Value> {
    let mut value = serde_json::to_value(profile)?;
    let sets = value.get_mut("key_sets").and_then(serde_json::Value::as_array_mut);
    for set in sets.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        set.retain(|field, _| !matches!(field.as_str(), "enc" | "mac" | "dek"));
    }
    Ok(value)
}

fn show(name: &str, all: bool) -> anyhow::Result<()> {
    let shipped = Shipped::find(name).with_context(|| format!("there is no profile {name}"))?;
    if all {
        print!("{}", toml::to_string(&shipped.profile()?)?);
    } else {
        print!("{}", shipped.text);
    }
    Ok(())
}

fn check(name: &str) -> anyhow::Result<()> {
    let source = Source::open(name)?;
    let mut card =
        card::Card::new(&source.profile, cardinal_emulator::modules(), cardinal_emulator::random())
            .with_context(|| format!("profile {name}"))?;
    profile::put_on(&mut card, &source.profile, source.folder.as_deref())
        .with_context(|| format!("profile {name}"))?;
    let memory = card.memory();
    println!("{name}: good; {} of {} bytes are used at birth", memory.used, memory.capacity);
    Ok(())
}

fn from_reader(name: &str, output: Option<PathBuf>) -> anyhow::Result<()> {
    let mut reader = Service::establish()?.open(name, Sharing::Shared)?;
    let reading = profile::read(&mut reader);
    // The card is another program's, too: it is left as it is.
    drop(reader);
    let reading = reading?;
    let text = reading.to_text()?;
    match output {
        Some(path) => {
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            for note in &reading.notes {
                eprintln!("note: {note}");
            }
            println!("wrote {}", path.display());
            println!("next: cardinal-emulator new --profile {} card.img", path.display());
        }
        None => print!("{text}"),
    }
    Ok(())
}
