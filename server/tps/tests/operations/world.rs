//! TPS, TKS, CA and DRM over one database in memory, and what must always be true of its records.

use std::sync::Arc;

use ca::{Authority, AuthorityConfig};
use drm::DataRecovery;
use keys::{
    KeyKind, KeyProvider as _, RsaPadding, Sealing, SoftwareKeys, random::SystemRandomness,
};
use store::{
    Database,
    ca::{CertificateFilter, CertificateStore as _},
    clock::SystemClock,
    page::Page,
    tps::{
        CertificateStatus, Token, TokenCertificate, TokenCertificateFilter, TokenStatus,
        TokenStore as _,
    },
};
use tks::{DrmTransport, KeySetConfig, MasterKey, TksConfig, TokenKeys, scheme_from_name};
use token_management::{
    message::{Extensions, Operation, OperationResult, ServerMessage, Status},
    subsystem::{secret::Secret, tks::Cuid},
};
use tps::{
    Begin, Config, Outcome,
    driver::{Driver, Limits, Observer, Services, Unobserved},
    users::hash_password,
};

use crate::{
    card::Card,
    client::{PASSWORD, TestClient},
};

type Keys = SoftwareKeys<Database>;
type TestAuthority = Authority<Keys, Database, SystemClock, SystemRandomness>;
type TestDriver = Driver<
    TokenKeys<Keys, Database>,
    TestAuthority,
    DataRecovery<Keys, Database, SystemClock, SystemRandomness>,
    Database,
    SystemClock,
>;

/// Everything.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) driver: TestDriver,
    pub(crate) config: Arc<Config>,
}

impl World {
    pub(crate) async fn new(config: Config) -> Self {
        config.validate().unwrap();
        let database = Database::in_memory().await.unwrap();
        let phrase = Sealing::Passphrase("a test".to_owned().into());
        let keys = Arc::new(Keys::open(database.clone(), &phrase).await.unwrap());
        let mut wanted = ca::WANTED_KEYS.to_vec();
        wanted.extend(drm::WANTED_KEYS);
        wanted.extend([("des3", KeyKind::MasterDes3), ("aes", KeyKind::MasterAes128)]);
        keys.ensure_keys(&wanted).await.unwrap();
        let padding = RsaPadding::OaepSha256;
        let (clock, random) = (SystemClock, SystemRandomness);
        let authority = AuthorityConfig::default();
        let ca = Authority::open(Arc::clone(&keys), database.clone(), clock, random, authority);
        let drm = DataRecovery::new(Arc::clone(&keys), database.clone(), clock, random, padding);
        let services = Services {
            tks: TokenKeys::new(Arc::clone(&keys), database.clone(), tks_config(&keys)).unwrap(),
            ca: ca.await.unwrap(),
            drm,
            store: database.clone(),
            clock,
        };
        let config = Arc::new(config);
        let driver = Driver::new(Arc::clone(&config), services, Limits::default());
        let world = Self { database, driver, config };
        for user in ["ada", "bob"] {
            let hash = hash_password(&Secret::new(PASSWORD.as_bytes().to_vec())).unwrap();
            world.database.put_user(user, &hash, jiff::Timestamp::now()).await.unwrap();
        }
        world
    }

    /// Runs an operation; END_OP says what the outcome says.
    pub(crate) async fn run(&self, operation: Operation, client: &mut TestClient<'_>) -> Outcome {
        self.run_with(operation, Extensions::default(), client, &mut Unobserved).await
    }

    pub(crate) async fn run_with<O: Observer>(
        &self,
        operation: Operation,
        extensions: Extensions,
        client: &mut TestClient<'_>,
        observer: &mut O,
    ) -> Outcome {
        let begin = Begin { operation, extensions, client: "192.0.2.1".to_owned() };
        let outcome = self.driver.run_observed(begin, client, observer).await;
        let (result, status) = match &outcome.result {
            Ok(()) => (OperationResult::Good, Status::NoError),
            Err(fault) => (OperationResult::Error, fault.status),
        };
        assert_eq!(client.end, Some(ServerMessage::EndOp { operation, result, status }));
        outcome
    }

    /// Runs an operation that must succeed.
    pub(crate) async fn must(&self, operation: Operation, card: &mut Card, user: &str) {
        let outcome = self.run(operation, &mut TestClient::new(card, user)).await;
        assert_eq!(outcome.result, Ok(()), "{operation}");
        self.assert_consistent(card).await;
    }

    /// Runs an operation that must end with this status.
    pub(crate) async fn must_fail(
        &self,
        operation: Operation,
        card: &mut Card,
        user: &str,
        status: Status,
    ) {
        let outcome = self.run(operation, &mut TestClient::new(card, user)).await;
        assert_eq!(outcome.result.map_err(|fault| fault.status), Err(status), "{operation}");
        self.assert_consistent(card).await;
    }

    pub(crate) async fn token(&self, cuid: &Cuid) -> Option<Token> {
        self.database.token(cuid).await.unwrap().map(|row| row.token)
    }

    pub(crate) async fn status(&self, card: &Card) -> Option<TokenStatus> {
        self.token(&card.cuid).await.map(|token| token.status)
    }

    pub(crate) async fn certificates(&self, card: &Card) -> Vec<TokenCertificate> {
        let filter =
            TokenCertificateFilter { cuid: Some(card.cuid), ..TokenCertificateFilter::default() };
        let rows = self.database.token_certificates(&filter, Page::first()).await.unwrap();
        rows.entries.into_iter().map(|row| row.certificate).collect()
    }

    /// Kind and status of the certificates on a token, oldest first.
    pub(crate) async fn summary(&self, card: &Card) -> Vec<(String, CertificateStatus)> {
        self.certificates(card).await.into_iter().map(|c| (c.key_type, c.status)).collect()
    }

    /// Serial numbers that the CA issued for this token and has not revoked.
    pub(crate) async fn in_force(&self, card: &Card) -> Vec<Vec<u8>> {
        let filter = CertificateFilter { cuid: Some(card.cuid), ..CertificateFilter::default() };
        let issued = self.database.issued_certificates(&filter, Page::first()).await.unwrap();
        let valid = issued.entries.into_iter().filter(|record| record.revocation.is_none());
        valid.map(|record| record.serial).collect()
    }

    /// Nothing is half done: no certificate is pending, and what CA and records say of certificates is the same.
    pub(crate) async fn assert_consistent(&self, card: &Card) {
        let rows = self.certificates(card).await;
        assert!(rows.iter().all(|row| row.status != CertificateStatus::Pending), "{rows:?}");
        let mut recorded: Vec<Vec<u8>> = rows
            .into_iter()
            .filter(|row| {
                let valid =
                    matches!(row.status, CertificateStatus::Active | CertificateStatus::Retired);
                valid && row.origin == card.cuid
            })
            .map(|row| row.serial)
            .collect();
        let mut in_force = self.in_force(card).await;
        recorded.sort();
        in_force.sort();
        assert_eq!(recorded, in_force, "certificates in force are those that the records know");
        let open = self.database.open_operations(Page::first()).await.unwrap();
        assert!(open.entries.iter().all(|entry| entry.cuid != card.cuid), "the journal is closed");
    }
}

fn tks_config(keys: &Keys) -> TksConfig {
    let mut key_set = KeySetConfig::default();
    let master = |name: &str, scheme: &str| MasterKey {
        name: name.to_owned(),
        scheme: scheme_from_name(scheme).unwrap(),
    };
    key_set.masters.insert(2, master("des3", "nist"));
    key_set.masters.insert(3, master("aes", "kdf3"));
    let public_key = keys.description(drm::TRANSPORT_KEY).unwrap().visible;
    TksConfig {
        key_sets: [("defKeySet".to_owned(), key_set)].into(),
        drm: Some(DrmTransport { public_key, padding: RsaPadding::OaepSha256 }),
        ..TksConfig::default()
    }
}

/// A configuration whose keys are all made on the card: quick, for tests that enrol often.
pub(crate) fn on_card_only() -> Config {
    let mut config = Config { allow_multiple_active_tokens: true, ..Config::default() };
    for key in config.enroll.values_mut().flat_map(|profile| &mut profile.keys) {
        key.server_side = false;
        key.archive = false;
    }
    config
}
