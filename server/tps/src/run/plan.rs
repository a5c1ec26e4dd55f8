//! What an enrolment puts on the token: for each key of the profile a new pair, an old one, or both.

use jiff::Timestamp;
use store::tps::{TokenCertificate, TokenRow, TokenStatus};
use token_management::message::Status;

use super::Run;
use crate::{
    config::profile::{EnrollProfile, KeyProfile, OutOfUse, RecoveryScheme},
    outcome::Fault,
};

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A new pair, and a new certificate.
    New,
    /// An archived key with its certificate, of another token.
    Archive(TokenCertificate),
}

/// One key pair that the token gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyWork {
    pub(super) key: KeyProfile,
    /// Index of its certificate object; private key slot 2n, public key slot 2n + 1.
    pub(super) slot: u8,
    pub(super) source: Source,
}

/// A former token of the same user, and why it is out of use.
pub(super) struct Former {
    reason: OutOfUse,
    certificates: Vec<TokenCertificate>,
}

/// Why a token of this status is out of use; `None`: it is not.
pub(crate) const fn out_of_use(status: TokenStatus) -> Option<OutOfUse> {
    match status {
        TokenStatus::PermLost => Some(OutOfUse::KeyCompromise),
        TokenStatus::Damaged => Some(OutOfUse::Destroyed),
        TokenStatus::Suspended => Some(OutOfUse::OnHold),
        TokenStatus::Terminated => Some(OutOfUse::Terminated),
        TokenStatus::Formatted | TokenStatus::Active | TokenStatus::Unformatted => None,
    }
}

impl Run {
    /// The user's last token that went out of use. Another token in use stops the enrolment, where only one is allowed.
    pub(super) async fn former_token(&self) -> Result<Option<Former>, Fault> {
        let cuid = self.cuid()?;
        let others: Vec<TokenRow> = self
            .cx
            .tokens_of(self.user()?)
            .await?
            .into_iter()
            .filter(|row| row.token.cuid != cuid)
            .collect();
        let active = others.iter().any(|row| row.token.status == TokenStatus::Active);
        if active && !self.cx.config.allow_multiple_active_tokens {
            let cause = "the user has another active token";
            return Err(Fault::new(Status::HasAtLeastOneActiveToken, cause));
        }
        let last = others
            .iter()
            .filter_map(|row| out_of_use(row.token.status).map(|reason| (row, reason)))
            .max_by_key(|(row, _): &(&TokenRow, OutOfUse)| -> Timestamp { row.modified });
        let Some((row, reason)) = last else { return Ok(None) };
        let rows = self.cx.certificates(row.token.cuid).await?;
        let certificates = rows.into_iter().map(|row| row.certificate).collect();
        Ok(Some(Former { reason, certificates }))
    }
}

/// The keys, in the order in which they are made. `taken` are slots that keep what they hold.
pub(super) fn plan(
    profile: &EnrollProfile,
    former: Option<&Former>,
    taken: &[u8],
) -> Result<Vec<KeyWork>, Fault> {
    let mut works: Vec<KeyWork> = Vec::new();
    for key in &profile.keys {
        let archived = former.and_then(|former| archived_key(former, &key.name));
        let scheme = match (former, &archived) {
            (Some(former), Some(_)) => key.recovery.rule(former.reason).scheme,
            _ => RecoveryScheme::GenerateNewKey,
        };
        let sources = match (scheme, archived) {
            (RecoveryScheme::RecoverLast, Some(old)) => vec![Source::Archive(old)],
            (RecoveryScheme::GenerateNewKeyAndRecoverLast, Some(old)) => {
                vec![Source::New, Source::Archive(old)]
            }
            _ => vec![Source::New],
        };
        for (index, source) in sources.into_iter().enumerate() {
            let slot = if index == 0 {
                key.slot
            } else {
                free_slot(profile, &works, taken).ok_or_else(|| {
                    Fault::new(Status::Misconfiguration, "no slot is free for a recovered key")
                })?
            };
            works.push(KeyWork { key: key.clone(), slot, source });
        }
    }
    Ok(works)
}

/// The last archived key of this kind on the former token.
fn archived_key(former: &Former, name: &str) -> Option<TokenCertificate> {
    let of_kind = |c: &&TokenCertificate| c.archived && c.key_type == name;
    // One that was issued for that token goes before one that was recovered to it.
    let own = |c: &&TokenCertificate| of_kind(c) && c.origin == c.cuid;
    let mut newest_first = former.certificates.iter().rev();
    newest_first.clone().find(own).or_else(|| newest_first.find(of_kind)).cloned()
}

fn free_slot(profile: &EnrollProfile, works: &[KeyWork], taken: &[u8]) -> Option<u8> {
    (1..=coolkey::pkcs11::builder::CERTIFICATE_INDEX_MAX).find(|slot| {
        !taken.contains(slot)
            && !profile.keys.iter().any(|key| key.slot == *slot)
            && !works.iter().any(|work| work.slot == *slot)
    })
}

#[cfg(test)]
mod tests {
    use store::tps::CertificateStatus;

    use super::*;

    fn former(reason: OutOfUse) -> Former {
        let certificate = |serial: u8, key_type: &str, archived| TokenCertificate {
            cuid: [1; 10],
            serial: vec![serial],
            user: "ada".to_owned(),
            key_type: key_type.to_owned(),
            origin: [1; 10],
            archived,
            status: CertificateStatus::Revoked,
            der: Vec::new(),
        };
        let certificates = vec![
            certificate(1, "signing", false),
            certificate(2, "encryption", true),
            certificate(3, "encryption", true),
        ];
        Former { reason, certificates }
    }

    fn summary(former: Option<&Former>) -> Vec<(String, u8, Option<u8>)> {
        let works = plan(&EnrollProfile::default(), former, &[]).unwrap();
        works
            .into_iter()
            .map(|work| {
                let recovered = match work.source {
                    Source::New => None,
                    Source::Archive(old) => old.serial.first().copied(),
                };
                (work.key.name, work.slot, recovered)
            })
            .collect()
    }

    #[test]
    fn the_matrix_decides_what_the_next_token_gets() {
        let signing = || ("signing".to_owned(), 1, None);
        let new = || ("encryption".to_owned(), 2, None);
        let encryption = |slot| ("encryption".to_owned(), slot, Some(3));
        assert_eq!(summary(None), [signing(), new()]);
        assert_eq!(summary(Some(&former(OutOfUse::Destroyed))), [signing(), encryption(2)]);
        assert_eq!(summary(Some(&former(OutOfUse::OnHold))), [signing(), encryption(2)]);
        assert_eq!(
            summary(Some(&former(OutOfUse::KeyCompromise))),
            [signing(), new(), encryption(3)]
        );
        assert_eq!(summary(Some(&former(OutOfUse::Terminated))), [signing(), new()]);
    }

    #[test]
    fn a_recovered_key_needs_a_free_slot() {
        let former = former(OutOfUse::KeyCompromise);
        assert!(
            plan(&EnrollProfile::default(), Some(&former), &[3])
                .is_ok_and(|works| works[2].slot == 4)
        );
        let full = plan(&EnrollProfile::default(), Some(&former), &[3, 4]);
        assert_eq!(full.unwrap_err().status, Status::Misconfiguration);
    }
}
