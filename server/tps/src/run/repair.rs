//! Records put right: after a failure at once, after a crash by the next operation on the token.
//!
//! What counts is that no certificate stays valid whose key may not be on its token, and that the record never says more of
//! a token than is so. Archived keys stay.

use store::tps::{CertificateStatus, Commit, TokenCertificate};
use token_management::{
    message::{Operation, Status},
    subsystem::{ca::RevocationReason, tks::Cuid},
};

use super::Run;
use crate::outcome::Fault;

/// Why a certificate is revoked whose key did not reach its card.
const NEVER_IN_USE: RevocationReason = RevocationReason::CessationOfOperation;

/// A certificate whose status changes: token, serial number, new status.
pub(super) type Change = (Cuid, Vec<u8>, CertificateStatus);

impl Run {
    /// Takes back what was begun on the token and not finished; after a crash also certificates that never got a record.
    pub(super) async fn repair(&mut self, interrupted: bool) -> Result<(), Fault> {
        let cuid = self.cuid()?;
        let rows = self.cx.certificates(cuid).await?;
        let mut changes = Vec::new();
        for row in &rows {
            if row.certificate.status == CertificateStatus::Pending {
                changes.push(self.withdraw(&row.certificate).await?);
            }
        }
        if interrupted {
            let known = |serial: &Vec<u8>| rows.iter().any(|row| row.certificate.serial == *serial);
            for issued in self.cx.issued_for(cuid).await? {
                if !known(&issued.serial) {
                    self.cx.revoke(issued.serial, NEVER_IN_USE).await?;
                }
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        let message = format!("{} certificates taken back", changes.len());
        let activities = self.activity("cert_revocation", true, message).into_iter().collect();
        self.cx.commit(Commit { certificates: changes, activities, ..Commit::default() }).await
    }

    /// Takes a pending certificate back: one that was issued for this token is revoked, one that was only recovered to it lives on.
    async fn withdraw(&self, certificate: &TokenCertificate) -> Result<Change, Fault> {
        let status = if certificate.origin == certificate.cuid {
            self.cx.revoke(certificate.serial.clone(), NEVER_IN_USE).await?;
            CertificateStatus::Revoked
        } else {
            CertificateStatus::Retired
        };
        Ok((certificate.cuid, certificate.serial.clone(), status))
    }

    /// After a failure: as much as can be put right is, the rest is left to the next operation.
    pub(super) async fn clean_up(&mut self, fault: &Fault) {
        let mut certificates = Vec::new();
        let mut complete = !self.doubtful;
        for pending in core::mem::take(&mut self.pending) {
            match self.withdraw(&pending).await {
                Ok(change) => certificates.push(change),
                Err(_) => complete = false,
            }
        }
        let operation = match self.cx.begin.operation {
            Operation::Format => "format",
            Operation::Enroll => "enrollment",
            _ => "pin_reset",
        };
        let message = format!("{}: {}", fault.status.name(), fault.cause);
        let activities = self.activity(operation, false, message).into_iter().collect();
        let closes = self.journal.filter(|_| complete);
        // The operation has failed already: a store that fails too leaves the journal open, which says enough.
        let _ = self.cx.commit(Commit { token: None, certificates, activities, closes }).await;
    }

    /// Revokes certificates of this token that are in use, but not those in `kept`.
    pub(super) async fn revoke_all(
        &mut self,
        reason: RevocationReason,
        kept: impl Fn(&TokenCertificate) -> bool,
    ) -> Result<Vec<Change>, Fault> {
        let mut changes = Vec::new();
        for row in self.cx.certificates(self.cuid()?).await? {
            let certificate = row.certificate;
            let in_use =
                matches!(certificate.status, CertificateStatus::Active | CertificateStatus::OnHold);
            if in_use && !kept(&certificate) {
                self.cx.revoke(certificate.serial.clone(), reason).await?;
                changes.push((certificate.cuid, certificate.serial, CertificateStatus::Revoked));
            }
        }
        Ok(changes)
    }

    /// Certificates of this token that are in use: no longer on the card, valid nevertheless.
    pub(super) async fn retire_all(&mut self) -> Result<Vec<Change>, Fault> {
        let rows = self.cx.certificates(self.cuid()?).await?;
        let active =
            rows.into_iter().filter(|row| row.certificate.status == CertificateStatus::Active);
        Ok(active
            .map(|row| (row.certificate.cuid, row.certificate.serial, CertificateStatus::Retired))
            .collect())
    }

    /// Adds a certificate of which nobody knows yet whether its key and object reach the card.
    pub(super) async fn add_pending(&mut self, certificate: TokenCertificate) -> Result<(), Fault> {
        self.pending.push(certificate.clone());
        self.cx
            .put_certificate(certificate)
            .await
            .map_err(|fault| Fault::new(Status::UpdateTokenDbFailed, fault.cause))
    }
}
