//! The manager: requests in, wrapped key pairs out.

use std::sync::Arc;

use der::{Decode as _, Encode as _};
use keys::{KeyKind, KeyProvider, RsaPadding, random::Randomness};
use store::{
    StoreError,
    clock::Clock,
    drm::{ArchiveEvent, ArchiveEventKind, ArchiveStore, ArchivedKey},
};
use token_management::subsystem::{
    SubsystemError,
    drm::{
        DataRecoveryManager, KeyGenerationRequest, KeyRecoveryRequest, TransportKeyForDrm,
        WrappedKeyPair,
    },
    tks::Cuid,
};
use x509_cert::Certificate;
use zeroize::Zeroizing;

use crate::{
    archive::{self, Sealed, WRAPPING},
    error::DrmError,
    generate::{ClearKeyPair, generate},
    transport,
};

/// Name of the key that opens the archive.
pub const STORAGE_KEY: &str = "drm-storage";
/// Name of the key that opens transport keys.
pub const TRANSPORT_KEY: &str = "drm-transport";
/// The keys that DRM needs, for [`KeyProvider::ensure_keys`].
pub const WANTED_KEYS: [(&str, KeyKind); 2] =
    [(STORAGE_KEY, KeyKind::UnwrappingRsa3072), (TRANSPORT_KEY, KeyKind::UnwrappingRsa2048)];

/// The data recovery manager in this process.
pub struct DataRecovery<K, S, C, R> {
    keys: Arc<K>,
    store: S,
    clock: C,
    random: R,
    padding: RsaPadding,
}

impl<K: KeyProvider, S: ArchiveStore, C: Clock, R: Randomness> DataRecovery<K, S, C, R> {
    /// A manager over these keys (which have [`WANTED_KEYS`]) and this archive. `padding` is how TKS pads transport keys.
    pub const fn new(keys: Arc<K>, store: S, clock: C, random: R, padding: RsaPadding) -> Self {
        Self { keys, store, clock, random, padding }
    }

    async fn generate(&self, request: &KeyGenerationRequest) -> Result<WrappedKeyPair, DrmError> {
        // The transport key first: a request whose answer nobody could open archives nothing.
        let transport_key = self.open_transport_key(&request.transport_key)?;
        let kind = request.kind;
        let pair = tokio::task::spawn_blocking(move || generate(kind))
            .await
            .map_err(|_| DrmError::Making)??;
        let wrapped = self.wrap(request.transport_key.algorithm, &transport_key, &pair)?;
        let key = request.archive.then(|| self.seal(request, &pair)).transpose()?;
        let event = self.event(
            ArchiveEventKind::Generated,
            key.as_ref(),
            request.cuid,
            &request.user,
            true,
        );
        match &key {
            Some(key) => self.store.archive_key(key, &event).await?,
            None => self.store.record_archive_event(&event).await?,
        }
        tracing::info!(user = request.user, archived = request.archive, "key pair made");
        Ok(wrapped)
    }

    async fn recover(&self, request: &KeyRecoveryRequest) -> Result<WrappedKeyPair, DrmError> {
        let transport_key = self.open_transport_key(&request.transport_key)?;
        let public_key = public_key_of(&request.certificate)?;
        let key = self.store.archived_key(&public_key).await?;
        let owned = key.as_ref().is_some_and(|key| key.user == request.user);
        // The line is written before the answer, granted or not.
        let event = self.event(
            ArchiveEventKind::Recovered,
            key.as_ref(),
            request.cuid,
            &request.user,
            owned,
        );
        self.store.record_archive_event(&event).await?;
        let key = key.ok_or(DrmError::NotArchived)?;
        if !owned {
            tracing::warn!(
                user = request.user,
                key = key.id,
                "recovery of another user's key refused"
            );
            return Err(DrmError::ForeignKey);
        }
        if key.wrapping != WRAPPING {
            return Err(DrmError::ArchiveDamaged(key.id));
        }
        let sealed =
            Sealed { session_key: key.wrapped_session_key, private_key: key.wrapped_private_key };
        let private_key = archive::open(&*self.keys, &key.id, &sealed)?;
        let pair = ClearKeyPair { public_key: key.public_key, private_key };
        let wrapped = self.wrap(request.transport_key.algorithm, &transport_key, &pair)?;
        tracing::info!(user = request.user, key = key.id, "key recovered");
        Ok(wrapped)
    }

    fn open_transport_key(&self, key: &TransportKeyForDrm) -> Result<Zeroizing<Vec<u8>>, DrmError> {
        Ok(self.keys.unwrap_key(TRANSPORT_KEY, self.padding, &key.wrapped)?)
    }

    fn wrap(
        &self,
        algorithm: token_management::subsystem::tks::TransportAlgorithm,
        transport_key: &[u8],
        pair: &ClearKeyPair,
    ) -> Result<WrappedKeyPair, DrmError> {
        let wrapped = transport::wrap(algorithm, transport_key, &self.random, &pair.private_key)?;
        Ok(WrappedKeyPair {
            public_key: pair.public_key.clone(),
            wrapped_private_key: wrapped.private_key,
            iv: wrapped.iv,
        })
    }

    fn seal(
        &self,
        request: &KeyGenerationRequest,
        pair: &ClearKeyPair,
    ) -> Result<ArchivedKey, DrmError> {
        let sealed = archive::seal(&*self.keys, &self.random, &pair.private_key)?;
        Ok(ArchivedKey {
            id: uuid::Uuid::now_v7().to_string(),
            cuid: request.cuid,
            user: request.user.clone(),
            public_key: pair.public_key.clone(),
            wrapped_session_key: sealed.session_key,
            wrapped_private_key: sealed.private_key,
            wrapping: WRAPPING.to_owned(),
            created: self.clock.now(),
        })
    }

    fn event(
        &self,
        kind: ArchiveEventKind,
        key: Option<&ArchivedKey>,
        cuid: Cuid,
        user: &str,
        granted: bool,
    ) -> ArchiveEvent {
        ArchiveEvent {
            kind,
            key: key.map(|key| key.id.clone()),
            cuid,
            user: user.to_owned(),
            granted,
            created: self.clock.now(),
        }
    }
}

/// DER of the SubjectPublicKeyInfo in a certificate [RFC 5280 §4.1.2.7].
fn public_key_of(certificate: &[u8]) -> Result<Vec<u8>, DrmError> {
    Certificate::from_der(certificate)
        .and_then(|certificate| certificate.tbs_certificate().subject_public_key_info().to_der())
        .map_err(DrmError::CertificateMalformed)
}

impl<K, S, C, R> DataRecoveryManager for DataRecovery<K, S, C, R>
where
    K: KeyProvider,
    S: ArchiveStore,
    C: Clock,
    R: Randomness,
{
    async fn generate_key(
        &self,
        request: KeyGenerationRequest,
    ) -> Result<WrappedKeyPair, SubsystemError> {
        self.generate(&request).await.map_err(report)
    }

    async fn recover_key(
        &self,
        request: KeyRecoveryRequest,
    ) -> Result<WrappedKeyPair, SubsystemError> {
        self.recover(&request).await.map_err(report)
    }
}

/// Logs what is DRM's own fault, and says to TPS what it may know.
fn report(error: DrmError) -> SubsystemError {
    if let DrmError::Store(StoreError::AlreadyExists(_))
    | DrmError::Making
    | DrmError::ArchiveDamaged(_) = &error
    {
        tracing::error!(%error, "data recovery manager");
    }
    error.into()
}
