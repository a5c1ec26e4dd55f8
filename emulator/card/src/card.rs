//! The card: birth, power, and the way of a command from bytes to bytes.

mod call;
mod dispatch;
mod issue;
mod manage_channel;
mod select;
mod settle;
mod transmission;

use core::fmt;
use std::collections::BTreeMap;

use faults::Fault;
use iso7816::{Aid, Command, Response, StatusWord};
use thiserror::Error;

use self::transmission::Waiting;

use crate::{
    applet::{Applet, ExecutableModule},
    channel::{CHANNEL_COUNT, LogicalChannel, Selected},
    domain::LoadPolicy,
    image::{ImageError, ImageStore, MemoryImage},
    nvm::WriteLog,
    profile::{CardProfile, Personality, ProfileError},
    random::Random,
    state::{self, Domain, Registry},
    trace::Seen,
    vm::{Failure, JavaCard},
};

/// Most modules a card can have.
const MODULES_MAX: usize = 64;

/// Why there is no card.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CardError {
    /// The image is at fault.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// An installed instance needs a module that was not passed in.
    #[error("instance {instance} needs module {module}, which is not there")]
    ModuleMissing {
        /// AID of the instance.
        instance: Aid,
        /// AID of its module.
        module: Aid,
    },
    /// Too many modules were passed in.
    #[error("more than {MODULES_MAX} modules")]
    ModulesTooMany,
    /// The profile is at fault.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The card's own code refused with this status, e.g. because the memory is too small.
    #[error("the card refused with {0}")]
    Refused(StatusWord),
    /// An instance could not be brought back from its records.
    #[error("instance {instance} cannot be restored: {status}")]
    RestoreFailed {
        /// AID of the instance.
        instance: Aid,
        /// What its module answered.
        status: StatusWord,
    },
}

/// A card.
///
/// It is born without power: [`Card::power_on`] comes first, as in a reader.
pub struct Card {
    pub(crate) personality: Personality,
    pub(crate) modules: Vec<Box<dyn ExecutableModule>>,
    pub(crate) load_policy: LoadPolicy,
    pub(crate) random: Box<dyn Random>,
    pub(crate) log: WriteLog,
    pub(crate) registry: Registry,
    pub(crate) instances: BTreeMap<Aid, Box<dyn Applet>>,
    pub(crate) java: JavaCard,
    atr: Vec<u8>,
    pub(crate) channels: [Option<LogicalChannel>; CHANNEL_COUNT],
    waiting: Option<Waiting>,
    powered: bool,
}

impl Card {
    /// A card without a file: it lives as long as the value. `modules` are masked into its ROM.
    ///
    /// # Errors
    /// When the profile describes no card, or its memory is too small for its keys.
    pub fn new(
        profile: &CardProfile,
        modules: Vec<Box<dyn ExecutableModule>>,
        random: Box<dyn Random>,
    ) -> Result<Self, CardError> {
        Self::create(profile, Box::new(MemoryImage::default()), modules, random)
    }

    /// A new card in an empty image.
    ///
    /// # Errors
    /// As [`Card::new`]; `Image` when the image cannot be written or holds a card already.
    pub fn create(
        profile: &CardProfile,
        image: Box<dyn ImageStore>,
        modules: Vec<Box<dyn ExecutableModule>>,
        random: Box<dyn Random>,
    ) -> Result<Self, CardError> {
        profile.check()?;
        let mut log = WriteLog::open(image)?;
        if log.used() > 0 {
            return Err(ImageError::Occupied.into());
        }
        log.set_capacity(capacity(&profile.personality));
        state::create(&mut log, profile).map_err(CardError::Refused)?;
        log.commit().map_err(|error| CardError::Refused(error.into()))?;
        Self::with_log(log, modules, random)
    }

    /// The card that an image holds, with the same modules as before.
    ///
    /// # Errors
    /// `Image` when the image cannot be read or holds no card, `ModuleMissing`, `RestoreFailed`.
    pub fn open(
        image: Box<dyn ImageStore>,
        modules: Vec<Box<dyn ExecutableModule>>,
        random: Box<dyn Random>,
    ) -> Result<Self, CardError> {
        Self::with_log(WriteLog::open(image)?, modules, random)
    }

    fn with_log(
        mut log: WriteLog,
        mut modules: Vec<Box<dyn ExecutableModule>>,
        random: Box<dyn Random>,
    ) -> Result<Self, CardError> {
        if modules.len() > MODULES_MAX {
            return Err(CardError::ModulesTooMany);
        }
        let personality = state::personality(&log)?;
        if let Some(rom) = &personality.rom {
            modules.retain(|module| rom.contains(&module.load_file()));
        }
        log.set_capacity(capacity(&personality));
        let mut card = Self {
            registry: Registry::load(&mut log)?,
            java: JavaCard::new(&personality.java_card),
            atr: state::atr(&log).unwrap_or_else(|| personality.atr.clone()),
            load_policy: personality.java_card.load,
            personality,
            modules,
            random,
            log,
            instances: BTreeMap::new(),
            channels: Default::default(),
            waiting: None,
            powered: false,
        };
        card.restore_machine()?;
        card.restore_instances()?;
        Ok(card)
    }

    /// The answer to reset. What an applet changed of it is there after the next reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Power comes on: volatile state is gone, the default application is selected on channel 0.
    ///
    /// What that application writes then may be torn, too, see [`Card::tear_after`]; the card is without power afterwards.
    pub fn power_on(&mut self) {
        if self.powered {
            self.log.forget_tear();
        }
        if self.log.power_on() {
            self.reload();
        }
        self.powered = true;
        self.waiting = None;
        if let Some(atr) = state::atr(&self.log) {
            self.atr = atr;
        }
        let before = core::mem::take(&mut self.channels);
        self.java.reset();
        self.instances.values_mut().for_each(|applet| applet.reset());
        self.open_channel(0);
        self.keep_by_a_fault(before);
        if self.log.power_lost() {
            self.power_off();
        }
    }

    /// What a planted fault does not let a reset end.
    fn keep_by_a_fault(&mut self, before: [Option<LogicalChannel>; CHANNEL_COUNT]) {
        let sessions = faults::active(Fault::SessionSurvivesReset);
        let channels = faults::active(Fault::ResetKeepsChannels);
        for (number, (slot, before)) in self.channels.iter_mut().zip(before).enumerate() {
            match (slot, before) {
                (Some(open), Some(before)) if sessions => open.session = before.session,
                (slot @ None, Some(before)) if channels && number > 0 => {
                    *slot = Some(LogicalChannel::new(before.selected));
                }
                _ => {}
            }
        }
    }

    /// A warm reset; see [`Card::power_on`]. Without power nothing happens.
    pub fn reset(&mut self) {
        if self.powered {
            self.power_on();
        }
    }

    /// Power goes off. Whatever was not committed is undone.
    pub fn power_off(&mut self) {
        self.powered = false;
        self.channels = Default::default();
        self.waiting = None;
        self.log.forget_tear();
        self.undo();
    }

    /// Whether the card has power; [`Card::tear_after`] takes it away.
    #[must_use]
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// Lets the power fail after the `writes`-th write to persistent memory from now (1 is the next one), once.
    ///
    /// Writes are what [`Card::writes`] counts: each record that is put or deleted, each store of an applet, and the mark that ends
    /// a commit. The command in which that happens is answered 6F00, and so is everything that follows until [`Card::power_on`].
    ///
    /// What the card holds then, and what its image holds already at once, is the state before the torn command or the one after it:
    /// after, if the write was the mark that ends the commit. An applet's stores outside of transactions are commands of their own in this:
    /// those before the cut stay [JCRE 3.0.5 §7.1]. So does what the card commits before it answers: sequence counters of secure
    /// channels, which no cut takes back once a card challenge or a session was made with them.
    ///
    /// A tear that was set on a card with power is forgotten at [`Card::reset`] and [`Card::power_off`]. One that was set on a card
    /// without power counts from [`Card::power_on`], whose implicit selection may run an applet.
    pub const fn tear_after(&mut self, writes: u64) {
        self.log.tear_after(writes);
    }

    /// Sets the sequence counter of a key set of the issuer security domain, as no host can: to see what becomes of it at its end. `false`
    /// where there is no such key set, or no room for the counter.
    pub fn set_sequence_counter(&mut self, key_version: u8, counter: u32) -> bool {
        let domain = Domain::Issuer;
        state::KeySetRecord::load(&self.log, domain, key_version).is_some()
            && state::KeySetRecord::advance_counter(&mut self.log, domain, key_version, counter)
                .is_ok()
    }

    /// Whether what happens in the card is noted for [`Card::seen`]. At first it is not.
    pub fn watch(&mut self, on: bool) {
        self.log.trace.watch(on);
    }

    /// What happened in the card since this was asked last; nothing while nobody [watches](Card::watch).
    #[must_use]
    pub fn seen(&mut self) -> Seen {
        self.log.trace.take()
    }

    /// Answers one command. Any bytes whatever get a response of at least two bytes.
    ///
    /// A card without power answers 6F00.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.powered {
            return Response::status(StatusWord::UNKNOWN).to_bytes();
        }
        let longest = usize::try_from(self.personality.command_length_max).unwrap_or(usize::MAX);
        let response = match Command::parse(command) {
            _ if command.len() > longest => Response::status(StatusWord::WRONG_LENGTH),
            Ok(command) => self.answer(&command),
            Err(_) => Response::status(StatusWord::WRONG_LENGTH),
        };
        if self.log.power_lost() {
            self.power_off();
            return Response::status(StatusWord::UNKNOWN).to_bytes();
        }
        response.to_bytes()
    }

    /// Why the virtual machine refused or ended the last command, if it did: what a status word cannot say.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        self.java.failure()
    }

    /// Whether an application or a supplementary security domain is selected on any logical channel.
    pub(crate) fn is_selected(&self, aid: Aid) -> bool {
        let selected = [Selected::Application(aid), Selected::Domain(Domain::Supplementary(aid))];
        self.channels.iter().flatten().any(|channel| selected.contains(&channel.selected))
    }

    /// Logical channels of this card, the basic one included.
    pub(crate) fn channel_count(&self) -> usize {
        usize::from(self.personality.channels).min(CHANNEL_COUNT)
    }

    /// An open logical channel.
    pub(crate) fn channel(&mut self, index: usize) -> Result<&mut LogicalChannel, StatusWord> {
        self.channels
            .get_mut(index)
            .and_then(Option::as_mut)
            .ok_or(StatusWord::CHANNEL_NOT_SUPPORTED)
    }
}

/// Shows which card it is, nothing that it holds.
impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registry, powered, .. } = self;
        write!(f, "Card(ISD {}, state {:02X}, ", registry.isd.aid, registry.isd.life_cycle)?;
        write!(f, "{})", if *powered { "powered" } else { "without power" })
    }
}

fn capacity(personality: &Personality) -> usize {
    usize::try_from(personality.memory).unwrap_or(usize::MAX)
}
