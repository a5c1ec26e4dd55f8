//! `token`: what an agent sees of tokens, and does to them without their cards.

mod show;

use serde_json::json;
use store::{
    Database,
    clock::SystemClock,
    page::{PAGE_MAX, Page},
    tps::{STATUSES, TokenCertificateFilter, TokenFilter, TokenRow, TokenStatus, TokenStore as _},
};
use token_management::subsystem::tks::Cuid;
use tps::agent::{AgentError, Change, change_status};

use super::{ConfigArgument, TokenTask, arguments::AgentArguments, output};
use crate::{
    config::{Config, Paths},
    error::ServerError,
    subsystems::{Foundation, open_database},
};

/// Who makes the changes, in the history.
const AGENT: &str = "command line";

pub(super) async fn execute(argument: &ConfigArgument, task: TokenTask) -> Result<(), ServerError> {
    let config = Config::read(&argument.path)?;
    let paths = Paths::new(&config, &argument.path);
    let (arguments, status) = match task {
        TokenTask::List { user, status, json } => {
            let status = status.as_deref().map(status_of_name).transpose()?;
            let database = open_database(&paths.database).await?;
            return list(&database, &TokenFilter { user, status }, json).await;
        }
        TokenTask::Show { cuid, json } => {
            return show::show(&open_database(&paths.database).await?, &cuid, json).await;
        }
        TokenTask::Lost(arguments) => (arguments, Some(TokenStatus::PermLost)),
        TokenTask::Damaged(arguments) => (arguments, Some(TokenStatus::Damaged)),
        TokenTask::Suspend(arguments) => (arguments, Some(TokenStatus::Suspended)),
        TokenTask::Activate(arguments) => (arguments, None),
        TokenTask::Terminate(arguments) => (arguments, Some(TokenStatus::Terminated)),
    };
    let foundation = Foundation::open(&config, &paths).await?;
    let status = match status {
        Some(status) => status,
        None => found_again(&foundation.database, &arguments.cuid).await?,
    };
    change(&config, &foundation, arguments, status).await?;
    foundation.database.close().await;
    Ok(())
}

fn status_of_name(name: &str) -> Result<TokenStatus, ServerError> {
    TokenStatus::from_name(&name.to_ascii_uppercase()).ok_or_else(|| {
        let names: Vec<_> = STATUSES.iter().map(|(_, name, _)| *name).collect();
        ServerError::Input(format!("'{name}' is no status; there are {}", names.join(", ")))
    })
}

/// What a suspended token becomes: active when it has certificates, formatted when it has none.
async fn found_again(database: &Database, cuid: &Cuid) -> Result<TokenStatus, ServerError> {
    let filter = TokenCertificateFilter { cuid: Some(*cuid), ..TokenCertificateFilter::default() };
    let certificates = database.token_certificates(&filter, Page::new(0, 1)).await?;
    Ok(if certificates.total > 0 { TokenStatus::Active } else { TokenStatus::Formatted })
}

async fn change(
    config: &Config,
    foundation: &Foundation,
    arguments: AgentArguments,
    status: TokenStatus,
) -> Result<(), ServerError> {
    let authority = foundation.authority(config).await?;
    let AgentArguments { cuid, reason, json } = arguments;
    let database = &foundation.database;
    let before = database.token(&cuid).await?.ok_or(AgentError::NoSuchToken)?.token.status;
    let change = Change { cuid, status, reason, agent: AGENT.to_owned() };
    let token = change_status(&config.tps, database, &authority, &SystemClock, change).await?;
    if json {
        return show::show(database, &cuid, true).await;
    }
    let cuid = hex::encode_upper(cuid);
    output::line(&format!("token {cuid}: {before} -> {}", token.status))?;
    show::certificates(database, &token.cuid).await
}

async fn list(database: &Database, filter: &TokenFilter, as_json: bool) -> Result<(), ServerError> {
    let mut tokens = Vec::new();
    loop {
        let start = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        let page = database.tokens(filter, Page::new(start, PAGE_MAX)).await?;
        if page.entries.is_empty() {
            break;
        }
        tokens.extend(page.entries);
    }
    database.close().await;
    if as_json {
        return output::json(&tokens.iter().map(token_json).collect());
    }
    let rows: Vec<_> = tokens.iter().map(token_row).collect();
    output::table(["CUID", "USER", "TYPE", "STATUS", "APPLET", "MODIFIED"], &rows)
}

fn token_json(row: &TokenRow) -> serde_json::Value {
    let token = &row.token;
    json!({
        "cuid": hex::encode_upper(token.cuid),
        "user": token.user,
        "type": token.token_type,
        "status": token.status.name(),
        "reason": token.reason,
        "applet": token.applet,
        "key_version": token.key_version,
        "policy": token.policy,
        "created": row.created.to_string(),
        "modified": row.modified.to_string(),
    })
}

fn token_row(row: &TokenRow) -> [String; 6] {
    let token = &row.token;
    [
        hex::encode_upper(token.cuid),
        token.user.clone().unwrap_or_else(|| "-".to_owned()),
        token.token_type.clone(),
        token.status.name().to_owned(),
        token.applet.clone(),
        row.modified.to_string(),
    ]
}
