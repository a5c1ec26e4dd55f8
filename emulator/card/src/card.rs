//! The card: birth, power, and the way of a command from bytes to bytes.

mod dispatch;
mod issue;
mod manage_channel;
mod select;
mod transmission;

use core::fmt;
use std::collections::BTreeMap;

use globalplatform::data::Privileges;
use iso7816::{Aid, Command, Response, StatusWord};
use thiserror::Error;

use self::transmission::Waiting;

use crate::{
    applet::{Applet, ExecutableModule},
    channel::{CHANNEL_COUNT, LogicalChannel, Selected},
    domain::{DOMAIN_LOAD_FILE, DOMAIN_MODULE, LoadPolicy},
    host::Host,
    image::{ImageError, ImageStore, MemoryImage},
    nvm::{Nvm, NvmError, Owner, WriteLog},
    profile::{CardProfile, Personality, ProfileError},
    random::Random,
    secure_channel::Session,
    state::{self, Application, Domain, LoadFileEntry, Registry},
    trace::{self, EntryPoint, Seen},
    vm::{self, Failure, JavaCard},
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
        self.channels = Default::default();
        self.java.reset();
        self.instances.values_mut().for_each(|applet| applet.reset());
        self.open_channel(0);
        if self.log.power_lost() {
            self.power_off();
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

    /// Installs and makes selectable an instance without any command, as a card manufacturer does.
    ///
    /// # Errors
    /// The status word that INSTALL would have answered.
    pub fn install(
        &mut self,
        module: Aid,
        instance: Aid,
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        self.install_with(module, instance, Privileges::empty(), parameters)
    }

    /// As [`Card::install`], with privileges. With [`Privileges::SECURITY_DOMAIN`] and [`DOMAIN_MODULE`](crate::DOMAIN_MODULE) it is
    /// a supplementary security domain, of which `parameters` are the traits (the value of C9).
    ///
    /// # Errors
    /// The status word that INSTALL would have answered.
    pub fn install_with(
        &mut self,
        module: Aid,
        instance: Aid,
        privileges: Privileges,
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        self.java.begin_command();
        let load_file = self.load_file_of(None, module)?;
        self.check_privileges(instance, module, privileges)?;
        let mut entry = Application::installed(instance, load_file, module, Domain::Issuer);
        entry.privileges = privileges.to_bytes();
        let installed = self.install_instance(entry, parameters).and_then(|()| {
            self.registry.set_life_cycle(&mut self.log, instance, 0x07)?;
            Ok(self.commit()?)
        });
        if installed.is_err() {
            self.undo();
        }
        installed
    }

    /// Why the virtual machine refused or ended the last command, if it did: what a status word cannot say.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        self.java.failure()
    }

    /// Loads a package without any command, as a card manufacturer does: the content of a load file data block.
    ///
    /// # Errors
    /// The status word that the last LOAD would have answered; [`Card::failure`] knows more.
    pub fn load(&mut self, file: &[u8]) -> Result<Aid, StatusWord> {
        self.java.begin_command();
        let aid = self.java.package_aid(file)?;
        let loaded = self.check_load_file(aid).and_then(|()| {
            self.java.load(&mut self.log, aid, file)?;
            let entry = LoadFileEntry { aid, domain: Domain::Issuer };
            self.registry.put_load_file(&mut self.log, entry)?;
            Ok(self.commit()?)
        });
        if loaded.is_err() {
            self.undo();
        }
        loaded.map(|()| aid)
    }

    /// Ends a command: what it wrote is committed if it succeeded (9000, 61xx, 62xx, 63xx), undone otherwise.
    pub(crate) fn settle(&mut self, response: Response) -> Response {
        let status = response.status;
        let succeeded = status.is_ok() || status.is_warning() || status.bytes_available().is_some();
        if !succeeded {
            self.undo();
            return response;
        }
        match self.commit() {
            Ok(()) => response,
            Err(error) => {
                self.undo();
                Response::status(error.into())
            }
        }
    }

    /// What the command wrote survives, in the virtual machine and out of it.
    pub(crate) fn commit(&mut self) -> Result<(), NvmError> {
        if self.log.power_lost() {
            return Err(NvmError::PowerLost);
        }
        self.java.mirror(&mut self.log)?;
        let committed = self.log.commit();
        if self.log.has_uncommitted() {
            // The machine is ahead of records that could not be written.
            self.java.outdate();
        } else {
            // Also when the power failed after the mark that ends the commit.
            self.java.settle();
        }
        committed
    }

    pub(crate) fn undo(&mut self) {
        let system_changed = self.log.roll_back();
        self.java.take_back(&self.log);
        if system_changed {
            self.reload();
        }
        if self.java.is_stale()
            && let Err(error) = self.restore_machine()
        {
            tracing::error!(%error, "virtual machine not restored");
        }
    }

    /// Makes the virtual machine anew from its records.
    fn restore_machine(&mut self) -> Result<(), CardError> {
        let mut java = JavaCard::new(&self.personality.java_card);
        java.restore(&self.log, &self.registry)?;
        self.java = java;
        Ok(())
    }

    /// The records of the system were taken back: registry and instances follow them.
    fn reload(&mut self) {
        match Registry::load(&mut self.log) {
            Ok(registry) => self.registry = registry,
            Err(error) => tracing::error!(%error, "registry not reloaded"),
        }
        if let Err(error) = self.restore_instances() {
            tracing::error!(%error, "instance not restored");
        }
    }

    /// Makes the instances those of the registry.
    fn restore_instances(&mut self) -> Result<(), CardError> {
        let registry = &self.registry;
        self.instances.retain(|aid, _| registry.application(*aid).is_some());
        let missing: Vec<(Aid, Aid)> = registry
            .applications()
            .filter(|entry| !entry.is_domain() && !self.instances.contains_key(&entry.aid))
            .map(|entry| (entry.aid, entry.module))
            .collect();
        for (instance, module) in missing {
            if let Some(applet) = self.java.instance(instance) {
                self.instances.insert(instance, applet);
                continue;
            }
            let index = self
                .modules
                .iter()
                .position(|candidate| candidate.module() == module)
                .ok_or(CardError::ModuleMissing { instance, module })?;
            let applet = self
                .with_module(index, instance, |module, host| module.restore(host))
                .map_err(|status| CardError::RestoreFailed { instance, status })?;
            self.instances.insert(instance, applet);
        }
        Ok(())
    }

    /// The load file that has the module with this AID: this one, if one is named. What was loaded comes before what is in ROM.
    pub(crate) fn load_file_of(
        &self,
        load_file: Option<Aid>,
        module: Aid,
    ) -> Result<Aid, StatusWord> {
        let in_rom = || {
            let mut modules = self.modules.iter();
            let found = modules.find(|candidate| {
                candidate.module() == module
                    && load_file.is_none_or(|load_file| candidate.load_file() == load_file)
            });
            found.map(|found| found.load_file())
        };
        if module == DOMAIN_MODULE && load_file.is_none_or(|aid| aid == DOMAIN_LOAD_FILE) {
            return Ok(DOMAIN_LOAD_FILE);
        }
        let loaded = self.java.package_of(load_file, module);
        loaded.or_else(in_rom).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
    }

    /// Calls a module with a host that has no secure channel.
    pub(crate) fn with_module(
        &mut self,
        index: usize,
        instance: Aid,
        call: impl FnOnce(&dyn ExecutableModule, &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord>,
    ) -> Result<Box<dyn Applet>, StatusWord> {
        let domain = self.key_domain_of(instance);
        let module = self.modules.get(index).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let mut host = Host {
            nvm: Nvm::new(&mut self.log, Owner::Instance(instance), true),
            instance,
            random: self.random.as_mut(),
            session: &mut Session::None,
            registry: &mut self.registry,
            personality: &self.personality,
            java: &mut self.java,
            channel: None,
            domain,
        };
        call(module.as_ref(), &mut host)
    }

    /// Makes an instance of a loaded applet, with a host that has no secure channel.
    pub(crate) fn install_loaded(
        &mut self,
        (load_file, module): (Aid, Aid),
        instance: Aid,
        privileges: [u8; 3],
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord> {
        let domain = self.key_domain_of(instance);
        let mut host = Host {
            nvm: Nvm::new(&mut self.log, Owner::Instance(instance), true),
            instance,
            random: self.random.as_mut(),
            session: &mut Session::None,
            registry: &mut self.registry,
            personality: &self.personality,
            java: &mut self.java,
            channel: None,
            domain,
        };
        trace::watched(&mut host, EntryPoint::Install, |host| {
            vm::install(host, load_file, module, privileges, parameters)
        })
    }

    /// Calls an instance, with the secure channel of a logical channel or none. `None`: there is no such instance.
    pub(crate) fn with_applet<R>(
        &mut self,
        channel: Option<usize>,
        instance: Aid,
        call: impl FnOnce(&mut dyn Applet, &mut Host<'_>) -> R,
    ) -> Option<R> {
        let domain = self.key_domain_of(instance);
        let applet = self.instances.get_mut(&instance)?;
        let mut detached = Session::None;
        let number = channel.and_then(|index| u8::try_from(index).ok());
        let channel = channel.and_then(|index| self.channels.get_mut(index)?.as_mut());
        let mut host = Host {
            nvm: Nvm::new(&mut self.log, Owner::Instance(instance), channel.is_none()),
            instance,
            random: self.random.as_mut(),
            session: channel.map_or(&mut detached, |channel| &mut channel.session),
            registry: &mut self.registry,
            personality: &self.personality,
            java: &mut self.java,
            channel: number,
            domain,
        };
        Some(call(&mut trace::Watched(applet.as_mut()), &mut host))
    }

    /// The domain whose keys serve the secure channels of an application.
    fn key_domain_of(&self, application: Aid) -> Domain {
        self.registry.key_domain(&self.log, self.registry.associated(application))
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
