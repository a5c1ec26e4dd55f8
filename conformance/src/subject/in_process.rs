//! Virtual cards in this process: a fresh one for every case.

use anyhow::Context as _;
use card::{Card, CardProfile, MemoryImage};
use cardinal_emulator::{
    InProcessReader, modules,
    profile::{Source, put_on},
};
use rand::{SeedableRng as _, rngs::StdRng};
use reader::CardReader;

use super::{Laboratory, Subject, SubjectKeys};

/// A card of a profile; each case gets a copy of the card as it was issued.
pub struct InProcess {
    issued: MemoryImage,
    keys: Option<SubjectKeys>,
    reader: InProcessReader,
    seed: u64,
    cards: u64,
}

impl InProcess {
    /// Cards of the profile that is shipped under this name or is in this file; of the default profile where none is named.
    ///
    /// # Errors
    /// When there is no such profile, or no card can be made of it.
    pub fn named(profile: Option<&str>, seed: u64) -> anyhow::Result<Self> {
        match profile {
            None => Self::of(&CardProfile::default(), seed),
            Some(name) => {
                let Source { profile, folder } = Source::open(name)?;
                Self::issue(&profile, folder.as_deref(), seed)
            }
        }
    }

    /// Cards of this profile. `seed` is the seed of their random numbers.
    ///
    /// # Errors
    /// When no card can be made of it.
    pub fn of(profile: &CardProfile, seed: u64) -> anyhow::Result<Self> {
        Self::issue(profile, None, seed)
    }

    fn issue(
        profile: &CardProfile,
        folder: Option<&std::path::Path>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let issued = MemoryImage::default();
        let mut card = Card::create(profile, Box::new(issued.clone()), modules(), random(seed, 0))?;
        put_on(&mut card, profile, folder)?;
        drop(card);
        let first = profile.key_sets.first().context("a profile has keys")?;
        let (_, keys) = first.key_set()?;
        let reader = InProcessReader::new(open(&issued, seed, 1)?);
        let keys = Some(SubjectKeys::of(first.version, keys));
        Ok(Self { issued, keys, reader, seed, cards: 1 })
    }

    /// The reader, to do to its card what no reader does.
    pub const fn reader_mut(&mut self) -> &mut InProcessReader {
        &mut self.reader
    }
}

fn open(issued: &MemoryImage, seed: u64, number: u64) -> anyhow::Result<Card> {
    Ok(Card::open(Box::new(issued.snapshot()), modules(), random(seed, number))?)
}

fn random(seed: u64, number: u64) -> Box<dyn card::Random> {
    Box::new(StdRng::seed_from_u64(seed.rotate_left(32) ^ number))
}

impl Subject for InProcess {
    fn reader(&mut self) -> &mut dyn CardReader {
        &mut self.reader
    }

    fn keys(&self) -> Option<&SubjectKeys> {
        self.keys.as_ref()
    }

    fn renew(&mut self) -> anyhow::Result<bool> {
        self.cards = self.cards.wrapping_add(1);
        self.reader = InProcessReader::new(open(&self.issued, self.seed, self.cards)?);
        Ok(true)
    }

    fn laboratory(&mut self) -> Option<&mut dyn Laboratory> {
        Some(self)
    }
}

impl Laboratory for InProcess {
    fn tear_after(&mut self, writes: u64) {
        self.reader.card_mut().tear_after(writes);
    }

    fn is_without_power(&self) -> bool {
        !self.reader.card().is_powered()
    }

    fn power_on(&mut self) {
        let card = self.reader.card_mut();
        card.power_off();
        card.power_on();
    }

    fn writes(&self) -> u64 {
        self.reader.card().writes()
    }

    fn set_sequence_counter(&mut self, key_version: u8, counter: u32) -> bool {
        self.reader.card_mut().set_sequence_counter(key_version, counter)
    }
}
