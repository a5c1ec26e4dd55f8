//! Requests to TKS, CA and DRM.

use token_management::{
    message::Status,
    subsystem::{
        SubsystemError,
        ca::{EnrollmentRequest, IssuedCertificate, RevocationReason},
        drm::{KeyGenerationRequest, KeyRecoveryRequest, WrappedKeyPair},
        tks::{Cuid, EncryptDataRequest, KeyChangeRequest, SessionKeyRequest, SessionKeys},
    },
};

use super::{Context, wrong_answer};
use crate::{
    effect::{Answer, CaRequest, DrmRequest, Effect, TksRequest},
    outcome::Fault,
};

/// A subsystem's refusal as a fault: one that cannot be reached is always 13.
fn subsystem_fault(name: &str, error: &SubsystemError, otherwise: Status) -> Fault {
    let status = match error {
        SubsystemError::Unavailable(_) => Status::Connection,
        _ => otherwise,
    };
    Fault::new(status, format!("{name}: {error}"))
}

impl Context {
    /// Random bytes from TKS.
    pub(crate) async fn random<const N: usize>(&self) -> Result<[u8; N], Fault> {
        match self.mailbox.perform(Effect::Tks(TksRequest::Random(N))).await {
            Answer::Bytes(Ok(bytes)) => bytes.try_into().map_err(|_| {
                Fault::new(Status::Snac, "TKS: not as many random bytes as asked for")
            }),
            Answer::Bytes(Err(e)) => Err(subsystem_fault("TKS", &e, Status::SecureChannel)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn session_keys(
        &self,
        request: SessionKeyRequest,
    ) -> Result<SessionKeys, Fault> {
        match self.mailbox.perform(Effect::Tks(TksRequest::SessionKeys(request))).await {
            Answer::SessionKeys(Ok(keys)) => Ok(keys),
            Answer::SessionKeys(Err(e)) => Err(subsystem_fault("TKS", &e, Status::SecureChannel)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn key_change(&self, request: KeyChangeRequest) -> Result<Vec<u8>, Fault> {
        match self.mailbox.perform(Effect::Tks(TksRequest::KeyChange(request))).await {
            Answer::Bytes(Ok(bytes)) => Ok(bytes),
            Answer::Bytes(Err(e)) => Err(subsystem_fault("TKS", &e, Status::KeyChangeOver)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn encrypt(&self, request: EncryptDataRequest) -> Result<Vec<u8>, Fault> {
        match self.mailbox.perform(Effect::Tks(TksRequest::EncryptData(request))).await {
            Answer::Bytes(Ok(bytes)) => Ok(bytes),
            Answer::Bytes(Err(e)) => Err(subsystem_fault("TKS", &e, Status::MacEnrollPdu)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn issue(
        &self,
        request: EnrollmentRequest,
    ) -> Result<IssuedCertificate, Fault> {
        self.certificate_from(CaRequest::Enroll(request)).await
    }

    pub(crate) async fn issued_certificate(
        &self,
        serial: Vec<u8>,
    ) -> Result<IssuedCertificate, Fault> {
        self.certificate_from(CaRequest::Certificate(serial)).await
    }

    async fn certificate_from(&self, request: CaRequest) -> Result<IssuedCertificate, Fault> {
        match self.mailbox.perform(Effect::Ca(request)).await {
            Answer::Certificate(Ok(certificate)) => Ok(certificate),
            Answer::Certificate(Err(e)) => Err(subsystem_fault("CA", &e, Status::CaResponse)),
            _ => Err(wrong_answer()),
        }
    }

    /// What the CA issued for a token and has not revoked.
    pub(crate) async fn issued_for(&self, cuid: Cuid) -> Result<Vec<IssuedCertificate>, Fault> {
        match self.mailbox.perform(Effect::Ca(CaRequest::CertificatesOf(cuid))).await {
            Answer::Certificates(Ok(certificates)) => Ok(certificates),
            Answer::Certificates(Err(e)) => Err(subsystem_fault("CA", &e, Status::CaResponse)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn revoke(
        &self,
        serial: Vec<u8>,
        reason: RevocationReason,
    ) -> Result<(), Fault> {
        self.done(CaRequest::Revoke(serial, reason)).await
    }

    pub(crate) async fn unrevoke(&self, serial: Vec<u8>) -> Result<(), Fault> {
        self.done(CaRequest::Unrevoke(serial)).await
    }

    async fn done(&self, request: CaRequest) -> Result<(), Fault> {
        match self.mailbox.perform(Effect::Ca(request)).await {
            Answer::Done(Ok(())) => Ok(()),
            Answer::Done(Err(e)) => {
                Err(subsystem_fault("CA", &e, Status::RevokeCertificatesFailed))
            }
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn generate_key(
        &self,
        request: KeyGenerationRequest,
    ) -> Result<WrappedKeyPair, Fault> {
        match self.mailbox.perform(Effect::Drm(DrmRequest::Generate(request))).await {
            Answer::KeyPair(Ok(pair)) => Ok(pair),
            Answer::KeyPair(Err(e)) => Err(subsystem_fault("DRM", &e, Status::MacEnrollPdu)),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn recover_key(
        &self,
        request: KeyRecoveryRequest,
    ) -> Result<WrappedKeyPair, Fault> {
        match self.mailbox.perform(Effect::Drm(DrmRequest::Recover(request))).await {
            Answer::KeyPair(Ok(pair)) => Ok(pair),
            Answer::KeyPair(Err(e @ SubsystemError::NotFound(_))) => {
                Err(subsystem_fault("DRM", &e, Status::KeyArchiveOff))
            }
            Answer::KeyPair(Err(e)) => Err(subsystem_fault("DRM", &e, Status::RecoveryFailed)),
            _ => Err(wrong_answer()),
        }
    }
}
