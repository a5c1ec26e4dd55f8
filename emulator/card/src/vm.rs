//! The virtual machine as a part of the card: packages and applets that were loaded, beside those in the mask.
//!
//! The machine is held in memory whole; what is persistent of it is mirrored in records of the write log ([`records`]): a package and
//! its static fields belong to its load file, objects to the instance that made them. A run ([`run`]) gives the machine the memory and
//! the writes that the card has left, and mirrors what it changed. Changes of packages and instances take effect in the machine at
//! once or at the end of the command, such that a command that fails can be taken back ([`JavaCard::take_back`]).

mod applet;
mod failure;
mod global_platform;
mod install;
mod load;
mod platform;
mod records;
mod run;

use iso7816::Aid;
use javacard_api::{ApiState, Protocol, TABLE, classes};
use jcvm::{AppletId, Machine, PackageId};

pub use self::failure::Failure;
pub(crate) use self::{applet::VmApplet, install::install, platform::CardPlatform};
use crate::{
    channel::CHANNEL_COUNT,
    image::ImageError,
    profile::{JavaCardLevel, JavaCardProfile, Transmission},
    trace::MachineRun,
};

/// The Java Card runtime environment of one card.
pub(crate) struct JavaCard {
    machine: Machine,
    api: ApiState,
    verify: bool,
    level: JavaCardLevel,
    protocol: Protocol,
    /// The applet that is selected on each logical channel.
    active: [Option<AppletId>; CHANNEL_COUNT],
    /// What the command in progress changed or is going to change, in this order.
    pending: Vec<Pending>,
    pin: PinState,
    /// Why the command in progress was refused, for whoever wants to know more than the status word.
    failure: Option<Failure>,
    /// The machine is ahead of its records, which could not be written: it must be made anew.
    stale: bool,
    /// What ran since it was asked last.
    ran: Option<MachineRun>,
}

/// What became of the global PIN since the card was reset.
#[derive(Default)]
pub(crate) struct PinState {
    submitted: bool,
    verified: bool,
}

/// A change of packages or instances.
enum Pending {
    /// Is there already; goes when the command fails.
    Loaded(PackageId),
    Installed(AppletId),
    /// Is still there; goes when the command succeeds.
    Unload(PackageId),
    Remove(AppletId),
}

impl JavaCard {
    /// A machine without packages.
    pub(crate) fn new(profile: &JavaCardProfile) -> Self {
        Self {
            machine: Machine::new(&TABLE, &profile.limits()),
            api: ApiState::default(),
            verify: profile.verify,
            level: profile.level,
            protocol: match profile.protocol {
                Transmission::T0 => Protocol::T0,
                Transmission::Apdu | Transmission::T1 => Protocol::T1,
                Transmission::ContactlessA => Protocol::ContactlessA,
                Transmission::ContactlessB => Protocol::ContactlessB,
            },
            active: Default::default(),
            pending: Vec::new(),
            pin: PinState::default(),
            failure: None,
            stale: false,
            ran: None,
        }
    }

    /// The machine has what its image holds; the runtime environment makes its own objects.
    fn start(&mut self) -> Result<(), ImageError> {
        let started = self.api.start(&mut self.machine);
        started.map_err(|_| ImageError::Corrupt("no room for the virtual machine"))
    }

    /// Volatile memory is gone.
    pub(crate) fn reset(&mut self) {
        self.machine.reset();
        self.api.reset();
        self.active = Default::default();
        self.pin = PinState::default();
    }

    /// Volatile memory that applets may still take, in bytes: what is cleared on reset and what is cleared on deselection.
    pub(crate) const fn volatile_free(&self) -> usize {
        let (reset, deselect) = self.machine.heap().transient_free();
        reset.saturating_add(deselect)
    }

    /// Volatile memory of each kind that is not kept for any applet, the lesser of the two, in bytes.
    pub(crate) fn volatile_unreserved(&self) -> usize {
        let (reset, deselect) = self.machine.heap().transient_free_for(AppletId::NONE);
        reset.min(deselect)
    }

    /// A loaded package.
    pub(crate) fn package(&self, aid: Aid) -> Option<PackageId> {
        self.machine.code().packages().find(|package| package.aid == aid).map(|package| package.id)
    }

    /// The loaded package that has this applet.
    pub(crate) fn package_of(&self, load_file: Option<Aid>, module: Aid) -> Option<Aid> {
        let mut packages = self.machine.code().packages();
        let has = |package: &&jcvm::LoadedPackage| {
            let applets = package.cap.applet.iter().flat_map(|component| &component.applets);
            load_file.is_none_or(|aid| package.aid == aid)
                && applets.into_iter().any(|applet| applet.aid == module)
        };
        packages.find(has).map(|package| package.aid)
    }

    /// All loaded packages: AID, version, applets.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (Aid, [u8; 2], Vec<Aid>)> {
        self.machine.code().packages().map(|package| {
            let applets = package.cap.applet.iter().flat_map(|component| &component.applets);
            let (major, minor) = package.version;
            (package.aid, [major, minor], applets.map(|applet| applet.aid).collect())
        })
    }

    /// The applet of an instance.
    pub(crate) fn applet(&self, instance: Aid) -> Option<AppletId> {
        self.machine.applets().find(|(_, record)| record.aid == instance).map(|(id, _)| id)
    }

    /// Whether an applet cannot be selected on a channel: its package is active on another one, and it is not made for that
    /// [JCRE 3.0.5 §4.2].
    pub(crate) fn is_busy(&mut self, instance: Aid, channel: usize) -> bool {
        let package = |id: AppletId| {
            let mut applets = self.machine.applets();
            applets.find(|(known, _)| *known == id).map(|(_, record)| record.package)
        };
        let Some(applet) = self.applet(instance) else { return false };
        let own = package(applet);
        let mut others = (0..).zip(&self.active).filter(|(index, _)| *index != channel);
        let shared = others.any(|(_, active)| active.is_some_and(|active| package(active) == own));
        shared && !self.is_multi_selectable(applet)
    }

    fn is_multi_selectable(&mut self, applet: AppletId) -> bool {
        let vm = self.machine.vm();
        let instance = vm.applet_record(applet).map(|record| record.instance);
        instance.is_some_and(|instance| vm.is_instance(instance, classes::MULTI_SELECTABLE))
    }

    /// Why the last command was refused.
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// What ran since this was asked last.
    pub(crate) const fn take_run(&mut self) -> Option<MachineRun> {
        self.ran.take()
    }

    /// A command begins.
    pub(crate) fn begin_command(&mut self) {
        self.failure = None;
    }
}
