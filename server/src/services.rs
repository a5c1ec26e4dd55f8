//! Database, keys and the four subsystems, opened in their order.

use std::sync::Arc;

use anyhow::Context as _;
use ca::Authority;
use drm::DataRecovery;
use keys::{KeyProvider as _, RsaPadding, Sealing, SoftwareKeys, random::SystemRandomness};
use store::{Database, clock::SystemClock};
use tks::{DrmTransport, TksConfig, TokenKeys};
use tps::driver::{Driver, Services};

use crate::config::ServerConfig;

/// The keys of this server.
pub type Keys = SoftwareKeys<Database>;
/// The certificate authority of this server.
pub type ServerAuthority = Authority<Keys, Database, SystemClock, SystemRandomness>;
/// The driver of token operations of this server.
pub type ServerDriver = Driver<
    TokenKeys<Keys, Database>,
    ServerAuthority,
    DataRecovery<Keys, Database, SystemClock, SystemRandomness>,
    Database,
    SystemClock,
>;

/// How transport keys are padded between TKS and DRM.
const TRANSPORT_PADDING: RsaPadding = RsaPadding::OaepSha256;

/// Opens the database.
///
/// # Errors
/// It cannot be opened, or was written by a later version.
pub async fn open_database(config: &ServerConfig) -> anyhow::Result<Database> {
    let path = &config.data.database;
    Database::open(path).await.with_context(|| format!("database {}", path.display()))
}

/// Opens the keys, and makes those that are missing.
///
/// # Errors
/// The sealing key is missing or another, or the database is at fault.
pub async fn open_keys(config: &ServerConfig, database: &Database) -> anyhow::Result<Arc<Keys>> {
    let sealing = Sealing::KeyFile(config.data.sealing_key.clone());
    let keys = SoftwareKeys::open(database.clone(), &sealing).await.context("keys")?;
    let mut wanted = config.tks.wanted_keys()?;
    wanted.extend(ca::WANTED_KEYS);
    wanted.extend(drm::WANTED_KEYS);
    keys.ensure_keys(&wanted).await.context("keys")?;
    Ok(Arc::new(keys))
}

/// Opens the certificate authority, and makes its hierarchy at the first start.
///
/// # Errors
/// Keys, database or configuration are at fault.
pub async fn open_authority(
    config: &ServerConfig,
    database: &Database,
    keys: &Arc<Keys>,
) -> anyhow::Result<ServerAuthority> {
    Authority::open(
        Arc::clone(keys),
        database.clone(),
        SystemClock,
        SystemRandomness,
        config.ca.clone(),
    )
    .await
    .context("certificate authority")
}

/// Opens everything that token operations need.
///
/// # Errors
/// See the functions above; a master key that does not go with its scheme.
pub async fn open(config: &ServerConfig) -> anyhow::Result<(ServerDriver, Arc<Keys>)> {
    let database = open_database(config).await?;
    let keys = open_keys(config, &database).await?;
    let ca = open_authority(config, &database, &keys).await?;
    let transport = keys.description(drm::TRANSPORT_KEY).context("DRM's transport key")?;
    let tks_config = TksConfig {
        key_sets: config.tks.key_sets()?,
        drm: Some(DrmTransport { public_key: transport.visible, padding: TRANSPORT_PADDING }),
        scp03_transport: config.tks.transport()?,
    };
    let tks = TokenKeys::new(Arc::clone(&keys), database.clone(), tks_config).context("tks")?;
    let drm = DataRecovery::new(
        Arc::clone(&keys),
        database.clone(),
        SystemClock,
        SystemRandomness,
        TRANSPORT_PADDING,
    );
    let services = Services { tks, ca, drm, store: database, clock: SystemClock };
    let driver = Driver::new(Arc::new(config.tps.clone()), services, config.limits.operations());
    Ok((driver, keys))
}
