//! `replay`: runs a recorded session again, and compares every answer.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use card::{Card, ImageStore, Random};
use cardinal_emulator::modules;
use cardinal_emulator::trace::render;
use cardinal_emulator::transcript::{Difference, Opened, Report, replay};
use clap::{Args, ValueHint};

use super::applet::Applets;
use super::run::{copy_to_memory, open_image};

const HELP: &str = "\
The card must be in the state in which the session began: give a copy of the image from before it, or record with `run --ephemeral`,
which leaves the image as it is. The image that is named here is not changed.

Examples:
  cardinal-emulator run --ephemeral --record session.jsonl card.img
  cardinal-emulator replay session.jsonl --image card.img

  cardinal-emulator run --profile jc305-gp231-scp03 --cap applet.cap --record session.jsonl
  cardinal-emulator replay session.jsonl --profile jc305-gp231-scp03 --cap applet.cap

Exit status: 0 when every answer is as recorded, 1 when one is not (the first that differs is shown), or when the transcript cannot be
replayed.";

/// Options of `replay`.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Replay {
    /// The transcript, made with `run --record`
    #[arg(value_hint = ValueHint::FilePath)]
    transcript: PathBuf,
    /// The card image as it was before the session
    #[arg(long, value_hint = ValueHint::FilePath, required_unless_present_any = ["caps", "profile"], conflicts_with = "profile")]
    image: Option<PathBuf>,
    #[command(flatten)]
    applets: Applets,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let name = self.transcript.display();
        let file = File::open(&self.transcript).with_context(|| format!("transcript {name}"))?;
        let opened =
            Opened::read(BufReader::new(file)).with_context(|| format!("transcript {name}"))?;
        let make = |random| self.card(random).map_err(|error| format!("{error:#}"));
        let report = replay(opened, make).with_context(|| format!("transcript {name}"))?;
        let Report { commands, difference, complete } = report;
        if let Some(difference) = difference {
            print!("{}", text(&difference));
            bail!("line {} of {name}: {} differs", difference.line, difference.what);
        }
        let end = if complete { "" } else { "; the transcript ends before the session did" };
        println!("{commands} commands, every answer as recorded{end}");
        Ok(())
    }

    fn card(&self, random: Box<dyn Random>) -> anyhow::Result<Card> {
        let mut card = match &self.image {
            None => self.applets.fresh_card(random)?,
            Some(image) => {
                let store: Box<dyn ImageStore> = Box::new(copy_to_memory(open_image(image)?)?);
                Card::open(store, modules(), random)
                    .with_context(|| format!("card image {}", image.display()))?
            }
        };
        self.applets.put_on(&mut card)?;
        Ok(card)
    }
}

/// The command in words, and the two answers.
fn text(difference: &Difference) -> String {
    let command = difference.command.as_ref().map(|command| render(command));
    format!(
        "{}  recorded  {}\n  now       {}\n",
        command.unwrap_or_default(),
        difference.expected.to_uppercase(),
        difference.found.to_uppercase()
    )
}
