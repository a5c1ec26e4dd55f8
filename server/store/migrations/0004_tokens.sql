-- The token processing system: tokens, what is on them, what was done to them, and who may.
CREATE TABLE token (
    cuid        TEXT PRIMARY KEY NOT NULL,
    user        TEXT,
    token_type  TEXT NOT NULL,
    status      INTEGER NOT NULL,
    reason      TEXT,
    applet      TEXT NOT NULL,
    key_version INTEGER,
    policy      TEXT NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
) STRICT;
CREATE INDEX token_by_user ON token (user, created);

CREATE TABLE token_certificate (
    cuid     TEXT NOT NULL,
    serial   BLOB NOT NULL,
    user     TEXT NOT NULL,
    key_type TEXT NOT NULL,
    origin   TEXT NOT NULL,
    archived INTEGER NOT NULL,
    status   TEXT NOT NULL,
    der      BLOB NOT NULL,
    created  INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    PRIMARY KEY (cuid, serial)
) STRICT;
CREATE INDEX token_certificate_by_serial ON token_certificate (serial);
CREATE INDEX token_certificate_by_user ON token_certificate (user, created);

-- Opened before a card or a record is changed, closed when all is done: a row without `finished` is an operation
-- that did not end, whatever the reason.
CREATE TABLE operation (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    cuid     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    stage    TEXT NOT NULL,
    started  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    finished INTEGER,
    outcome  TEXT,
    CHECK ((finished IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX operation_open ON operation (cuid) WHERE finished IS NULL;

CREATE TABLE activity (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    cuid      TEXT NOT NULL,
    user      TEXT,
    client    TEXT NOT NULL,
    operation TEXT NOT NULL,
    success   INTEGER NOT NULL,
    message   TEXT NOT NULL,
    created   INTEGER NOT NULL
) STRICT;
CREATE INDEX activity_by_cuid ON activity (cuid, id);

CREATE TABLE user (
    name         TEXT PRIMARY KEY NOT NULL,
    password     TEXT NOT NULL,
    failed_tries INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER,
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL
) STRICT;
