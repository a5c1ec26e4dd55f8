//! A profile from a card in a reader, out of what the card tells everybody.
//!
//! Only commands that change nothing are sent: SELECT, and GET DATA of public objects. INITIALIZE UPDATE is not among them, although it
//! would tell the secure channel for certain: a card may count it as an attempt that failed, or advance its sequence counter, and a
//! card that has had too many of them is lost.

mod keys;
mod text;

use card::{Card, CardProfile, JavaCardLevel, Personality, Transmission, profile::COOLKEY_ATR};
use globalplatform::command::{GetData, Select};
use globalplatform::data::{CardRecognitionData, Cplc, FileControlInformation};
use iso7816::{Aid, Atr, tlv};
use reader::{CardReader, ReaderError};

use self::keys::Channels;
use crate::{InProcessReader, modules, random};

/// Security domains that hosts look for when SELECT without data finds none.
const ISSUER_DOMAINS: [&[u8]; 5] = [
    b"\xA0\x00\x00\x01\x51\x00\x00\x00",
    b"\xA0\x00\x00\x01\x51\x00\x00",
    b"\xA0\x00\x00\x00\x03\x00\x00\x00",
    b"\xA0\x00\x00\x00\x03\x00\x00",
    b"\xA0\x00\x00\x00\x18\x43\x4D\x00",
];
/// The objects that are asked for, by tag [GPCS 2.3.1 §11.3, §H].
const IIN: u16 = 0x42;
const CIN: u16 = 0x45;
const CARD_DATA: u16 = 0x66;
const CAPABILITIES: u16 = 0x67;
const SEQUENCE_COUNTER: u16 = 0xC1;
const DIVERSIFICATION: u16 = 0xCF;
const KEY_INFORMATION: u16 = 0xE0;
const CPLC: u16 = 0x9F7F;
/// Longest IIN and CIN of a profile, in bytes.
const NUMBER_LENGTH_MAX: usize = 16;
/// The environment in the card recognition data, and how its identifier begins for Java Card: 1.3.6.1.4.1.42.2.110.1.
const ENVIRONMENT: u32 = 0x66;
const JAVA_CARD: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x2A\x02\x6E\x01";

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// A profile that describes the same card to whoever asks.
    pub profile: CardProfile,
    /// What the card did not tell, and what was assumed instead.
    pub notes: Vec<String>,
}

/// Reads a card's public data with commands that change nothing.
///
/// # Errors
/// When there is no card, or the reader fails. A card that tells little is no error: the notes say so.
pub fn read(reader: &mut dyn CardReader) -> Result<Reading, ReaderError> {
    let atr = reader.connect()?;
    let mut card = Telling { reader, notes: Vec::new() };
    let mut personality = of_atr(&atr);
    card.select(&mut personality)?;
    card.identify(&mut personality)?;
    let told = card.object(CARD_DATA)?;
    let recognition = told.as_deref().and_then(|bytes| CardRecognitionData::parse(bytes).ok());
    card.recognize(&mut personality, recognition.as_ref());
    let information = card.object(KEY_INFORMATION)?;
    let counter = card.value(SEQUENCE_COUNTER)?;
    let channels = Channels {
        recognition: recognition.as_ref(),
        counter_length: counter.map(|counter| counter.len()),
    };
    let key_sets = channels.key_sets(information.as_deref(), &mut card.notes);
    keys::put_key_options(&mut personality, &key_sets);
    let capabilities = card.value(CAPABILITIES)?;
    let mut profile = CardProfile { personality, key_sets, ..CardProfile::default() };
    let card_data = told.and_then(|told| value_of(CARD_DATA, &told));
    card.tell_as_the_card_does(&mut profile, card_data, capabilities);
    Ok(Reading { profile, notes: card.notes })
}

/// What the answer to reset tells.
fn of_atr(atr: &Atr) -> Personality {
    let mut personality = Personality { atr: atr.as_bytes().to_vec(), ..Personality::default() };
    personality.java_card.protocol = Transmission::offered_by(atr);
    // Only a token that looks like one has the token applet in its ROM.
    personality.rom = Some(Vec::new()).filter(|_| atr.as_bytes() != COOLKEY_ATR);
    personality
}

/// The value of a data object that came with its tag, as it should.
fn value_of(tag: u16, object: &[u8]) -> Option<Vec<u8>> {
    tlv::find(object, u32::from(tag)).ok().flatten().map(<[u8]>::to_vec)
}

/// A card that is asked.
struct Telling<'r> {
    reader: &'r mut dyn CardReader,
    notes: Vec<String>,
}

impl Telling<'_> {
    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// A data object with its tag; none when the card does not have it.
    fn object(&mut self, tag: u16) -> Result<Option<Vec<u8>>, ReaderError> {
        let mut get = GetData::object(tag);
        let mut answer = self.reader.exchange(&get.to_command())?;
        if !answer.status.is_ok() && tag == CPLC {
            get.with_header = false;
            answer = self.reader.exchange(&get.to_command())?;
        }
        Ok(Some(answer.data).filter(|data| answer.status.is_ok() && !data.is_empty()))
    }

    fn value(&mut self, tag: u16) -> Result<Option<Vec<u8>>, ReaderError> {
        Ok(self.object(tag)?.and_then(|object| value_of(tag, &object)))
    }

    /// IIN or CIN, which a profile does not hold in any length.
    fn number(&mut self, tag: u16) -> Result<Vec<u8>, ReaderError> {
        let value = self.value(tag)?.unwrap_or_default();
        if value.len() > NUMBER_LENGTH_MAX {
            self.note(format!("object {tag:02X} has {} bytes and is left out", value.len()));
            return Ok(Vec::new());
        }
        Ok(value)
    }

    /// The issuer security domain: the one that answers SELECT without data, or else one that hosts look for.
    fn select(&mut self, personality: &mut Personality) -> Result<(), ReaderError> {
        let candidates = core::iter::once(&[][..]).chain(ISSUER_DOMAINS);
        for name in candidates {
            let answer = self.reader.exchange(&Select::first(name).to_command())?;
            if !answer.status.is_ok() && !answer.status.is_warning() {
                continue;
            }
            if answer.status.is_warning() {
                self.note(format!(
                    "the card answers SELECT with {}: it may be locked",
                    answer.status
                ));
            }
            let fci = FileControlInformation::parse(&answer.data).unwrap_or_default();
            let named = fci.aid.or_else(|| Aid::new(name).ok());
            if let Some(aid) = named {
                personality.isd_aid = aid;
            } else {
                self.note("the security domain does not tell its AID; isd_aid is the default");
            }
            let length = fci.data_length_max.unwrap_or(usize::from(u8::MAX));
            personality.block_size = u8::try_from(length).unwrap_or(u8::MAX).max(64);
            return Ok(());
        }
        self.note("no security domain answers SELECT; isd_aid and block_size are the defaults");
        Ok(())
    }

    /// What identifies the card.
    fn identify(&mut self, personality: &mut Personality) -> Result<(), ReaderError> {
        match self.object(CPLC)?.and_then(|bytes| Cplc::parse(&bytes).ok()) {
            Some(cplc) => personality.cplc = cplc.into(),
            None => self.note("no CPLC data (9F7F); personality.cplc is the default"),
        }
        personality.iin = self.number(IIN)?;
        personality.cin = self.number(CIN)?;
        let told = self.value(DIVERSIFICATION)?.filter(|kdd| kdd.len() == 10);
        if let Some(kdd) = told.filter(|kdd| kdd.as_slice() != personality.kdd()) {
            personality.kdd = kdd;
        }
        Ok(())
    }

    /// Versions, from the card recognition data.
    fn recognize(
        &mut self,
        personality: &mut Personality,
        recognition: Option<&CardRecognitionData>,
    ) {
        let Some(recognition) = recognition else {
            self.note("no card recognition data (66); the versions are guesses");
            personality.version = vec![2, 1, 1];
            personality.java_card.level = JavaCardLevel::V2_2_2;
            return;
        };
        if (1..=4).contains(&recognition.version.len()) {
            personality.version.clone_from(&recognition.version);
        }
        let environment = recognition.others.iter().find(|(tag, _)| *tag == ENVIRONMENT);
        let major = environment.and_then(|(_, value)| value.strip_prefix(JAVA_CARD)?.first());
        if let Some(level) = major.and_then(|major| JavaCardLevel::of_major(*major)) {
            personality.java_card.level = level;
        } else {
            self.note("the card does not tell its Java Card version; personality.java_card.level is a guess");
            personality.java_card.level = JavaCardLevel::V2_2_2;
        }
    }

    /// Where a card of the profile would tell something else about itself, the profile gets the words of this card.
    fn tell_as_the_card_does(
        &mut self,
        profile: &mut CardProfile,
        card_data: Option<Vec<u8>>,
        capabilities: Option<Vec<u8>>,
    ) {
        let Ok(made) = Card::new(profile, modules(), random()) else {
            let error = profile.check().err().map(|error| error.to_string());
            self.note(format!("no card can be made like this: {}", error.unwrap_or_default()));
            return;
        };
        let mut made = InProcessReader::new(made);
        let mut twin = Telling { reader: &mut made, notes: Vec::new() };
        let mut own = |tag| twin.reader.connect().and_then(|_| twin.value(tag)).ok().flatten();
        let (own_data, own_capabilities) = (own(CARD_DATA), own(CAPABILITIES));
        if card_data != own_data {
            profile.personality.card_data = card_data.unwrap_or_default();
        }
        if capabilities != own_capabilities {
            profile.personality.capabilities = capabilities.unwrap_or_default();
        }
        if profile.check().is_err() {
            profile.personality.card_data = Vec::new();
            profile.personality.capabilities = Vec::new();
            self.note(
                "card data or capabilities are longer than a profile holds; they are left out",
            );
        }
    }
}
