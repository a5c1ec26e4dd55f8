//! SET STATUS [GPCS 2.3.1 §5.1, §5.3, §11.10].

use iso7816::{Aid, Command, Response, StatusWord};

use crate::{
    card::Card,
    state::{Application, IssuerDomain, LOCKED},
};

const CARD: u8 = 0x80;
const APPLICATION: u8 = 0x40;
const DOMAIN_AND_APPLICATIONS: u8 = 0x60;

/// Transitions of the card, from and to [GPCS 2.3.1 §5.1.2]. From any state but TERMINATED there is one to TERMINATED besides.
///
/// OP_READY to SECURED in one step is allowed: the text speaks of skipping states, and hosts do it.
const CARD_TRANSITIONS: [(u8, u8); 5] =
    [(0x01, 0x07), (0x01, 0x0F), (0x07, 0x0F), (0x0F, 0x7F), (0x7F, 0x0F)];
const TERMINATED: u8 = 0xFF;

impl Card {
    pub(super) fn set_status(
        &mut self,
        _: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let (p1, state) = (command.header.p1, command.header.p2);
        match p1 {
            CARD => self.set_card_state(state)?,
            APPLICATION => self.set_application_state(&command.data, state)?,
            DOMAIN_AND_APPLICATIONS => self.set_all_states(&command.data, state)?,
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(Response::status(StatusWord::OK))
    }

    fn set_card_state(&mut self, state: u8) -> Result<(), StatusWord> {
        if !matches!(state, 0x01 | 0x07 | 0x0F | 0x7F | TERMINATED) {
            return Err(StatusWord::WRONG_DATA);
        }
        let current = self.registry.isd.life_cycle;
        if state != TERMINATED && !CARD_TRANSITIONS.contains(&(current, state)) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let domain = IssuerDomain { life_cycle: state, ..self.registry.isd.clone() };
        self.registry.put_domain(&mut self.log, domain)
    }

    fn set_application_state(&mut self, name: &[u8], state: u8) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        let aid = Aid::new(name).map_err(|_| StatusWord::WRONG_DATA)?;
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
    fn set_all_states(&mut self, name: &[u8], state: u8) -> Result<(), StatusWord> {
        self.check_content_may_change()?;
        if name != self.registry.isd.aid.as_bytes() {
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
