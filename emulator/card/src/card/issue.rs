//! What a manufacturer does to a card that no command does.

use globalplatform::KeySet;
use iso7816::{Aid, StatusWord};

use super::Card;
use crate::{profile::InitialKeySet, state::KeySetRecord};

impl Card {
    /// Gives a security domain a key set in the place of the one of its version, if there is one. A supplementary domain is personalised by
    /// its first.
    ///
    /// # Errors
    /// 6A88 when there is no such domain, 6A80 when the keys are none of a secure channel, 6A84 when there is no room.
    pub fn put_key_set(&mut self, domain: Aid, set: &InitialKeySet) -> Result<(), StatusWord> {
        let found = self.registry.domain(domain).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let (protocol, keys): (_, KeySet) = set.key_set().map_err(|_| StatusWord::WRONG_DATA)?;
        let put = KeySetRecord::of(set.version, protocol, &keys)
            .save(&mut self.log, found)
            .and_then(|()| KeySetRecord::reset_counter(&mut self.log, found, set.version))
            .and_then(|()| self.become_personalized(found))
            .and_then(|()| Ok(self.commit()?));
        if put.is_err() {
            self.undo();
        }
        put
    }
}
