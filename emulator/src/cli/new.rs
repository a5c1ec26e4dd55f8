//! `new`: makes a card image.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use card::{Card, CardProfile, ImageError, InitialKeySet, RedbImage};
use cardinal_emulator::profile::{Shipped, Source, put_on};
use cardinal_emulator::{modules, random};
use clap::{Args, ValueHint};
use globalplatform::key::{Key, KeyAlgorithm, KeySet};
use globalplatform::scp::Protocol;
use rand::RngExt as _;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

use super::number::{HexBytes, hex_byte, hex_bytes, serial};

const HELP: &str = "\
Without options the card is a blank token that CoolKey clients and TPS know: SCP02 i=15, key version 01, the customary test keys
404142..4F. Its serial number is chosen at random; it decides the card's unique identifier (CUID), by which servers know a token.

Examples:
  cardinal-emulator new card.img
  cardinal-emulator new --serial 0x1001 --key-version FF card.img
  cardinal-emulator new --scp 03 --option 70 --keys aes.keys card.img
  cardinal-emulator new --profile jc305-gp231-scp03 card.img
                                                          another kind of card; `profile list` shows which there are
  cardinal-emulator new --print-profile > token.toml      edit it, then: new --profile token.toml card.img

A key file holds one line of hex for ENC, MAC and DEK together, or three lines in this order; # begins a comment. The image holds the
card's keys unencrypted, as a chip does: it is made readable by its owner only.";

/// The profile of a card whose kind is not said.
const DEFAULT_PROFILE: &str = "coolkey-token";

/// Options of `new`.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct New {
    /// The image file to make
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "print_profile")]
    image: Option<PathBuf>,
    /// What kind of card: a name from `profile list`, or a TOML file; the options below change it
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    profile: Option<String>,
    /// Serial number of the chip, decimal or hex after 0x
    #[arg(long, value_parser = serial)]
    serial: Option<u32>,
    /// Secure channel protocol
    #[arg(long, value_name = "01|02|03", value_parser = ["01", "02", "03"])]
    scp: Option<String>,
    /// Option "i" of the protocol, hex [default: 15 for SCP01 and SCP02, 70 for SCP03]
    #[arg(long, value_name = "HEX", value_parser = hex_byte)]
    option: Option<u8>,
    /// Version of the key set, hex: 01 to 7F, or FF for initial keys
    #[arg(long, value_name = "HEX", value_parser = hex_byte)]
    key_version: Option<u8>,
    /// File with the keys in hex; the customary test keys without it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    keys: Option<PathBuf>,
    /// Answer to reset, hex. CoolKey clients see a blank token only with the default one
    #[arg(long, value_name = "HEX", value_parser = hex_bytes)]
    atr: Option<HexBytes>,
    /// Persistent memory, in bytes
    #[arg(long, value_name = "BYTES")]
    memory: Option<u32>,
    /// Replace an image that exists
    #[arg(long)]
    force: bool,
    /// Print the profile that the options make, as TOML with its keys, and make no card
    #[arg(long)]
    print_profile: bool,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Source { profile, folder } = self.profile()?;
        if self.print_profile {
            print!("{}", toml::to_string(&profile).context("writing the profile")?);
            return Ok(());
        }
        let image = self.image.context("name the image file to make")?;
        if image.exists() && !self.force {
            bail!("{} exists; choose another name, or replace it with --force", image.display());
        }
        if matches!(RedbImage::open(&image), Err(ImageError::InUse)) {
            bail!("the card {} is running; end that run first (Ctrl-C)", image.display());
        }
        let card = create(&image, &profile, folder.as_deref())?;
        let info = card.info();
        println!(
            "made {}: CUID {}, {}",
            image.display(),
            hex::encode_upper(&info.cuid),
            describe(&profile)
        );
        println!("next: cardinal-emulator run {}", image.display());
        Ok(())
    }

    /// The profile of the file or the default one, changed by the options.
    fn profile(&self) -> anyhow::Result<Source> {
        let name = self.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let Source { mut profile, folder } = Source::open(name)?;
        if Shipped::find(name).is_some() {
            // It says what kind of card; each card of the kind is another one.
            profile = profile.with_serial(random_serial());
        }
        if let Some(keys) = self.key_set(&profile)? {
            // It may say otherwise.
            profile.description.clear();
            let protocol = keys.key_set()?.0;
            profile.key_sets = vec![keys];
            let personality = &mut profile.personality;
            if protocol.id() == 3 {
                personality.aes_option = protocol.i();
            } else {
                (personality.des_protocol, personality.des_option) = (protocol.id(), protocol.i());
            }
        }
        if let Some(serial) = self.serial {
            profile = profile.with_serial(serial);
        }
        if let Some(HexBytes(atr)) = &self.atr {
            profile.personality.atr.clone_from(atr);
        }
        if let Some(memory) = self.memory {
            profile.personality.memory = memory;
        }
        profile.check().context("no card can be made like this")?;
        Ok(Source { profile, folder })
    }

    /// The key set that the options ask for; none when they leave the profile's alone.
    fn key_set(&self, profile: &CardProfile) -> anyhow::Result<Option<InitialKeySet>> {
        if self.scp.is_none()
            && self.option.is_none()
            && self.key_version.is_none()
            && self.keys.is_none()
        {
            return Ok(None);
        }
        ensure!(
            profile.key_sets.len() == 1,
            "the profile has {} key sets; --scp, --option, --key-version and --keys change a profile with one",
            profile.key_sets.len()
        );
        let before = profile.key_sets.first().context("the profile has no key set")?;
        let id = self
            .scp
            .as_deref()
            .map_or(Ok(before.protocol), hex_byte)
            .map_err(anyhow::Error::msg)?;
        let option = self.option.unwrap_or(match id {
            _ if id == before.protocol => before.option,
            3 => 0x70,
            _ => 0x15,
        });
        let protocol = Protocol::new(id, option).with_context(|| {
            format!(
                "SCP{id:02X} has no option i={option:02X} here; try `--option {}`",
                usual_option(id)
            )
        })?;
        let version = self.key_version.unwrap_or(before.version);
        Ok(Some(match &self.keys {
            Some(file) => InitialKeySet::new(version, protocol, &read_keys(file, protocol)?),
            None if id == before.protocol => {
                InitialKeySet::new(version, protocol, &before.key_set()?.1)
            }
            None => InitialKeySet::test_keys(version, protocol),
        }))
    }
}

fn random_serial() -> u32 {
    rand::make_rng::<StdRng>().random()
}

const fn usual_option(id: u8) -> &'static str {
    if id == 3 { "70" } else { "15" }
}

fn describe(profile: &CardProfile) -> String {
    let sets = profile.key_sets.iter().map(|set| {
        format!("SCP{:02X} i={:02X} key version {:02X}", set.protocol, set.option, set.version)
    });
    sets.collect::<Vec<_>>().join(", ")
}

/// Three keys in hex: one line for all of them, or a line each. Errors never show what was read.
fn read_keys(file: &Path, protocol: Protocol) -> anyhow::Result<KeySet> {
    let name = file.display();
    let text =
        Zeroizing::new(fs::read_to_string(file).with_context(|| format!("reading keys {name}"))?);
    let mut keys = Vec::new();
    for line in text.lines() {
        let digits = line.split('#').next().unwrap_or_default().trim();
        if !digits.is_empty() {
            keys.push(read_key(digits, protocol).with_context(|| {
                format!("keys {name}, key {} of ENC, MAC, DEK", keys.len() + 1)
            })?);
        }
    }
    let [enc, mac, dek] = match <[Key; 3]>::try_from(keys) {
        Ok(three) => three,
        Err(keys) => match <[Key; 1]>::try_from(keys) {
            Ok([one]) => [one.clone(), one.clone(), one],
            Err(keys) => bail!("keys {name} has {} lines of keys, not one or three", keys.len()),
        },
    };
    Ok(KeySet::new(enc, mac, dek))
}

fn read_key(digits: &str, protocol: Protocol) -> anyhow::Result<Key> {
    let Ok(bytes) = hex::decode(digits).map(Zeroizing::new) else { bail!("not hex") };
    Ok(if protocol.id() == 3 { Key::aes(&bytes) } else { Key::new(KeyAlgorithm::Des3, &bytes) }?)
}

/// Makes the image beside its final place, so that a failure leaves an older one alone.
fn create(image: &Path, profile: &CardProfile, folder: Option<&Path>) -> anyhow::Result<Card> {
    let mut name = image.file_name().context("the image needs a file name")?.to_owned();
    name.push(".new");
    let unfinished = image.with_file_name(name);
    make_private_file(&unfinished).with_context(|| format!("making {}", unfinished.display()))?;
    let made = RedbImage::open_or_create(&unfinished)
        .map_err(anyhow::Error::from)
        .and_then(|store| Ok(Card::create(profile, Box::new(store), modules(), random())?))
        .and_then(|mut card| {
            put_on(&mut card, profile, folder)?;
            fs::rename(&unfinished, image)?;
            Ok(card)
        });
    if made.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    made.with_context(|| format!("making {}", image.display()))
}

/// An empty file for its owner's eyes only, for the card's keys will be in it.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    // A leftover would keep its mode, a link would lead elsewhere: the file must be new.
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}
