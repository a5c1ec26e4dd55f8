//! Rows of tokens, their certificates and their history, in SQLite.

use jiff::Timestamp;
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use token_management::subsystem::tks::Cuid;

use super::row::{Columns, cuid_text, moment};
use crate::{
    StoreError,
    tps::{
        Activity, ActivityRow, CertificateStatus, InterruptedOperation, OperationId, Token,
        TokenCertificate, TokenCertificateRow, TokenRow, TokenStatus,
    },
};

pub(super) fn read_token(columns: &Columns<'_>) -> Result<TokenRow, StoreError> {
    let key_version = columns.optional_integer("key_version")?;
    Ok(TokenRow {
        token: Token {
            cuid: columns.cuid("cuid")?,
            user: columns.optional_text("user")?,
            token_type: columns.text("token_type")?,
            status: status(columns)?,
            reason: columns.optional_text("reason")?,
            applet: columns.text("applet")?,
            key_version: key_version
                .map(u8::try_from)
                .transpose()
                .map_err(|_| StoreError::Damaged("key version"))?,
            policy: columns.text("policy")?,
        },
        created: columns.time("created")?,
        modified: columns.time("modified")?,
    })
}

fn status(columns: &Columns<'_>) -> Result<TokenStatus, StoreError> {
    TokenStatus::from_number(columns.byte("status")?).ok_or(StoreError::Damaged("token status"))
}

pub(super) fn read_certificate(columns: &Columns<'_>) -> Result<TokenCertificateRow, StoreError> {
    Ok(TokenCertificateRow {
        certificate: TokenCertificate {
            cuid: columns.cuid("cuid")?,
            serial: columns.bytes("serial")?,
            user: columns.text("user")?,
            key_type: columns.text("key_type")?,
            origin: columns.cuid("origin")?,
            archived: columns.flag("archived")?,
            status: CertificateStatus::from_name(&columns.text("status")?)
                .ok_or(StoreError::Damaged("certificate status"))?,
            der: columns.bytes("der")?,
        },
        created: columns.time("created")?,
        modified: columns.time("modified")?,
    })
}

pub(super) fn read_activity(columns: &Columns<'_>) -> Result<ActivityRow, StoreError> {
    Ok(ActivityRow {
        id: columns.integer("id")?,
        activity: Activity {
            cuid: columns.cuid("cuid")?,
            user: columns.optional_text("user")?,
            client: columns.text("client")?,
            operation: columns.text("operation")?,
            success: columns.flag("success")?,
            message: columns.text("message")?,
        },
        created: columns.time("created")?,
    })
}

pub(super) fn read_operation(columns: &Columns<'_>) -> Result<InterruptedOperation, StoreError> {
    Ok(InterruptedOperation {
        id: OperationId(columns.integer("id")?),
        cuid: columns.cuid("cuid")?,
        kind: columns.text("kind")?,
        stage: columns.text("stage")?,
        started: columns.time("started")?,
    })
}

pub(super) async fn insert_token(
    executor: impl SqliteExecutor<'_>,
    token: &Token,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO token (cuid, user, token_type, status, reason, applet, key_version, policy, \
         created, modified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    )
    .bind(cuid_text(&token.cuid))
    .bind(&token.user)
    .bind(&token.token_type)
    .bind(token.status as u8)
    .bind(&token.reason)
    .bind(&token.applet)
    .bind(token.key_version)
    .bind(&token.policy)
    .bind(moment(at))
    .execute(executor)
    .await
    .map_err(|e| StoreError::from(e).on_conflict("token"))?;
    Ok(())
}

pub(super) async fn update_token(
    executor: impl SqliteExecutor<'_>,
    token: &Token,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE token SET user = ?2, token_type = ?3, status = ?4, reason = ?5, applet = ?6, \
         key_version = ?7, policy = ?8, modified = ?9 WHERE cuid = ?1",
    )
    .bind(cuid_text(&token.cuid))
    .bind(&token.user)
    .bind(&token.token_type)
    .bind(token.status as u8)
    .bind(&token.reason)
    .bind(&token.applet)
    .bind(token.key_version)
    .bind(&token.policy)
    .bind(moment(at))
    .execute(executor)
    .await?;
    Ok(())
}

pub(super) async fn fetch_token(
    executor: impl SqliteExecutor<'_>,
    cuid: &Cuid,
) -> Result<Option<TokenRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM token WHERE cuid = ?")
        .bind(cuid_text(cuid))
        .fetch_optional(executor)
        .await?;
    row.map(|row| read_token(&Columns(&row))).transpose()
}

pub(super) async fn set_certificate_status(
    transaction: &mut Transaction<'_, Sqlite>,
    (cuid, serial, status): (&Cuid, &[u8], CertificateStatus),
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE token_certificate SET status = ?, modified = ? WHERE cuid = ? AND serial = ?",
    )
    .bind(status.name())
    .bind(moment(at))
    .bind(cuid_text(cuid))
    .bind(serial)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound("certificate of the token"));
    }
    Ok(())
}

pub(super) async fn insert_activity(
    transaction: &mut Transaction<'_, Sqlite>,
    activity: &Activity,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO activity (cuid, user, client, operation, success, message, created) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(cuid_text(&activity.cuid))
    .bind(&activity.user)
    .bind(&activity.client)
    .bind(&activity.operation)
    .bind(activity.success)
    .bind(&activity.message)
    .bind(moment(at))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
