//! SET STATUS [GPCS 2.3.1 §5.1, §5.3, §11.10].

use globalplatform::{
    command::{SetStatus, StatusScope},
    data::CardState,
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::refused;
use crate::{
    card::Card,
    state::{Application, IssuerDomain, LOCKED},
};

impl Card {
    pub(super) fn set_status(
        &mut self,
        _: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let SetStatus { scope, state, aid } = SetStatus::parse(command).map_err(refused)?;
        match (scope, aid) {
            (StatusScope::IssuerSecurityDomain, _) => self.set_card_state(state)?,
            (StatusScope::Applications, Some(aid)) => self.set_application_state(aid, state)?,
            (StatusScope::SecurityDomainAndApplications, Some(aid)) => {
                self.set_all_states(aid, state)?;
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(Response::status(StatusWord::OK))
    }

    fn set_card_state(&mut self, state: u8) -> Result<(), StatusWord> {
        let next = CardState::from_byte(state).ok_or(StatusWord::WRONG_DATA)?;
        let current = CardState::from_byte(self.registry.isd.life_cycle);
        if !current.is_some_and(|current| current.may_become(next)) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let domain = IssuerDomain { life_cycle: next.to_byte(), ..self.registry.isd.clone() };
        self.registry.put_domain(&mut self.log, domain)
    }

    fn set_application_state(&mut self, aid: Aid, state: u8) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        if aid == self.registry.isd.aid {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let entry = self.registry.application(aid);
        let entry = entry.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let locks = state & LOCKED != 0;
        if entry.is_locked() == locks {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let life_cycle = entry.life_cycle ^ LOCKED;
        self.registry.set_life_cycle(&mut self.log, aid, life_cycle)
    }

    /// Locks or unlocks all applications of the issuer security domain; those that are so already stay.
    fn set_all_states(&mut self, domain: Aid, state: u8) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        if domain != self.registry.isd.aid {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let locks = state & LOCKED != 0;
        let differs = |entry: &&Application| entry.is_locked() != locks;
        let entries: Vec<(Aid, u8)> = self
            .registry
            .applications()
            .filter(differs)
            .map(|entry| (entry.aid, entry.life_cycle ^ LOCKED))
            .collect();
        entries.into_iter().try_for_each(|(aid, life_cycle)| {
            self.registry.set_life_cycle(&mut self.log, aid, life_cycle)
        })
    }

    /// While the card is locked SET STATUS may change its own state only [GPCS 2.3.1 §5.1.1.4].
    const fn check_content_may_change(&self) -> Result<(), StatusWord> {
        if self.registry.isd.life_cycle > super::SECURED {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }
}
