//! `run`: puts cards into readers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, bail};
use card::image::Change;
use card::{Card, ImageError, ImageStore, MemoryImage, RedbImage};
use cardinal_emulator::listen::{self, Port};
use cardinal_emulator::vpcd;
use cardinal_emulator::{Stop, VirtualCard, modules};
use clap::{Args, ValueHint};

use super::applet::Applets;
use super::watching::{Watch, Watched, Watching};

/// Most cards of one run: as many as pcscd has slots.
const CARDS_MAX: usize = 16;

const HELP: &str = "\
The first card goes to the port that is named, the next to the port after it, and so on: slot n of vpcd's reader listens on port + n.
pcscd may be started, stopped and restarted at any time; the cards come back by themselves.

Examples:
  cardinal-emulator run card.img                          first slot of vpcd
  cardinal-emulator run --vpcd 127.0.0.1:45963 card.img   a vpcd with its own port
  cardinal-emulator run --listen 127.0.0.1:9999 card.img  TCP instead of PC/SC
  cardinal-emulator run --ephemeral -v card.img           try something; the image stays as it is
  cardinal-emulator run --cap applet.cap                  an applet in a reader; its card goes with the run
  cardinal-emulator run --cap applet.cap --install-params 0011 card.img
                                                          into the card of an image, where it stays
  cardinal-emulator run --profile tiny --trace            a card of this kind, and what it does; it goes with the run
  cardinal-emulator run --trace=t.jsonl --trace-format jsonl card.img
                                                          the same for programs
  cardinal-emulator run --tear-after 17 card.img          the power fails after the 17th write: the reader sees the card pulled out
                                                          and back again
  cardinal-emulator run --ephemeral --record s.jsonl card.img
                                                          a session for `replay`; the file may hold keys, as the card does

--trace tells each command in words: its fields by name, the plain command beside the wrapped one, what was selected, which applets were
called, which writes it cost. PINs, keys and encrypted values are hidden; what an applet gets under other names is not.
Logs (-v) show a command's header, lengths and status word. --trace-apdu shows all bytes, PINs among them: for test cards only.";

/// Options of `run`.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Run {
    /// Card images, made with `new`
    #[arg(required_unless_present_any = ["caps", "profile"], conflicts_with = "profile", value_name = "IMAGE", value_hint = ValueHint::FilePath)]
    images: Vec<PathBuf>,
    #[command(flatten)]
    applets: Applets,
    /// Where vpcd's first slot listens
    #[arg(long, value_name = "HOST:PORT", default_value = vpcd::DEFAULT_ADDRESS)]
    vpcd: String,
    /// Listen here instead, for TCP clients. Whoever reaches the port has the card
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "vpcd")]
    listen: Option<String>,
    /// Forget all changes at the end: work on a copy of the image in memory
    #[arg(long)]
    ephemeral: bool,
    #[command(flatten)]
    pub(super) watching: Watching,
}

/// A card and its image's name.
struct Loaded {
    name: String,
    atr: String,
    card: Watched,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if self.images.len() > CARDS_MAX {
            bail!("{} cards are more than the {CARDS_MAX} slots of pcscd", self.images.len());
        }
        let cards = self.load()?;
        let stop = Stop::new();
        let on_signal = stop.clone();
        ctrlc::set_handler(move || on_signal.request()).context("catching signals")?;
        let places = match &self.listen {
            Some(address) => Place::listening(address, cards.len())?,
            None => Place::slots(&self.vpcd, cards.len())?,
        };
        serve(cards, places, &stop)
    }

    fn load(&self) -> anyhow::Result<Vec<Loaded>> {
        let mut watch = self.watching.open(self.images.len().max(1))?;
        let loaded = |watch: &mut Watch, name: String, mut card: Card| {
            self.applets.put_on(&mut card).with_context(|| format!("card {name}"))?;
            let atr = hex::encode_upper(card.atr());
            Ok(Loaded { card: watch.over(card, &name)?, atr, name })
        };
        if self.images.is_empty() {
            let card = self.applets.fresh_card(watch.random())?;
            return Ok(vec![loaded(&mut watch, "a fresh card".to_owned(), card)?]);
        }
        let mut load = |image: &PathBuf| {
            let name = image.display().to_string();
            let store: Box<dyn ImageStore> = match open_image(image)? {
                store if self.ephemeral => Box::new(copy_to_memory(store)?),
                store => Box::new(store),
            };
            let card = Card::open(store, modules(), watch.random())
                .with_context(|| format!("card image {name}"))?;
            loaded(&mut watch, name, card)
        };
        self.images.iter().map(&mut load).collect()
    }
}

/// Opens an image, and says what to do when that fails.
pub(super) fn open_image(image: &Path) -> anyhow::Result<RedbImage> {
    if !image.exists() {
        bail!("there is no card image {0}; make one: cardinal-emulator new {0}", image.display());
    }
    RedbImage::open(image).map_err(|error| match error {
        ImageError::InUse => anyhow::anyhow!(
            "the card {} is running already; end that run first (Ctrl-C)",
            image.display()
        ),
        other => anyhow::Error::new(other).context(format!("card image {}", image.display())),
    })
}

pub(super) fn copy_to_memory(mut image: RedbImage) -> anyhow::Result<MemoryImage> {
    let records = image.load().context("reading the card image")?;
    let batch: Vec<Change> = records
        .into_iter()
        .map(|record| Change { owner: record.owner, key: record.key, value: Some(record.value) })
        .collect();
    let mut memory = MemoryImage::default();
    memory.apply(&batch)?;
    Ok(memory)
}

/// Where one card goes.
enum Place {
    Slot(String),
    Port(Port),
}

impl Place {
    fn slots(first: &str, count: usize) -> anyhow::Result<Vec<Self>> {
        addresses(first, count).map(|addresses| addresses.into_iter().map(Self::Slot).collect())
    }

    fn listening(first: &str, count: usize) -> anyhow::Result<Vec<Self>> {
        let bind = |address: String| {
            let port = Port::bind(&address).with_context(|| format!("listening on {address}"))?;
            println!("listening on {}", port.address());
            Ok(Self::Port(port))
        };
        addresses(first, count)?.into_iter().map(bind).collect()
    }

    fn serve(&self, card: &mut Loaded, stop: &Stop) -> anyhow::Result<()> {
        let Loaded { card, name, atr } = card;
        match self {
            Self::Slot(address) => {
                vpcd::run(address, card, stop, |event| match event {
                    vpcd::Event::Inserted => {
                        say(&format!("inserted {name} into vpcd {address} (ATR {atr})"));
                    }
                    vpcd::Event::Removed => say(&format!("removed {name} from vpcd {address}")),
                    _ => say(&format!("waiting for vpcd at {address} (is pcscd running?)")),
                });
                Ok(())
            }
            Self::Port(port) => {
                let address = port.address();
                let report = |event| match event {
                    listen::Event::Inserted => {
                        say(&format!("inserted {name} for a client of {address} (ATR {atr})"));
                    }
                    _ => say(&format!("removed {name} from {address}")),
                };
                port.run(card, stop, report).with_context(|| format!("port {address} failed"))
            }
        }
    }
}

/// `count` addresses on neighbouring ports. Port 0 asks the system for any, each time.
fn addresses(first: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let (host, port) = first
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
        .with_context(|| format!("{first} is no HOST:PORT, e.g. {}", vpcd::DEFAULT_ADDRESS))?;
    let address = |n: usize| {
        let step = if port == 0 { 0 } else { u16::try_from(n)? };
        let port = port.checked_add(step).context("the ports end at 65535")?;
        Ok(format!("{host}:{port}"))
    };
    (0..count).map(address).collect()
}

/// Every card in a thread of its own, until a stop; the first failure stops all.
fn serve(cards: Vec<Loaded>, places: Vec<Place>, stop: &Stop) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let threads: Vec<_> = cards
            .into_iter()
            .zip(places)
            .map(|(mut card, place)| {
                scope.spawn(move || {
                    // Also when the thread panics: a run without one of its cards is no run.
                    let _ending = StopOnDrop(stop);
                    place.serve(&mut card, stop)?;
                    card.card.power_off();
                    card.card.finish().context("writing the transcript")
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| {
                bail!("a card failed; its image holds the last command that was done")
            })
        });
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

struct StopOnDrop<'a>(&'a Stop);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// One line on standard output, at once, for programs that wait for it. A reader that closed its end is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn cards_go_to_neighbouring_ports() {
        assert_eq!(addresses("[::1]:10", 2).unwrap(), ["[::1]:10", "[::1]:11"]);
        assert_eq!(addresses("localhost:0", 2).unwrap(), ["localhost:0", "localhost:0"]);
        for wrong in ["localhost", "localhost:x", "localhost:65536"] {
            assert!(addresses(wrong, 1).is_err());
        }
        assert!(addresses("localhost:65535", 2).is_err());
    }
}
