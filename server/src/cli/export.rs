//! `export`: what the certificate authority publishes, into a file.

use super::{ExportArguments, Published, init::write, output};
use crate::{
    config::{Config, Paths},
    error::ServerError,
    subsystems::Foundation,
};

pub(super) async fn export(arguments: &ExportArguments) -> Result<(), ServerError> {
    let path = &arguments.config.path;
    let config = Config::read(path)?;
    let foundation = Foundation::open(&config, &Paths::new(&config, path)).await?;
    let authority = foundation.authority(&config).await?;
    let bytes = match arguments.what {
        Published::CaChain => authority.chain_pem()?.into_bytes(),
        Published::Crl => authority.revocation_list().await?.der,
    };
    write(&arguments.out, &bytes)?;
    foundation.database.close().await;
    output::line(&arguments.out.display().to_string())
}
