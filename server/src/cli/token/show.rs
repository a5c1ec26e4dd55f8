//! One token, its certificates and its history.

use serde_json::{Value, json};
use store::{
    Database,
    page::Page,
    tps::{ActivityRow, TokenCertificateFilter, TokenCertificateRow, TokenStore as _},
};
use token_management::subsystem::tks::Cuid;

use super::{super::output, token_json, token_row};
use crate::error::ServerError;

/// Lines of history that are shown.
const HISTORY_MAX: u32 = 50;

pub(super) async fn show(
    database: &Database,
    cuid: &Cuid,
    as_json: bool,
) -> Result<(), ServerError> {
    let row = database.token(cuid).await?.ok_or(ServerError::NotFound("token"))?;
    let certificates = certificates_of(database, cuid).await?;
    let history = database.activities(Some(cuid), Page::new(0, HISTORY_MAX)).await?.entries;
    if as_json {
        let mut token = token_json(&row);
        if let Value::Object(fields) = &mut token {
            let certificates = certificates.iter().map(certificate_json).collect();
            fields.insert("certificates".to_owned(), certificates);
            fields.insert("history".to_owned(), history.iter().map(activity_json).collect());
        }
        return output::json(&token);
    }
    output::table(["CUID", "USER", "TYPE", "STATUS", "APPLET", "MODIFIED"], &[token_row(&row)])?;
    output::line(&format!("policy: {}", row.token.policy))?;
    if let Some(reason) = &row.token.reason {
        output::line(&format!("reason: {reason}"))?;
    }
    print_certificates(&certificates)?;
    let rows: Vec<_> = history.iter().map(activity_row).collect();
    output::line("")?;
    output::table(["WHEN", "OPERATION", "RESULT", "USER", "CLIENT", "MESSAGE"], &rows)
}

/// The certificates of a token, as a table.
pub(super) async fn certificates(database: &Database, cuid: &Cuid) -> Result<(), ServerError> {
    print_certificates(&certificates_of(database, cuid).await?)
}

async fn certificates_of(
    database: &Database,
    cuid: &Cuid,
) -> Result<Vec<TokenCertificateRow>, ServerError> {
    let filter = TokenCertificateFilter { cuid: Some(*cuid), ..TokenCertificateFilter::default() };
    Ok(database.token_certificates(&filter, Page::first()).await?.entries)
}

fn print_certificates(certificates: &[TokenCertificateRow]) -> Result<(), ServerError> {
    if certificates.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = certificates
        .iter()
        .map(|row| {
            let certificate = &row.certificate;
            [
                hex::encode_upper(&certificate.serial),
                certificate.key_type.clone(),
                certificate.status.name().to_owned(),
                if certificate.archived { "archived" } else { "-" }.to_owned(),
            ]
        })
        .collect();
    output::line("")?;
    output::table(["SERIAL", "KEY", "STATUS", "ARCHIVE"], &rows)
}

fn certificate_json(row: &TokenCertificateRow) -> Value {
    let certificate = &row.certificate;
    json!({
        "serial": hex::encode_upper(&certificate.serial),
        "user": certificate.user,
        "key": certificate.key_type,
        "origin": hex::encode_upper(certificate.origin),
        "archived": certificate.archived,
        "status": certificate.status.name(),
        "created": row.created.to_string(),
        "modified": row.modified.to_string(),
    })
}

fn activity_json(row: &ActivityRow) -> Value {
    let activity = &row.activity;
    json!({
        "when": row.created.to_string(),
        "operation": activity.operation,
        "success": activity.success,
        "user": activity.user,
        "client": activity.client,
        "message": activity.message,
    })
}

fn activity_row(row: &ActivityRow) -> [String; 6] {
    let activity = &row.activity;
    [
        row.created.to_string(),
        activity.operation.clone(),
        if activity.success { "success" } else { "failure" }.to_owned(),
        activity.user.clone().unwrap_or_else(|| "-".to_owned()),
        activity.client.clone(),
        activity.message.clone(),
    ]
}
