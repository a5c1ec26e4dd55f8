//! Certificates and revocations in SQLite.

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};
use token_management::subsystem::ca::RevocationReason;

use super::{
    Database,
    row::{Columns, cuid_text, listing, moment},
};
use crate::{
    StoreError,
    ca::{
        CertificateFilter, CertificateRecord, CertificateStore, REVOKED_MAX, Revocation,
        RevocationList, Revocations, RevokedCertificate,
    },
    page::{Listing, Page},
};

/// Lists of revoked certificates that are kept.
const LISTS_KEPT: i64 = 10;

const REASONS: [RevocationReason; 6] = [
    RevocationReason::Unspecified,
    RevocationReason::KeyCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
    RevocationReason::CertificateHold,
];

fn reason(number: i64) -> Result<RevocationReason, StoreError> {
    REASONS
        .into_iter()
        .find(|reason| i64::from(*reason as u8) == number)
        .ok_or(StoreError::Damaged("unknown reason of a revocation"))
}

fn revocation(columns: &Columns<'_>) -> Result<Option<Revocation>, StoreError> {
    match (columns.optional_integer("reason")?, columns.optional_time("revoked")?) {
        (Some(number), Some(at)) => Ok(Some(Revocation { reason: reason(number)?, at })),
        _ => Ok(None),
    }
}

fn read(columns: &Columns<'_>) -> Result<CertificateRecord, StoreError> {
    Ok(CertificateRecord {
        serial: columns.bytes("serial")?,
        subject: columns.text("subject")?,
        user: columns.text("user")?,
        cuid: columns.cuid("cuid")?,
        profile: columns.text("profile")?,
        der: columns.bytes("der")?,
        not_before: columns.time("not_before")?,
        not_after: columns.time("not_after")?,
        created: columns.time("created")?,
        revocation: revocation(columns)?,
    })
}

fn read_revoked(columns: &Columns<'_>) -> Result<RevokedCertificate, StoreError> {
    Ok(RevokedCertificate {
        serial: columns.bytes("serial")?,
        revocation: revocation(columns)?.ok_or(StoreError::Damaged("revocation without time"))?,
    })
}

fn read_list(columns: &Columns<'_>) -> Result<RevocationList, StoreError> {
    Ok(RevocationList {
        number: columns.number("number")?,
        covers: columns.number("covers")?,
        this_update: columns.time("this_update")?,
        next_update: columns.time("next_update")?,
        der: columns.bytes("der")?,
    })
}

async fn current(
    transaction: &mut Transaction<'_, Sqlite>,
    serial: &[u8],
) -> Result<Option<Revocation>, StoreError> {
    let row = sqlx::query("SELECT reason, revoked FROM certificate WHERE serial = ?")
        .bind(serial)
        .fetch_optional(&mut **transaction)
        .await?
        .ok_or(StoreError::NotFound("certificate"))?;
    revocation(&Columns(&row))
}

async fn set(
    transaction: &mut Transaction<'_, Sqlite>,
    serial: &[u8],
    revocation: Option<Revocation>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE certificate SET reason = ?, revoked = ? WHERE serial = ?")
        .bind(revocation.map(|r| r.reason as u8))
        .bind(revocation.map(|r| moment(r.at)))
        .bind(serial)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("UPDATE revocation_count SET value = value + 1")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Damaged("number above 2^63"))
}

impl CertificateStore for Database {
    async fn authority_certificate(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT der FROM authority_certificate WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?)
    }

    async fn put_authority_certificate(&self, name: &str, der: &[u8]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO authority_certificate (name, der) VALUES (?, ?) \
             ON CONFLICT (name) DO UPDATE SET der = excluded.der",
        )
        .bind(name)
        .bind(der)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn add_certificate(&self, certificate: &CertificateRecord) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO certificate (serial, subject, user, cuid, profile, der, not_before, \
             not_after, created, reason, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&certificate.serial)
        .bind(&certificate.subject)
        .bind(&certificate.user)
        .bind(cuid_text(&certificate.cuid))
        .bind(&certificate.profile)
        .bind(&certificate.der)
        .bind(moment(certificate.not_before))
        .bind(moment(certificate.not_after))
        .bind(moment(certificate.created))
        .bind(certificate.revocation.map(|r| r.reason as u8))
        .bind(certificate.revocation.map(|r| moment(r.at)))
        .execute(&self.pool)
        .await
        .map_err(|e| StoreError::from(e).on_conflict("certificate"))?;
        Ok(())
    }

    async fn issued_certificate(
        &self,
        serial: &[u8],
    ) -> Result<Option<CertificateRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM certificate WHERE serial = ?")
            .bind(serial)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&Columns(&row))).transpose()
    }

    async fn issued_certificates(
        &self,
        filter: &CertificateFilter,
        page: Page,
    ) -> Result<Listing<CertificateRecord>, StoreError> {
        let cuid = filter.cuid.as_ref().map(cuid_text);
        let total = sqlx::query_scalar(
            "SELECT count(*) FROM certificate \
             WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR cuid = ?2)",
        )
        .bind(&filter.user)
        .bind(&cuid)
        .fetch_one(&self.pool)
        .await?;
        let rows = sqlx::query(
            "SELECT * FROM certificate \
             WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR cuid = ?2) \
             ORDER BY created, serial LIMIT ?3 OFFSET ?4",
        )
        .bind(&filter.user)
        .bind(&cuid)
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read)
    }

    async fn revoke_certificate(
        &self,
        serial: &[u8],
        revocation: Revocation,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let held = match current(&mut transaction, serial).await? {
            None => true,
            Some(former) => {
                former.reason == RevocationReason::CertificateHold
                    && revocation.reason != RevocationReason::CertificateHold
            }
        };
        if held {
            set(&mut transaction, serial, Some(revocation)).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn release_certificate(&self, serial: &[u8]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        match current(&mut transaction, serial).await? {
            None => {}
            Some(r) if r.reason == RevocationReason::CertificateHold => {
                set(&mut transaction, serial, None).await?;
            }
            Some(_) => return Err(StoreError::NotOnHold),
        }
        Ok(transaction.commit().await?)
    }

    async fn revocations(&self, not_after: Timestamp) -> Result<Revocations, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let count =
            sqlx::query("SELECT value FROM revocation_count").fetch_one(&mut *transaction).await?;
        let rows = sqlx::query(
            "SELECT serial, reason, revoked FROM certificate \
             WHERE revoked IS NOT NULL AND not_after >= ? ORDER BY serial LIMIT ?",
        )
        .bind(moment(not_after))
        .bind(REVOKED_MAX)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Revocations {
            count: Columns(&count).number("value")?,
            entries: rows
                .iter()
                .map(|row| read_revoked(&Columns(row)))
                .collect::<Result<_, _>>()?,
        })
    }

    async fn revocation_count(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT value FROM revocation_count").fetch_one(&self.pool).await?;
        Columns(&row).number("value")
    }

    async fn add_revocation_list(&self, list: &RevocationList) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO revocation_list (number, covers, this_update, next_update, der) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(signed(list.number)?)
        .bind(signed(list.covers)?)
        .bind(moment(list.this_update))
        .bind(moment(list.next_update))
        .bind(&list.der)
        .execute(&mut *transaction)
        .await
        .map_err(|e| StoreError::from(e).on_conflict("revocation list"))?;
        sqlx::query("DELETE FROM revocation_list WHERE number <= ?")
            .bind(signed(list.number)? - LISTS_KEPT)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn last_revocation_list(&self) -> Result<Option<RevocationList>, StoreError> {
        let row = sqlx::query("SELECT * FROM revocation_list ORDER BY number DESC LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read_list(&Columns(&row))).transpose()
    }
}
