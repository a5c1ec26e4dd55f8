//! `user`: who may log in to token operations.

use serde_json::json;
use store::{
    Database,
    clock::{Clock as _, SystemClock},
    page::{PAGE_MAX, Page},
    tps::{TokenStore as _, User},
};
use tps::{login::is_user_name, users::hash_password};

use super::{ConfigArgument, UserTask, arguments::UserPassword, output, password::new_password};
use crate::{
    config::{Config, Paths},
    error::ServerError,
    subsystems::open_database,
};

pub(super) async fn execute(config: &ConfigArgument, task: UserTask) -> Result<(), ServerError> {
    let paths = Paths::new(&Config::read(&config.path)?, &config.path);
    let database = open_database(&paths.database).await?;
    match task {
        UserTask::Add(user) => add(&database, &user).await?,
        UserTask::List { json } => list(&database, json).await?,
        UserTask::Passwd(user) => change_password(&database, &user).await?,
        UserTask::Unlock { name } => {
            known(&database, &name).await?;
            database.forget_tries(&name).await?;
            output::line(&format!("user {name} may try again"))?;
        }
    }
    database.close().await;
    Ok(())
}

async fn known(database: &Database, name: &str) -> Result<User, ServerError> {
    database.user(name).await?.ok_or(ServerError::NotFound("user"))
}

async fn add(database: &Database, user: &UserPassword) -> Result<(), ServerError> {
    if !is_user_name(&user.name) {
        let text =
            "a user name has 1 to 64 bytes: letters, digits, '.', '_', '-', '@', blanks within";
        return Err(ServerError::Input(text.to_owned()));
    }
    if database.user(&user.name).await?.is_some() {
        return Err(ServerError::UserExists(user.name.clone()));
    }
    put(database, user).await?;
    output::line(&format!("user {} added", user.name))
}

async fn change_password(database: &Database, user: &UserPassword) -> Result<(), ServerError> {
    known(database, &user.name).await?;
    put(database, user).await?;
    output::line(&format!("user {} has another password", user.name))
}

async fn put(database: &Database, user: &UserPassword) -> Result<(), ServerError> {
    let password = new_password(user.password_stdin)?;
    let hash = hash_password(&password).map_err(|error| ServerError::Input(error.to_string()))?;
    Ok(database.put_user(&user.name, &hash, SystemClock.now()).await?)
}

async fn list(database: &Database, as_json: bool) -> Result<(), ServerError> {
    let mut users = Vec::new();
    loop {
        let start = u32::try_from(users.len()).unwrap_or(u32::MAX);
        let page = database.users(Page::new(start, PAGE_MAX)).await?;
        if page.entries.is_empty() {
            break;
        }
        users.extend(page.entries);
    }
    let locked = |user: &User| {
        user.locked_until.filter(|until| *until > SystemClock.now()).map(|until| until.to_string())
    };
    if as_json {
        let rows = users.iter().map(|user| {
            json!({
                "name": user.name,
                "failed_tries": user.failed_tries,
                "locked_until": locked(user),
            })
        });
        return output::json(&rows.collect());
    }
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            let locked = locked(user).unwrap_or_else(|| "-".to_owned());
            [user.name.clone(), user.failed_tries.to_string(), locked]
        })
        .collect();
    output::table(["USER", "FAILED TRIES", "LOCKED UNTIL"], &rows)
}
