//! The four subsystems over one database, in this process.

use std::{path::Path, sync::Arc};

use ca::Authority;
use drm::DataRecovery;
use keys::{KeyProvider as _, Sealing, SoftwareKeys, random::SystemRandomness};
use store::{Database, clock::SystemClock};
use tks::TokenKeys;
use tps::driver::{Driver, Services};

use crate::{
    config::{Config, Paths},
    error::ServerError,
};

/// The keys of this server.
pub type Keys = SoftwareKeys<Database>;
/// The certificate authority of this server.
pub type LocalAuthority = Authority<Keys, Database, SystemClock, SystemRandomness>;
/// What runs token operations.
pub type LocalDriver = Driver<
    TokenKeys<Keys, Database>,
    LocalAuthority,
    DataRecovery<Keys, Database, SystemClock, SystemRandomness>,
    Database,
    SystemClock,
>;

/// Database and keys, opened; what was missing is there now.
pub struct Foundation {
    /// The database.
    pub database: Database,
    /// The keys.
    pub keys: Arc<Keys>,
}

impl Foundation {
    /// Opens database and keys, and makes those that are missing: the first start is no other than the next.
    ///
    /// # Errors
    /// The database, the key file or a key is at fault.
    pub async fn open(config: &Config, paths: &Paths) -> Result<Self, ServerError> {
        let database = open_database(&paths.database).await?;
        let sealing = Sealing::KeyFile(paths.key_file.clone());
        let keys = Keys::open(database.clone(), &sealing).await?;
        // All at once, so that those of the first start are made at the same time.
        let wanted: Vec<_> = ca::WANTED_KEYS
            .into_iter()
            .chain(drm::WANTED_KEYS)
            .chain(config.tks.wanted_keys())
            .collect();
        keys.ensure_keys(&wanted).await?;
        Ok(Self { database, keys: Arc::new(keys) })
    }

    /// The certificate authority.
    ///
    /// # Errors
    /// The configuration names subjects that are none, or the database is at fault.
    pub async fn authority(&self, config: &Config) -> Result<LocalAuthority, ServerError> {
        let (keys, store) = (Arc::clone(&self.keys), self.database.clone());
        Ok(Authority::open(keys, store, SystemClock, SystemRandomness, config.ca.clone()).await?)
    }

    /// Everything that token operations need, around `authority`.
    ///
    /// # Errors
    /// [`ServerError::Tks`] when a master key does not fit its scheme.
    pub fn driver(
        &self,
        config: &Config,
        authority: LocalAuthority,
    ) -> Result<LocalDriver, ServerError> {
        let padding = config.drm.padding.into();
        let transport = self.keys.description(drm::TRANSPORT_KEY)?.visible;
        let (keys, database) = (&self.keys, &self.database);
        let tks = config.tks.domain((transport, padding))?;
        let services = Services {
            tks: TokenKeys::new(Arc::clone(keys), database.clone(), tks)?,
            ca: authority,
            drm: DataRecovery::new(
                Arc::clone(keys),
                database.clone(),
                SystemClock,
                SystemRandomness,
                padding,
            ),
            store: database.clone(),
            clock: SystemClock,
        };
        let rules = Arc::new(config.tps.clone());
        Ok(Driver::new(rules, services, config.limits.operations()))
    }
}

/// Opens the database; its folder is made when it is not there.
///
/// # Errors
/// The folder or the database is at fault.
pub async fn open_database(path: &Path) -> Result<Database, ServerError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| ServerError::File { path: folder.to_owned(), source })?;
    }
    Ok(Database::open(path).await?)
}
