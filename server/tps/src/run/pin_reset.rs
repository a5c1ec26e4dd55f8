//! RESET PIN: a new PIN without the old one.

use store::tps::{Commit, TokenStatus};
use token_management::message::Status;

use super::{Run, channel::Transport};
use crate::outcome::Fault;

impl Run {
    /// The operation RESET PIN.
    pub(super) async fn reset_pin(&mut self) -> Result<(), Fault> {
        self.inspect().await?;
        self.cx.progress(10, "PROGRESS_START_PIN_RESET").await?;
        let profile = self.pin_reset_profile()?;
        self.cx.progress(15, "PROGRESS_PIN_RESET_RESOLVE_PROFILE").await?;
        self.claim_token().await?;
        let token = self.record()?;
        if token.status != TokenStatus::Active {
            let cause = format!("the token is {}", token.status);
            return Err(Fault::new(Status::NotPinResettable, cause));
        }
        let mut policy = self.policy();
        if !policy.pin_reset {
            return Err(Fault::new(Status::NotPinResettable, "the token's policy forbids it"));
        }
        if profile.login {
            self.login().await?;
        }
        self.check_owner()?;
        self.open_journal("pin_reset").await?;
        self.change_keys_over().await?;
        self.must_select(self.names.instance).await?;
        self.open_channel(Transport::NotWanted).await?;
        self.set_pin(profile.pin).await?;
        self.cx.progress(100, "PROGRESS_PIN_RESET_COMPLETE").await?;
        let mut token = self.record()?;
        if policy.reset_pin_reset_to_no {
            policy.pin_reset = false;
            token.policy = policy.to_string();
        }
        token.key_version = Some(self.opened()?.card.key_version);
        let activities = self.activity("pin_reset", true, "").into_iter().collect();
        let commit =
            Commit { token: Some(token), activities, closes: self.journal, ..Commit::default() };
        self.cx.commit(commit).await?;
        self.committed = true;
        Ok(())
    }
}
