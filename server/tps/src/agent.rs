//! What an agent does to a token without its card: lost, damaged, suspended, found again, withdrawn.

use store::{
    StoreError,
    clock::Clock,
    page::Page,
    tps::{
        Activity, CertificateStatus, StatusChange, Token, TokenCertificate, TokenCertificateFilter,
        TokenStatus, TokenStore,
    },
};
use token_management::subsystem::{
    SubsystemError,
    ca::{CertificateAuthority, RevocationReason},
    tks::Cuid,
};

use crate::{
    config::{
        Config,
        profile::{OutOfUse, RecoveryMatrix, RecoveryRule, revocation_reason},
    },
    run::out_of_use,
};

/// Why an agent's change was not made.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The CA did not revoke or release a certificate; the status is as it was.
    #[error("certificate authority: {0}")]
    Authority(#[from] SubsystemError),
    /// From this status there is no way to that one.
    #[error("a token that is {from} cannot become {to}")]
    ForbiddenTransition {
        /// The status that the token has.
        from: TokenStatus,
        /// The status that it was to get.
        to: TokenStatus,
    },
    /// There is no such token.
    #[error("no such token")]
    NoSuchToken,
    /// The store is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an agent wants.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which token.
    pub cuid: Cuid,
    /// What it shall be.
    pub status: TokenStatus,
    /// Why, for the record.
    pub reason: Option<String>,
    /// Who wants it, for the record.
    pub agent: String,
}

/// Changes a token's status. First its certificates are revoked, put on hold or released as the configuration's matrix says:
/// should that fail half-way, the same change can be asked for again.
///
/// # Errors
/// [`AgentError`]; the status is then as it was.
pub async fn change_status<S: TokenStore, C: CertificateAuthority, K: Clock>(
    config: &Config,
    store: &S,
    ca: &C,
    clock: &K,
    change: Change,
) -> Result<Token, AgentError> {
    let row = store.token(&change.cuid).await?.ok_or(AgentError::NoSuchToken)?;
    let token = row.token;
    if !token.status.allows_agent(change.status) {
        return Err(AgentError::ForbiddenTransition { from: token.status, to: change.status });
    }
    let filter =
        TokenCertificateFilter { cuid: Some(change.cuid), ..TokenCertificateFilter::default() };
    let rows = store.token_certificates(&filter, Page::first()).await?;
    let mut certificates = Vec::new();
    for row in rows.entries {
        let next = next_status(config, &token, change.status, &row.certificate);
        if let Some((status, request)) = next {
            let serial = row.certificate.serial;
            match request {
                Request::Revoke(reason) => ca.revoke(serial.clone(), reason).await?,
                Request::Release => ca.unrevoke(serial.clone()).await?,
                Request::Nothing => {}
            }
            certificates.push((serial, status));
        }
    }
    let activity = Activity {
        cuid: change.cuid,
        user: token.user.clone(),
        client: change.agent.clone(),
        operation: "token_status_change".to_owned(),
        success: true,
        message: format!("{} to {}", token.status, change.status),
    };
    let Change { cuid, status, reason, .. } = change;
    let change = StatusChange { cuid, status, reason, certificates, activity };
    store.change_status(&change, clock.now()).await?;
    Ok(Token { status, reason: change.reason, ..token })
}

/// What the CA is asked.
enum Request {
    Revoke(RevocationReason),
    Release,
    Nothing,
}

/// What becomes of one certificate; `None`: it stays as it is.
fn next_status(
    config: &Config,
    token: &Token,
    to: TokenStatus,
    certificate: &TokenCertificate,
) -> Option<(CertificateStatus, Request)> {
    match (certificate.status, out_of_use(to)) {
        (CertificateStatus::OnHold, None) => Some((CertificateStatus::Active, Request::Release)),
        (
            CertificateStatus::Active | CertificateStatus::OnHold | CertificateStatus::Pending,
            Some(reason),
        ) => {
            let rule = rule(config, token, &certificate.key_type, reason);
            let revocation =
                revocation_reason(rule.reason).unwrap_or(RevocationReason::Unspecified);
            Some(match (rule.revoke, certificate.status) {
                (true, _) if revocation == RevocationReason::CertificateHold => {
                    (CertificateStatus::OnHold, Request::Revoke(revocation))
                }
                (true, _) => (CertificateStatus::Revoked, Request::Revoke(revocation)),
                (false, CertificateStatus::OnHold) => {
                    (CertificateStatus::Retired, Request::Release)
                }
                (false, _) => (CertificateStatus::Retired, Request::Nothing),
            })
        }
        _ => None,
    }
}

/// The rule of the token's profile for this kind of key.
fn rule(config: &Config, token: &Token, key_type: &str, reason: OutOfUse) -> RecoveryRule {
    config
        .enroll
        .get(&token.token_type)
        .and_then(|profile| profile.keys.iter().find(|key| key.name == key_type))
        .map_or_else(|| RecoveryMatrix::default().rule(reason), |key| key.recovery.rule(reason))
}
