//! SET STATUS [GPCS 2.3.1 §5.1, §5.3, §11.10].

use faults::Fault;
use globalplatform::{
    command::{SetStatus, StatusScope},
    data::{ApplicationState, CardState, Privileges},
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{Receiver, refused};
use crate::{
    card::Card,
    state::{Application, Domain, IssuerDomain, LOCKED},
};

impl Card {
    pub(super) fn set_status(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let SetStatus { scope, state, aid } = SetStatus::parse(command).map_err(refused)?;
        match (scope, aid) {
            (StatusScope::IssuerSecurityDomain, _) => self.set_card_state(receiver, state)?,
            (StatusScope::Applications, Some(aid)) => {
                self.set_application_state(receiver, aid, state)?;
            }
            (StatusScope::SecurityDomainAndApplications, Some(aid)) => {
                self.set_all_states(receiver, aid, state)?;
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(Response::status(StatusWord::OK))
    }

    /// The card's state is changed by whoever has the privilege for that: Card Terminate, Card Lock; the issuer's domain moves it on
    /// [GPCS 2.3.1 §9.6.3].
    fn set_card_state(&mut self, receiver: Receiver, state: u8) -> Result<(), StatusWord> {
        let Some(next) = CardState::from_byte(state) else {
            let accepted = faults::active(Fault::UnknownCardStateAccepted);
            return if accepted { Ok(()) } else { Err(StatusWord::WRONG_DATA) };
        };
        let current = CardState::from_byte(self.registry.isd.life_cycle);
        let current = current.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        let privileges = self.registry.privileges_of(receiver.domain);
        let may = match next {
            CardState::Terminated => privileges.contains(Privileges::CARD_TERMINATE),
            _ if current == CardState::CardLocked || next == CardState::CardLocked => {
                privileges.contains(Privileges::CARD_LOCK)
            }
            _ => receiver.domain == Domain::Issuer,
        };
        let may = may
            || next == CardState::CardLocked && faults::active(Fault::CardLockedWithoutPrivilege);
        if !may || !may_become(current, next) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let domain = IssuerDomain { life_cycle: next.to_byte(), ..self.registry.isd.clone() };
        self.registry.put_domain(&mut self.log, domain)
    }

    fn set_application_state(
        &mut self,
        receiver: Receiver,
        aid: Aid,
        state: u8,
    ) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        if aid == self.registry.isd.aid {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let entry = self.entry(aid)?;
        if receiver.domain == Domain::Supplementary(aid) {
            return self.set_own_state(&entry, state);
        }
        self.check_may_lock(receiver, &entry)?;
        let locks = state & LOCKED != 0;
        if entry.is_locked() == locks {
            let accepted = faults::active(Fault::SameStateAccepted);
            return if accepted { Ok(()) } else { Err(StatusWord::CONDITIONS_OF_USE) };
        }
        let life_cycle = if !locks && faults::active(Fault::UnlockRestoresInstalled) {
            ApplicationState::INSTALLED.0
        } else {
            entry.life_cycle ^ LOCKED
        };
        self.registry.set_life_cycle(&mut self.log, aid, life_cycle)
    }

    /// A supplementary domain makes itself PERSONALIZED, or locks itself [GPCS 2.3.1 §5.3.2].
    fn set_own_state(&mut self, entry: &Application, state: u8) -> Result<(), StatusWord> {
        let (current, next) = (ApplicationState(entry.life_cycle), ApplicationState(state));
        let next = if next.is_locked() { current.locked() } else { next };
        if current.is_locked() || !current.domain_may_become(next) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.registry.set_life_cycle(&mut self.log, entry.aid, next.0)
    }

    /// Applications are locked and unlocked by the domains above them, or by who has Global Lock; never the holder of Final Application
    /// [GPCS 2.3.1 §9.6.2].
    fn check_may_lock(&self, receiver: Receiver, entry: &Application) -> Result<(), StatusWord> {
        let privileges = self.registry.privileges_of(receiver.domain);
        if !privileges.contains(Privileges::GLOBAL_LOCK) {
            self.check_governs(receiver, entry.domain)?;
        }
        if entry.has(Privileges::FINAL_APPLICATION) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }

    /// Locks or unlocks a domain and all that is associated with it; those that are so already stay.
    fn set_all_states(
        &mut self,
        receiver: Receiver,
        domain: Aid,
        state: u8,
    ) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        let top = self.registry.domain(domain).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let locks = state & LOCKED != 0;
        let below = |entry: &&Application| {
            Domain::Supplementary(entry.aid) == top
                || self.registry.governs(top, entry.domain)
                    && !faults::active(Fault::DomainLockedAlone)
        };
        let all: Vec<Application> = self.registry.applications().filter(below).cloned().collect();
        // A domain may lock itself with its applications; it does not get up again by itself.
        if top != receiver.domain {
            all.iter().try_for_each(|entry| self.check_may_lock(receiver, entry))?;
        }
        for entry in all.into_iter().filter(|entry| entry.is_locked() != locks) {
            let life_cycle = entry.life_cycle ^ LOCKED;
            self.registry.set_life_cycle(&mut self.log, entry.aid, life_cycle)?;
        }
        Ok(())
    }

    /// While the card is locked SET STATUS may change its own state only [GPCS 2.3.1 §5.1.1.4].
    const fn check_content_may_change(&self) -> Result<(), StatusWord> {
        if self.registry.isd.life_cycle > super::SECURED {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }
}

/// Whether the card's state may change like this. Two faults allow more than there is.
fn may_become(current: CardState, next: CardState) -> bool {
    use CardState::{CardLocked, Initialized, OpReady, Secured};
    let back = matches!((current, next), (Secured, Initialized | OpReady) | (Initialized, OpReady));
    current.may_become(next)
        || back && faults::active(Fault::CardStateGoesBack)
        || current != Secured && next == CardLocked && faults::active(Fault::CardLockedEarly)
}
