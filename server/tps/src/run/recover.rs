//! An archived key with its certificate, from the archive to another token.

use store::tps::{CertificateStatus, TokenCertificate};
use token_management::{message::Status, subsystem::drm::KeyRecoveryRequest};

use super::{Run, plan::KeyWork};
use crate::outcome::Fault;

impl Run {
    /// Puts the archived key in its slot; DER of its certificate.
    pub(super) async fn recover(
        &mut self,
        work: &KeyWork,
        old: &TokenCertificate,
    ) -> Result<Vec<u8>, Fault> {
        let certificate = if old.der.is_empty() {
            self.cx.issued_certificate(old.serial.clone()).await?.der
        } else {
            old.der.clone()
        };
        let request = KeyRecoveryRequest {
            cuid: self.cuid()?,
            user: self.user()?.to_owned(),
            certificate: certificate.clone(),
            transport_key: self.transport_key_for_drm()?,
        };
        let pair = self.cx.recover_key(request).await?;
        self.import(work, pair, Status::RecoveryFailed).await?;
        self.add_pending(TokenCertificate {
            cuid: self.cuid()?,
            user: self.user()?.to_owned(),
            status: CertificateStatus::Pending,
            der: certificate.clone(),
            ..old.clone()
        })
        .await?;
        Ok(certificate)
    }

    /// What a recovered certificate becomes on its new token; one on hold is released.
    pub(super) async fn revive(&self, old: &TokenCertificate) -> Result<CertificateStatus, Fault> {
        match old.status {
            CertificateStatus::Revoked => Ok(CertificateStatus::Revoked),
            CertificateStatus::OnHold => {
                self.cx.unrevoke(old.serial.clone()).await?;
                Ok(CertificateStatus::Active)
            }
            _ => Ok(CertificateStatus::Active),
        }
    }
}
