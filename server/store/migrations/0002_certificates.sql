-- The certificate authority: its own certificates, those it issued, its lists of revoked ones.
CREATE TABLE authority_certificate (
    name TEXT PRIMARY KEY NOT NULL,
    der  BLOB NOT NULL
) STRICT;

CREATE TABLE certificate (
    serial      BLOB PRIMARY KEY NOT NULL,
    subject     TEXT NOT NULL,
    user        TEXT NOT NULL,
    cuid        TEXT NOT NULL,
    profile     TEXT NOT NULL,
    der         BLOB NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    -- CRLReason [RFC 5280 §5.3.1]; NULL: not revoked.
    reason      INTEGER,
    revoked     INTEGER,
    CHECK ((reason IS NULL) = (revoked IS NULL))
) STRICT;
CREATE INDEX certificate_by_user ON certificate (user, created);
CREATE INDEX certificate_by_cuid ON certificate (cuid);
CREATE INDEX certificate_revoked ON certificate (revoked) WHERE revoked IS NOT NULL;

-- One row: how often a revocation was made or lifted. A list that covers fewer is out of date.
CREATE TABLE revocation_count (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO revocation_count (id, value) VALUES (1, 0);

CREATE TABLE revocation_list (
    number      INTEGER PRIMARY KEY NOT NULL,
    covers      INTEGER NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    der         BLOB NOT NULL
) STRICT;
