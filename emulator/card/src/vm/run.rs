//! Runs: what the machine gets of the card before one, and what the card gets of the machine after it.

use iso7816::{Aid, Response, StatusWord};
use javacard_api::{Api, Ended, Origin};
use jcvm::{Fault, Machine, PackageId, TransientAllotment};

use super::{CardPlatform, Failure, JavaCard};
use crate::{
    host::Host,
    nvm::{NvmError, Owner},
    state::{Application, Quotas, Registry},
};

impl JavaCard {
    /// The interface and the logical channel of a command.
    pub(super) fn origin(&self, channel: Option<u8>) -> Origin {
        Origin { protocol: self.protocol, channel: channel.unwrap_or(0) }
    }

    /// Tells the machine what the registry says of volatile memory: the tags C7 and D7 of an installation.
    pub(crate) fn allot(&mut self, registry: &Registry) {
        let bytes = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        let allotted = |entry: &Application| {
            let Quotas { volatile, reserved_volatile, .. } = entry.quotas;
            if volatile.is_none() && reserved_volatile.is_none() {
                return None;
            }
            let reserved = reserved_volatile.map_or(0, bytes);
            let allotment = TransientAllotment { quota: volatile.map(bytes), reserved };
            self.applet(entry.aid).map(|applet| (applet, allotment))
        };
        let allotments: Vec<_> = registry.applications().filter_map(allotted).collect();
        self.machine.heap_mut().set_transient_allotments(allotments);
    }

    fn aid_of(&self, package: PackageId) -> Option<Aid> {
        self.machine.code().package(package).map(|package| package.aid)
    }

    /// Notes why a run ended, and says so in a status word.
    pub(super) fn ended(&mut self, ended: Ended) -> StatusWord {
        let failure = Failure::of(ended, |package| self.aid_of(package));
        // What an applet says with an ISOException is its ordinary answer.
        if !matches!(ended, Ended::Exception { iso: true, .. }) {
            tracing::warn!("{failure}");
        }
        self.failure = Some(failure);
        ended.status()
    }
}

/// Lets programs run on behalf of an instance: `calls` gets the native side and the machine.
pub(super) fn run<R>(
    host: &mut Host<'_>,
    calls: impl FnOnce(&mut Api<'_>, &mut Machine) -> R,
) -> R {
    let before = host.java.machine.heap().transactions();
    let result = enter(host, calls);
    let JavaCard { machine, ran, .. } = &mut *host.java;
    let (after, ran) = (machine.heap().transactions(), ran.get_or_insert_default());
    ran.bytecodes += machine.fuel_used();
    ran.committed += after.committed - before.committed;
    ran.aborted += after.aborted - before.aborted;
    result
}

/// The same for what is no call of a program.
fn enter<R>(host: &mut Host<'_>, calls: impl FnOnce(&mut Api<'_>, &mut Machine) -> R) -> R {
    let Host { nvm, instance, random, session, registry, personality, java, .. } = host;
    java.allot(registry);
    let JavaCard { machine, api, active, pin, .. } = &mut **java;
    let heap = machine.heap_mut();
    heap.set_persistent_free(nvm.free());
    heap.set_power_failure(nvm.log.tear_in());
    let mut platform = CardPlatform {
        counted: heap.writes(),
        log: &mut *nvm.log,
        random: &mut **random,
        session,
        registry,
        personality,
        instance: *instance,
        active,
        pin,
    };
    let result = calls(&mut Api::new(&mut platform, api), machine);
    let counted = platform.counted;
    let stores = machine.heap().writes().saturating_sub(counted);
    nvm.log.count_stores(Owner::Instance(*instance), stores);
    machine.heap_mut().set_power_failure(None);
    result
}

/// Ends a call of an instance: the objects that changed are mirrored and survive whatever the applet answers, each store for itself
/// [JCRE 3.0.5 §7.1]. While an instance is installed or deleted nothing survives before the end of the command.
pub(super) fn keep(host: &mut Host<'_>) -> Result<(), StatusWord> {
    if host.nvm.is_indivisible() {
        return if host.nvm.log.power_lost() { Err(StatusWord::UNKNOWN) } else { Ok(()) };
    }
    collect(host);
    host.java.mirror(host.nvm.log)?;
    let kept = host.nvm.log.keep();
    if let Err(error @ NvmError::ImageFailed) = kept {
        host.java.outdate();
        return Err(error.into());
    }
    if host.nvm.log.power_lost() { Err(StatusWord::UNKNOWN) } else { Ok(()) }
}

/// Deletes objects that nothing reaches, if an applet asked for it [JCRE 3.0.5 §8].
fn collect(host: &mut Host<'_>) {
    if host.java.api.take_deletion_request() && !host.nvm.log.power_lost() {
        let reclaimed = host.java.machine.collect(core::iter::empty());
        enter(host, |api, _| jcvm::Native::reclaimed(api, &reclaimed));
    }
}

/// The response that a run came to.
pub(super) fn answer(host: &mut Host<'_>, outcome: Result<Response, Ended>) -> Response {
    match outcome {
        Ok(response) => response,
        Err(Ended::Fault(Fault::PowerLost)) => Response::status(StatusWord::UNKNOWN),
        Err(ended) => Response::status(host.java.ended(ended)),
    }
}
