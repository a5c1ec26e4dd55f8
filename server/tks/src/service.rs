//! The four requests of TPS.

use std::sync::Arc;

use globalplatform::{
    InitializeUpdateAnswer, Key, KeyAlgorithm, Protocol, SessionKeys as ChannelKeys,
    command::{KeyBlockDialect, PutKey},
};
use keys::{
    KeyProvider,
    random::{Randomness, SystemRandomness},
    wrap_for,
};
use store::{
    clock::{Clock, SystemClock},
    tks::{KeyChange, KeyChangeStore},
};
use token_management::subsystem::{
    SubsystemError,
    secret::Secret,
    tks::{
        CardKeys, EncryptDataRequest, KeyChangeRequest, RANDOM_MAX, SessionKeyRequest, SessionKeys,
        TokenKeyService, TransportAlgorithm, TransportKey,
    },
};
use tracing::{info, warn};

use crate::{
    card::{answer, data_key, static_keys},
    config::{ConfigError, TksConfig},
    error::TksError,
    random::{for_drm, fresh_key},
};

/// Most bytes that one request encrypts for a card.
const DATA_MAX: usize = 256;
/// Data to be encrypted are whole blocks of AES.
const DATA_BLOCK: usize = 16;

/// The token key service.
pub struct TokenKeys<K, S, R = SystemRandomness, C = SystemClock> {
    provider: Arc<K>,
    store: S,
    config: TksConfig,
    random: R,
    clock: C,
}

impl<K: KeyProvider, S: KeyChangeStore> TokenKeys<K, S> {
    /// A service with the system's clock and random numbers.
    ///
    /// # Errors
    /// [`ConfigError`] when a master key is missing or does not fit its scheme.
    pub fn new(provider: Arc<K>, store: S, config: TksConfig) -> Result<Self, ConfigError> {
        Self::with(provider, store, config, (SystemRandomness, SystemClock))
    }
}

impl<K: KeyProvider, S: KeyChangeStore, R: Randomness, C: Clock> TokenKeys<K, S, R, C> {
    /// A service with the given randomness and clock.
    ///
    /// # Errors
    /// [`ConfigError`] when a master key is missing or does not fit its scheme.
    pub fn with(
        provider: Arc<K>,
        store: S,
        config: TksConfig,
        (random, clock): (R, C),
    ) -> Result<Self, ConfigError> {
        config.check(provider.as_ref())?;
        Ok(Self { provider, store, config, random, clock })
    }

    fn keys_of(
        &self,
        card: &CardKeys,
        version: u8,
        protocol: Protocol,
    ) -> Result<globalplatform::KeySet, TksError> {
        static_keys(&self.config, self.provider.as_ref(), card, (version, protocol))
    }

    /// The key for sensitive data in the session that the card's answer opened.
    fn session_data_key(
        &self,
        card: &CardKeys,
        initialize_update: &[u8],
        option: u8,
    ) -> Result<(InitializeUpdateAnswer, Key), TksError> {
        let answer = answer(card, initialize_update, option)?;
        let keys = self.keys_of(card, card.key_version, answer.protocol)?;
        let key = data_key(&keys, &answer)?;
        Ok((answer, key))
    }

    fn open_session(&self, request: &SessionKeyRequest) -> Result<SessionKeys, TksError> {
        let card = &request.card;
        let answer = answer(card, &request.initialize_update, request.option)?;
        let keys = self.keys_of(card, card.key_version, answer.protocol)?;
        let session = ChannelKeys::derive(&keys, &answer, &request.host_challenge)?;
        session.verify_card(&answer, &request.host_challenge)?;
        let host_cryptogram = session.host_cryptogram(&answer, &request.host_challenge)?;
        let transport_key = request
            .transport_key
            .then(|| self.transport_key(&session, answer.protocol))
            .transpose()?;
        Ok(SessionKeys {
            enc: secret(&session.enc),
            mac: secret(&session.mac),
            rmac: session.rmac.as_ref().map(secret),
            host_cryptogram: host_cryptogram.try_into()?,
            transport_key,
        })
    }

    fn transport_key(
        &self,
        session: &ChannelKeys,
        protocol: Protocol,
    ) -> Result<TransportKey, TksError> {
        let drm = self.config.drm.as_ref().ok_or(TksError::NoDrm)?;
        let algorithm = match protocol {
            Protocol::Scp03 { .. } => self.config.scp03_transport,
            Protocol::Scp01 { .. } | Protocol::Scp02 { .. } => TransportAlgorithm::Des3Cbc,
        };
        let key = fresh_key(&self.random, key_algorithm(algorithm))?;
        Ok(TransportKey {
            algorithm,
            for_card: session.encrypt_sensitive(key.bytes())?,
            check_value: key.check_value(),
            for_drm: wrap_for(&drm.public_key, drm.padding, &for_drm(&key))?,
        })
    }

    async fn change_keys(&self, request: &KeyChangeRequest) -> Result<Vec<u8>, TksError> {
        let card = &request.card;
        let (answer, dek) =
            self.session_data_key(card, &request.initialize_update, request.option)?;
        let new = self.keys_of(card, request.new_key_version, answer.protocol)?;
        let dialect = dialect(answer.protocol);
        let data = PutKey::for_key_set(None, request.new_key_version, &new, &dek, dialect)?
            .to_command()
            .data;
        self.store
            .record_key_change(&KeyChange {
                cuid: card.cuid,
                key_set: card.key_set.clone(),
                old_version: card.key_version,
                new_version: request.new_key_version,
                created: self.clock.now(),
            })
            .await?;
        Ok(data)
    }

    fn encrypt(&self, request: &EncryptDataRequest) -> Result<Vec<u8>, TksError> {
        let length = request.data.len();
        if length == 0 || length > DATA_MAX || !length.is_multiple_of(DATA_BLOCK) {
            return Err(TksError::DataLength(length));
        }
        let (_, dek) =
            self.session_data_key(&request.card, &request.initialize_update, request.option)?;
        Ok(dek.encrypt_sensitive(&request.data)?)
    }

    fn random_bytes(&self, length: usize) -> Result<Vec<u8>, TksError> {
        if length == 0 || length > RANDOM_MAX {
            return Err(TksError::RandomLength);
        }
        let mut bytes = vec![0; length];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn secret(key: &Key) -> Secret {
    Secret::new(key.bytes().to_vec())
}

const fn key_algorithm(algorithm: TransportAlgorithm) -> KeyAlgorithm {
    match algorithm {
        TransportAlgorithm::Des3Cbc => KeyAlgorithm::Des3,
        TransportAlgorithm::AesCbc | TransportAlgorithm::AesKeyWrapPadded => KeyAlgorithm::Aes128,
    }
}

const fn dialect(protocol: Protocol) -> KeyBlockDialect {
    match protocol {
        Protocol::Scp01 { .. } => KeyBlockDialect::Scp01,
        Protocol::Scp02 { .. } => KeyBlockDialect::Scp02,
        Protocol::Scp03 { .. } => KeyBlockDialect::Scp03,
    }
}

/// A CUID for the log.
struct Cuid<'a>(&'a [u8; 10]);

impl core::fmt::Display for Cuid<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// What an auditor wants to know of each request: what, for which card and keys, and how it ended.
fn audited<T>(
    event: &'static str,
    card: &CardKeys,
    result: Result<T, TksError>,
) -> Result<T, SubsystemError> {
    let cuid = Cuid(&card.cuid);
    let (key_set, version) = (card.key_set.as_str(), card.key_version);
    match &result {
        Ok(_) => info!(event, %cuid, key_set, version, "granted"),
        Err(error) => warn!(event, %cuid, key_set, version, %error, "refused"),
    }
    Ok(result?)
}

impl<K, S, R, C> TokenKeyService for TokenKeys<K, S, R, C>
where
    K: KeyProvider,
    S: KeyChangeStore,
    R: Randomness,
    C: Clock,
{
    async fn random(&self, length: usize) -> Result<Vec<u8>, SubsystemError> {
        Ok(self.random_bytes(length)?)
    }

    async fn session_keys(
        &self,
        request: SessionKeyRequest,
    ) -> Result<SessionKeys, SubsystemError> {
        audited("session keys", &request.card, self.open_session(&request))
    }

    async fn key_change(&self, request: KeyChangeRequest) -> Result<Vec<u8>, SubsystemError> {
        let result = self.change_keys(&request).await;
        audited("key change", &request.card, result)
    }

    async fn encrypt_data(&self, request: EncryptDataRequest) -> Result<Vec<u8>, SubsystemError> {
        audited("encrypt data", &request.card, self.encrypt(&request))
    }
}
