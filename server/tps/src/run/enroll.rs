//! ENROLL: keys, certificates and objects on the token, for the user who logged in.

use store::tps::{CertificateStatus, Commit, TokenCertificate, TokenStatus};
use token_management::{message::Status, subsystem::ca::EnrollmentRequest};

use super::{
    Run,
    applet::Span,
    channel::Transport,
    generate::Challenge,
    objects::{hold_certificate, kept_objects},
    plan::{KeyWork, Source, plan},
    repair::Change,
};
use crate::{
    config::profile::{EnrollProfile, revocation_reason},
    effect::Claim,
    outcome::Fault,
    proof::Verification,
};

/// Progress of the applet's loading within an enrolment.
const LOADING: Span = Span { from: 5, to: 12 };
/// Progress of the keys, split evenly.
const KEYS: Span = Span { from: 15, to: 90 };

/// What the keys of one enrolment have in common.
struct KeyMaking {
    challenge: Option<Challenge>,
    verification: Verification,
}

impl Run {
    /// The operation ENROLL.
    pub(super) async fn enroll(&mut self) -> Result<(), Fault> {
        let life_cycle = self.life_cycle().await?;
        self.inspect().await?;
        if let Some(facts) = &mut self.facts {
            facts.life_cycle = life_cycle;
        }
        let profile = self.enroll_profile()?;
        self.login().await?;
        self.claim_token().await?;
        let user = self.user()?.to_owned();
        self.cx.claim(Claim::User(user)).await?;
        self.check_enrollment()?;
        let fresh_token = self.status() != TokenStatus::Active;
        let former = self.former_token().await?.filter(|_| fresh_token);
        self.ensure_token(self.cx.config.enroll_unknown_tokens).await?;
        self.open_journal("enroll").await?;
        let fresh_applet = self.prepare_applet(&profile).await?;
        self.change_keys_over().await?;
        self.cx.progress(10, "PROGRESS_PROCESS_PROFILE").await?;
        self.must_select(self.names.instance).await?;
        self.open_channel(Transport::Wanted).await?;
        if let Some(rules) = profile.pin {
            self.set_pin(rules).await?;
        }
        let before = self.read_combined().await?;
        let (kept, mut slots) = kept_objects(before.as_ref(), &profile);
        let works = plan(&profile, former.as_ref(), &slots)?;
        let certificates = self.make_keys(&profile, works).await?;
        slots.extend(certificates.iter().map(|(work, _)| work.slot));
        let replaced =
            self.revoke_replaced(&profile, |old| hold_certificate(&kept, &old.der)).await?;
        self.open_channel(Transport::NotWanted).await?;
        self.finish_card(&profile, before.as_ref(), kept, &certificates, fresh_applet).await?;
        self.commit_enrollment(&certificates, replaced).await?;
        self.clear_key_slots(&slots).await;
        Ok(())
    }

    /// Status, policy and owner must allow it.
    fn check_enrollment(&self) -> Result<(), Fault> {
        self.check_owner()?;
        self.check_transition(TokenStatus::Active)?;
        let policy = self.policy();
        // Renewal leaves the keys of an active token alone, and is not done here.
        let renewable = policy.renew && self.status() != TokenStatus::Active;
        if self.token.is_some() && !policy.re_enroll && !renewable {
            let cause = "the token's policy does not allow its enrolment";
            return Err(Fault::new(Status::DisabledToken, cause));
        }
        Ok(())
    }

    /// Formats the token where that must be, or renews the applet; whether there is a fresh one.
    async fn prepare_applet(&mut self, profile: &EnrollProfile) -> Result<bool, Fault> {
        if self.status() == TokenStatus::Unformatted || self.policy().force_format {
            let format = self.format_profile()?;
            self.format_card(&format, LOADING).await?;
            let commit = self.formatted(&format).await?;
            let token = commit.token.clone();
            self.cx.commit(commit).await?;
            self.token = token;
            return Ok(true);
        }
        let required = self.cx.config.applet.required_version.clone();
        // Files come with their build in capitals, too.
        let present = self.facts()?.applet_version();
        let other = required.is_some_and(|version| !version.eq_ignore_ascii_case(&present));
        if self.facts()?.applet.is_none() || profile.update_applet && other {
            self.install_applet(LOADING).await?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Makes or recovers every key; DER of the certificates.
    async fn make_keys(
        &mut self,
        profile: &EnrollProfile,
        works: Vec<KeyWork>,
    ) -> Result<Vec<(KeyWork, Vec<u8>)>, Fault> {
        let on_card = |work: &KeyWork| work.source == Source::New && !work.key.server_side;
        let making = KeyMaking {
            challenge: if works.iter().any(on_card) { Some(self.challenge().await?) } else { None },
            verification: if profile.verify_proof {
                Verification::Required
            } else {
                Verification::Skipped
            },
        };
        let share = (KEYS.to - KEYS.from) / u32::try_from(works.len().max(1)).unwrap_or(1);
        let mut certificates = Vec::with_capacity(works.len());
        for (index, work) in (0_u32..).zip(works) {
            let percent = KEYS.from + index * share;
            self.cx.progress(percent, "PROGRESS_KEY_GENERATION").await?;
            let certificate = match &work.source {
                Source::New => self.new_key(&work, &making).await?,
                Source::Archive(old) => {
                    self.note(format!("recovering {} to slot {}", work.key.name, work.slot))
                        .await?;
                    self.recover(&work, old).await?
                }
            };
            self.cx.progress(percent + share, "PROGRESS_ENROLL_CERT").await?;
            certificates.push((work, certificate));
        }
        Ok(certificates)
    }

    /// A new pair with its certificate.
    async fn new_key(&mut self, work: &KeyWork, making: &KeyMaking) -> Result<Vec<u8>, Fault> {
        self.note(format!("making {} in slot {}", work.key.name, work.slot)).await?;
        let public_key = match (&making.challenge, work.key.server_side) {
            (Some(challenge), false) => {
                self.generate_on_card(work, challenge, making.verification).await?
            }
            _ => self.generate_at_drm(work).await?,
        };
        let cuid = self.cuid()?;
        let user = self.user()?.to_owned();
        let request = EnrollmentRequest {
            profile: work.key.ca_profile.clone(),
            user: user.clone(),
            cuid,
            public_key,
        };
        // Should the answer be lost, the certificate may be there all the same.
        self.doubtful = true;
        let issued = self.cx.issue(request).await?;
        self.add_pending(TokenCertificate {
            cuid,
            serial: issued.serial,
            user,
            key_type: work.key.name.clone(),
            origin: cuid,
            archived: work.key.server_side && work.key.archive,
            status: CertificateStatus::Pending,
            der: issued.der.clone(),
        })
        .await?;
        self.doubtful = false;
        Ok(issued.der)
    }

    /// Revokes the certificates whose keys were overwritten.
    async fn revoke_replaced(
        &mut self,
        profile: &EnrollProfile,
        kept: impl Fn(&TokenCertificate) -> bool,
    ) -> Result<Vec<Change>, Fault> {
        let reason = revocation_reason(profile.replaced_reason)
            .ok_or_else(|| Fault::new(Status::Misconfiguration, "no such revocation reason"))?;
        self.note("revoking replaced certificates").await?;
        self.revoke_all(reason, kept).await
    }

    /// Objects, issuer information and life cycle.
    async fn finish_card(
        &mut self,
        profile: &EnrollProfile,
        before: Option<&coolkey::pkcs11::CombinedObject>,
        kept: Vec<coolkey::pkcs11::ObjectSpec>,
        certificates: &[(KeyWork, Vec<u8>)],
        fresh_applet: bool,
    ) -> Result<(), Fault> {
        self.note("writing objects").await?;
        self.cx.progress(92, "PROGRESS_WRITE_OBJECTS").await?;
        self.write_combined(profile, before, kept, certificates).await?;
        self.cx.progress(98, "PROGRESS_ISSUER_INFO").await?;
        if let Some(url) = &profile.issuer_info {
            self.write_issuer_info(url).await?;
        }
        self.cx.progress(99, "PROGRESS_SET_LIFECYCLE").await?;
        self.personalize(fresh_applet).await?;
        self.cx.progress(100, "PROGRESS_DONE_ENROLLMENT").await
    }

    /// The records say from here on that the token is in use.
    async fn commit_enrollment(
        &mut self,
        certificates: &[(KeyWork, Vec<u8>)],
        replaced: Vec<Change>,
    ) -> Result<(), Fault> {
        let mut changes = replaced;
        let mut activities = Vec::new();
        for (pending, (work, _)) in self.pending.iter().zip(certificates) {
            let status = match &work.source {
                Source::New => CertificateStatus::Active,
                Source::Archive(old) => {
                    let status = self.revive(old).await?;
                    if old.status != CertificateStatus::Revoked {
                        changes.push((old.cuid, old.serial.clone(), CertificateStatus::Retired));
                    }
                    let message = format!("{} from {}", old.key_type, super::hex(&old.cuid));
                    activities.extend(self.activity("recovery", true, message));
                    status
                }
            };
            changes.push((pending.cuid, pending.serial.clone(), status));
        }
        let mut token = self.record()?;
        token.status = TokenStatus::Active;
        token.user = self.user.clone();
        self.token_type().clone_into(&mut token.token_type);
        token.applet = self.facts()?.applet_version();
        token.key_version = Some(self.opened()?.card.key_version);
        activities.extend(self.activity("enrollment", true, format!("applet {}", token.applet)));
        let commit =
            Commit { token: Some(token), certificates: changes, activities, closes: self.journal };
        self.cx.commit(commit).await?;
        self.pending.clear();
        self.committed = true;
        Ok(())
    }
}
