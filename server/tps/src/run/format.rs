//! FORMAT: a fresh applet, no keys, no certificates.

use store::tps::{Commit, TokenStatus};
use token_management::message::Status;

use super::{Run, applet::Span, channel::Transport};
use crate::{
    config::profile::{FormatProfile, revocation_reason},
    outcome::Fault,
};

/// Progress of the applet's loading in a format of its own.
const LOADING: Span = Span { from: 10, to: 90 };

impl Run {
    /// The operation FORMAT.
    pub(super) async fn format(&mut self) -> Result<(), Fault> {
        self.inspect().await?;
        let profile = self.format_profile()?;
        if profile.login {
            self.login().await?;
        }
        self.claim_token().await?;
        self.check_owner()?;
        self.check_transition(TokenStatus::Formatted)?;
        self.ensure_token(self.cx.config.format_unknown_tokens).await?;
        self.open_journal("format").await?;
        self.format_card(&profile, LOADING).await?;
        self.cx.progress(100, "PROGRESS_DONE").await?;
        let mut commit = self.formatted(&profile).await?;
        commit.closes = self.journal;
        self.cx.commit(commit).await?;
        self.committed = true;
        Ok(())
    }

    /// What format does to the card; an enrolment of a token that must be formatted does it too.
    pub(super) async fn format_card(
        &mut self,
        profile: &FormatProfile,
        span: Span,
    ) -> Result<(), Fault> {
        self.install_applet(span).await?;
        if let Some(url) = &profile.issuer_info {
            self.open_channel(Transport::NotWanted).await?;
            self.write_issuer_info(url).await?;
        }
        self.change_keys_over().await?;
        // The last word: the applet opens a channel with the keys that the records say the card has.
        self.open_channel(Transport::NotWanted).await
    }

    /// Revokes what was on the token; the record as it shall be.
    pub(super) async fn formatted(&mut self, profile: &FormatProfile) -> Result<Commit, Fault> {
        self.note("revoking certificates").await?;
        let certificates = if profile.revoke_certificates {
            let reason = revocation_reason(profile.revocation_reason)
                .ok_or_else(|| Fault::new(Status::Misconfiguration, "no such revocation reason"))?;
            self.revoke_all(reason, |_| false).await?
        } else {
            self.retire_all().await?
        };
        let mut token = self.record()?;
        token.status = TokenStatus::Formatted;
        token.user = None;
        self.token_type().clone_into(&mut token.token_type);
        token.applet = self.facts()?.applet_version();
        token.key_version = Some(self.opened()?.card.key_version);
        let message = format!("applet {}", token.applet);
        let activities = self.activity("format", true, message).into_iter().collect();
        Ok(Commit { token: Some(token), certificates, activities, closes: None })
    }
}
