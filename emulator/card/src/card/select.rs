//! SELECT by name [GPCS 2.3.1 §6.4.2, §11.9].

use faults::Fault;
use globalplatform::data::{ApplicationState, ImplicitSelection, Privileges};
use iso7816::{Aid, Command, Response, StatusWord, tlv::Writer};

use super::Card;
use crate::{
    channel::{LogicalChannel, Selected},
    profile::Transmission,
    state::{Application, Domain},
};

/// Card life cycle state CARD_LOCKED [GPCS 2.3.1 §5.1.1.4].
const CARD_LOCKED: u8 = 0x7F;
const TERMINATED: u8 = 0xFF;
/// P2: first or only occurrence, next occurrence.
const OCCURRENCE_MASK: u8 = 0xF3;
const NEXT: u8 = 0x02;
/// P2: both bits ask for no response data [ISO 7816-4 §11.2.2]; any other value gets the FCI.
const NO_RESPONSE_DATA: u8 = 0x0C;

impl Card {
    pub(super) fn select(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        if command.header.secure_messaging() && !faults::active(Fault::SelectWithSecureMessaging) {
            return Err(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED);
        }
        let next = match command.header.p2 & OCCURRENCE_MASK {
            0 => false,
            NEXT => true,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let found = if command.data.is_empty() && !next {
            Some(Selected::Domain(Domain::Issuer))
        } else {
            self.find_by_name(channel, &command.data, next)?
        };
        if let (None, Selected::Application(aid)) = (found, self.channel(channel)?.selected)
            && self.instances.get(&aid).is_some_and(|applet| applet.takes_select())
        {
            return self.process(channel, aid, command);
        }
        if found.is_none() && faults::active(Fault::FailedSelectDeselects) {
            self.channel(channel)?.selected = Selected::Nothing;
        }
        let found = found.ok_or(StatusWord::NOT_FOUND)?;
        let locked = self.registry.isd.life_cycle == CARD_LOCKED;
        if locked && !self.is_final(found) && !faults::active(Fault::LockedCardSelectsApplications)
        {
            return Err(StatusWord::FUNCTION_NOT_SUPPORTED);
        }
        let mut response = match found {
            Selected::Application(aid) => {
                return self.select_application(channel, aid, Some(command));
            }
            Selected::Domain(domain) => self.select_domain(channel, domain, command)?,
            Selected::Nothing => return Err(StatusWord::NOT_FOUND),
        };
        if locked && !faults::active(Fault::LockedCardSelectedSilently) {
            response.status = StatusWord::CARD_LOCKED;
        }
        Ok(response)
    }

    fn select_domain(
        &mut self,
        channel: usize,
        domain: Domain,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        self.leave(channel);
        let open = self.channel(channel)?;
        let before = core::mem::replace(open, LogicalChannel::new(Selected::Domain(domain)));
        if faults::active(Fault::SelectKeepsSession) {
            open.session = before.session;
        }
        let silent = command.header.p2 & NO_RESPONSE_DATA == NO_RESPONSE_DATA;
        Ok(Response::ok(if silent { Vec::new() } else { self.domain_fci(domain) }))
    }

    /// Whether it is what remains selectable on a locked card [GPCS 2.3.1 §5.1.1.4].
    fn is_final(&self, selected: Selected) -> bool {
        match (self.registry.holder(Privileges::FINAL_APPLICATION), selected) {
            (None, Selected::Domain(domain)) => domain == Domain::Issuer,
            (
                Some(holder),
                Selected::Application(aid) | Selected::Domain(Domain::Supplementary(aid)),
            ) => aid == holder,
            _ => false,
        }
    }

    /// The first selectable entry whose AID begins with `name`; with `next`, the first after the one that is selected.
    fn find_by_name(
        &mut self,
        channel: usize,
        name: &[u8],
        next: bool,
    ) -> Result<Option<Selected>, StatusWord> {
        let current = self.channel(channel)?.selected;
        let domain = (self.registry.isd.aid, Selected::Domain(Domain::Issuer));
        let selectable = self.registry.applications().filter(|entry| may_be_selected(entry));
        let applications = selectable.map(|entry| (entry.aid, selection_of(entry)));
        let mut all = core::iter::once(domain).chain(applications);
        if next && !faults::active(Fault::NextOccurrenceRestarts) {
            all.by_ref().find(|(_, selected)| *selected == current);
        }
        let whole = faults::active(Fault::PartialNameNotFound);
        let named = |aid: &Aid| aid.starts_with(name) && !(whole && aid.as_bytes() != name);
        Ok(all.find(|(aid, _)| named(aid)).map(|(_, selected)| selected))
    }

    /// Selects an application, by a command or implicitly [JCRE 3.0.5 §4.5].
    pub(super) fn select_application(
        &mut self,
        channel: usize,
        aid: Aid,
        command: Option<&Command>,
    ) -> Result<Response, StatusWord> {
        let again = self.channel(channel)?.selected == Selected::Application(aid);
        if self.is_busy(channel, aid) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.leave_for(channel, again);
        *self.channel(channel)? = LogicalChannel::new(Selected::Application(aid));
        let entered = self
            .with_applet(Some(channel), aid, |applet, host| applet.enter(host, command, again))
            .unwrap_or(Err(StatusWord::APPLET_SELECT_FAILED));
        if entered.is_err() {
            self.channel(channel)?.selected = Selected::Nothing;
        }
        entered
    }

    /// Whether an application is selected elsewhere and cannot be on this channel, too: one of the virtual machine may be made for
    /// that, one in ROM is not [JCRE 3.0.5 §4.2].
    fn is_busy(&mut self, channel: usize, aid: Aid) -> bool {
        if self.java.applet(aid).is_some() {
            return self.java.is_busy(aid, channel);
        }
        let selected = Selected::Application(aid);
        let mut others = self.channels.iter().enumerate().filter(|(index, _)| *index != channel);
        others.any(|(_, open)| open.as_ref().is_some_and(|open| open.selected == selected))
    }

    /// Deselects what is selected on a channel; its session ends.
    pub(super) fn leave(&mut self, channel: usize) {
        self.leave_for(channel, false);
    }

    /// Deselects what is selected on a channel; `again`: it is going to be selected again.
    fn leave_for(&mut self, channel: usize, again: bool) {
        let Ok(open) = self.channel(channel) else { return };
        if let Selected::Application(aid) = open.selected {
            self.with_applet(Some(channel), aid, |applet, host| applet.leave(host, again));
        }
    }

    /// Opens a channel: the application that is registered for it is selected, or else the one with the Card Reset privilege, or else
    /// the issuer security domain; on a locked card the final application [GPCS 2.3.1 §6.4.1, §6.4.2.1.1].
    pub(super) fn open_channel(&mut self, channel: usize) {
        let Some(slot) = self.channels.get_mut(channel) else { return };
        *slot = Some(LogicalChannel::new(Selected::Domain(Domain::Issuer)));
        let entry = match self.registry.isd.life_cycle {
            TERMINATED => None,
            CARD_LOCKED => self.registry.holder(Privileges::FINAL_APPLICATION),
            _ if channel > 0 && faults::active(Fault::NewChannelSelectsNothing) => {
                return *slot = Some(LogicalChannel::new(Selected::Nothing));
            }
            _ if faults::active(Fault::CardResetPrivilegeIgnored) => None,
            _ => self.registered_for(channel).or_else(|| self.registry.default_selected()),
        };
        let entry = entry.and_then(|aid| self.registry.application(aid));
        match entry.map(selection_of) {
            Some(Selected::Application(aid)) if !self.is_busy(channel, aid) => {
                let response = self.select_application(channel, aid, None);
                self.settle(response.unwrap_or_else(Response::status));
            }
            Some(selected @ Selected::Domain(_)) => {
                if let Some(slot) = self.channels.get_mut(channel) {
                    *slot = Some(LogicalChannel::new(selected));
                }
            }
            _ => {}
        }
    }

    /// The application that is selected by itself on a channel of this interface.
    fn registered_for(&self, channel: usize) -> Option<Aid> {
        use Transmission::{ContactlessA, ContactlessB};
        let contactless =
            matches!(self.personality.java_card.protocol, ContactlessA | ContactlessB);
        let here = |byte: &u8| {
            let selection = ImplicitSelection(*byte);
            let on_interface =
                if contactless { selection.contactless() } else { selection.contact() };
            on_interface && usize::from(selection.channel()) == channel
        };
        let mut selectable = self.registry.applications().filter(|entry| entry.is_selectable());
        let found = selectable.find(|entry| entry.implicit_selection.iter().any(here));
        found.map(|entry| entry.aid)
    }

    /// File control information of a security domain [GPCS 2.3.1 §11.9.3.1].
    fn domain_fci(&self, domain: Domain) -> Vec<u8> {
        let aid = self.registry.aid_of(domain);
        Writer::new()
            .constructed(0x6F, |fci| {
                fci.object(0x84, aid.as_bytes()).constructed(0xA5, |inner| {
                    if faults::active(Fault::FciWithoutBlockLength) {
                        return inner;
                    }
                    inner.object(0x9F65, &[self.personality.block_size])
                })
            })
            .finish()
    }
}

/// Whether SELECT finds an entry.
fn may_be_selected(entry: &Application) -> bool {
    entry.is_selectable()
        || entry.is_locked() && faults::active(Fault::LockedApplicationSelected)
        || entry.life_cycle == ApplicationState::INSTALLED.0
            && faults::active(Fault::InstalledApplicationSelected)
}

/// What is selected with an entry.
fn selection_of(entry: &Application) -> Selected {
    if entry.is_domain() {
        Selected::Domain(Domain::Supplementary(entry.aid))
    } else {
        Selected::Application(entry.aid)
    }
}
