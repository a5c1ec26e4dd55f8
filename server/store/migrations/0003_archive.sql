-- The data recovery manager: private keys under session keys, session keys under the storage key.
CREATE TABLE archived_key (
    id                  TEXT PRIMARY KEY NOT NULL,
    cuid                TEXT NOT NULL,
    user                TEXT NOT NULL,
    public_key          BLOB NOT NULL UNIQUE,
    wrapped_session_key BLOB NOT NULL,
    wrapped_private_key BLOB NOT NULL,
    wrapping            TEXT NOT NULL,
    created             INTEGER NOT NULL
) STRICT;
CREATE INDEX archived_key_by_user ON archived_key (user, created);

CREATE TABLE archive_event (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    key     TEXT,
    cuid    TEXT NOT NULL,
    user    TEXT NOT NULL,
    granted INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- The token key service: key sets that it gave out data to change to.
CREATE TABLE key_change (
    id          INTEGER PRIMARY KEY,
    cuid        TEXT NOT NULL,
    key_set     TEXT NOT NULL,
    old_version INTEGER NOT NULL,
    new_version INTEGER NOT NULL,
    created     INTEGER NOT NULL
) STRICT;
CREATE INDEX key_change_by_cuid ON key_change (cuid, id);
