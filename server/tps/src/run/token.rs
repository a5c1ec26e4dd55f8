//! The token's record: who may do what with it, and the journal.

use store::tps::{Token, TokenStatus};
use token_management::message::{Operation, Status};

use super::Run;
use crate::{
    config::{
        NAME_LENGTH_MAX,
        profile::{EnrollProfile, FormatProfile, PinResetProfile, SymmetricKeys},
    },
    effect::Claim,
    login::is_user_name,
    outcome::Fault,
    policy::Policy,
};

/// Whether a name from the client may be looked up and logged.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn no_profile(token_type: &str) -> Fault {
    let shown = if is_plain_name(token_type) { token_type } else { "(unprintable)" };
    Fault::new(Status::MappingResolverFailed, format!("no profile for token type {shown}"))
}

fn disabled(what: &str) -> Fault {
    Fault::new(Status::DisabledToken, what)
}

impl Run {
    /// The token type that the client names, or the default.
    pub(super) fn token_type(&self) -> &str {
        self.cx.begin.extensions.value("tokenType").unwrap_or(&self.cx.config.default_token_type)
    }

    pub(super) fn format_profile(&self) -> Result<FormatProfile, Fault> {
        let token_type = self.token_type();
        let profile =
            self.cx.config.format.get(token_type).ok_or_else(|| no_profile(token_type))?;
        if profile.enabled { Ok(profile.clone()) } else { Err(disabled("the profile is disabled")) }
    }

    pub(super) fn enroll_profile(&self) -> Result<EnrollProfile, Fault> {
        let token_type = self.token_type();
        let profile =
            self.cx.config.enroll.get(token_type).ok_or_else(|| no_profile(token_type))?;
        if profile.enabled { Ok(profile.clone()) } else { Err(disabled("the profile is disabled")) }
    }

    pub(super) fn pin_reset_profile(&self) -> Result<PinResetProfile, Fault> {
        let token_type = self.token_type();
        let profile =
            self.cx.config.pin_reset.get(token_type).ok_or_else(|| no_profile(token_type))?;
        if profile.enabled { Ok(profile.clone()) } else { Err(disabled("the profile is disabled")) }
    }

    /// The rules of key change-over of the operation's profile.
    pub(super) fn symmetric_keys(&self) -> Option<SymmetricKeys> {
        let config = &self.cx.config;
        let token_type = self.token_type();
        match self.cx.begin.operation {
            Operation::Format => config.format.get(token_type).map(|p| p.symmetric_keys),
            Operation::Enroll => config.enroll.get(token_type).map(|p| p.symmetric_keys),
            Operation::ResetPin => config.pin_reset.get(token_type).map(|p| p.symmetric_keys),
            _ => None,
        }
    }

    /// Lets the user log in.
    pub(super) async fn login(&mut self) -> Result<(), Fault> {
        let (user, password) = self.cx.ask_for_login().await?;
        if !is_user_name(&user) {
            return Err(Fault::new(Status::Login, "the user name cannot be one"));
        }
        self.cx.authenticate(user.clone(), password).await?;
        self.user = Some(user);
        Ok(())
    }

    /// Keeps others off the token, then reads its record.
    pub(super) async fn claim_token(&mut self) -> Result<(), Fault> {
        let cuid = self.cuid()?;
        self.cx.claim(Claim::Token(cuid)).await?;
        self.token = self.cx.token(cuid).await?.map(|row| row.token);
        Ok(())
    }

    /// The record's status; a token without record counts as unformatted.
    pub(super) fn status(&self) -> TokenStatus {
        self.token.as_ref().map_or(TokenStatus::Unformatted, |token| token.status)
    }

    pub(super) fn policy(&self) -> Policy {
        let base = self.cx.config.policy();
        self.token
            .as_ref()
            .and_then(|token| Policy::parse(&token.policy, base).ok())
            .unwrap_or(base)
    }

    /// Whether the status lets the token become `next`.
    pub(super) fn check_transition(&self, next: TokenStatus) -> Result<(), Fault> {
        let status = self.status();
        if status.allows_operation(next) {
            return Ok(());
        }
        Err(disabled(&format!("a token that is {status} cannot become {next}")))
    }

    /// A token in use is out of reach of everybody but its user.
    pub(super) fn check_owner(&self) -> Result<(), Fault> {
        let Some(token) = &self.token else { return Ok(()) };
        let (Some(owner), Some(user)) = (&token.user, &self.user) else { return Ok(()) };
        if !self.cx.config.owner_only || token.status != TokenStatus::Active || owner == user {
            return Ok(());
        }
        Err(Fault::new(Status::NotTokenOwner, "the token belongs to another user"))
    }

    /// Makes the record of a token that has none.
    pub(super) async fn ensure_token(&mut self, allowed: bool) -> Result<(), Fault> {
        if self.token.is_some() {
            return Ok(());
        }
        if !allowed {
            return Err(Fault::new(Status::UnknownToken, "the token has no record"));
        }
        let token = Token {
            cuid: self.cuid()?,
            user: None,
            token_type: self.token_type().to_owned(),
            status: TokenStatus::Unformatted,
            reason: None,
            applet: self.facts()?.applet_version(),
            key_version: None,
            policy: self.cx.config.policy().to_string(),
        };
        self.cx.add_token(token.clone()).await?;
        self.token = Some(token);
        Ok(())
    }

    /// The record as it is; every flow has made sure that there is one.
    pub(super) fn record(&self) -> Result<Token, Fault> {
        self.token
            .clone()
            .ok_or_else(|| Fault::new(Status::UnknownToken, "the token has no record"))
    }

    /// Opens the journal, and puts right what former operations left behind.
    pub(super) async fn open_journal(&mut self, kind: &'static str) -> Result<(), Fault> {
        let opened = self.cx.open_journal(self.cuid()?, kind).await?;
        self.journal = Some(opened.id);
        self.repair(!opened.interrupted.is_empty()).await
    }
}
