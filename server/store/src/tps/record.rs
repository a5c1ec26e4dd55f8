//! The rows of the token database, and the changes that must happen together.

use jiff::Timestamp;
use token_management::subsystem::tks::Cuid;

use super::TokenStatus;

/// One token, as an operation or an agent wants it written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The card's unique identifier.
    pub cuid: Cuid,
    /// Whose token it is.
    pub user: Option<String>,
    /// Token type: the name of a profile.
    pub token_type: String,
    /// Its status.
    pub status: TokenStatus,
    /// Why it has that status, where an agent said so.
    pub reason: Option<String>,
    /// Version of the applet, e.g. `1.4.58768072`.
    pub applet: String,
    /// Key version of the card's key set, once known.
    pub key_version: Option<u8>,
    /// Policy string.
    pub policy: String,
}

/// A token as it is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: Token,
    /// When it was first seen.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

/// The state of a certificate on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateStatus {
    /// Issued, not known to be on the card.
    Pending,
    /// On the card.
    Active,
    /// On hold.
    OnHold,
    /// Revoked.
    Revoked,
    /// No longer on the card, valid nevertheless.
    Retired,
}

/// Every certificate status with its name.
pub const CERTIFICATE_STATUSES: [(CertificateStatus, &str); 5] = [
    (CertificateStatus::Pending, "pending"),
    (CertificateStatus::Active, "active"),
    (CertificateStatus::OnHold, "on_hold"),
    (CertificateStatus::Revoked, "revoked"),
    (CertificateStatus::Retired, "retired"),
];

impl CertificateStatus {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        CERTIFICATE_STATUSES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CERTIFICATE_STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }
}

/// A certificate on a token; the same certificate may be on several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCertificate {
    /// The token.
    pub cuid: Cuid,
    /// Serial number, big-endian, without leading zeros.
    pub serial: Vec<u8>,
    /// The user.
    pub user: String,
    /// Name of the kind of key, e.g. `encryption`.
    pub key_type: String,
    /// The token for which the certificate was issued.
    pub origin: Cuid,
    /// Whether the private key is archived.
    pub archived: bool,
    /// Its status.
    pub status: CertificateStatus,
    /// The certificate; empty where the authority alone keeps it.
    pub der: Vec<u8>,
}

/// A certificate of a token as it is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCertificateRow {
    /// The certificate.
    pub certificate: TokenCertificate,
    /// When it was added.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

/// Number of an entry of the journal of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub i64);

/// An operation that did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptedOperation {
    /// Its entry.
    pub id: OperationId,
    /// The token.
    pub cuid: Cuid,
    /// `format`, `enroll`, …
    pub kind: String,
    /// What was about to happen when it was last heard of.
    pub stage: String,
    /// When it began.
    pub started: Timestamp,
}

/// What opening the journal gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedOperation {
    /// The new entry.
    pub id: OperationId,
    /// Former operations on the same token that were open until now, the oldest first.
    pub interrupted: Vec<InterruptedOperation>,
}

/// A line of the token database's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The token.
    pub cuid: Cuid,
    /// The user, once known.
    pub user: Option<String>,
    /// Address of the client.
    pub client: String,
    /// `enrollment`, `format`, `pin_reset`, `key_changeover`, …
    pub operation: String,
    /// Whether it succeeded.
    pub success: bool,
    /// What else is to be said.
    pub message: String,
}

/// A line of history as it is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityRow {
    /// Its number, rising.
    pub id: i64,
    /// The line.
    pub activity: Activity,
    /// When.
    pub created: Timestamp,
}

/// Changes by a card operation that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The token's record as it shall be.
    pub token: Option<Token>,
    /// Certificates whose status changes: token, serial number, new status.
    pub certificates: Vec<(Cuid, Vec<u8>, CertificateStatus)>,
    /// Lines of history.
    pub activities: Vec<Activity>,
    /// The journal entry that is closed by it.
    pub closes: Option<OperationId>,
}

/// An agent's change of a token's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The token.
    pub cuid: Cuid,
    /// The status that it shall have.
    pub status: TokenStatus,
    /// Why.
    pub reason: Option<String>,
    /// Certificates of the token whose status changes with it.
    pub certificates: Vec<(Vec<u8>, CertificateStatus)>,
    /// The line of history about it.
    pub activity: Activity,
}

/// A user who may log in to a token operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Hash of the password, as PHC string.
    pub password: String,
    /// Wrong passwords since the last right one.
    pub failed_tries: u32,
    /// No try before this moment.
    pub locked_until: Option<Timestamp>,
}
