-- Keys, sealed: what is here opens only with the sealing key, which is not in the database.
CREATE TABLE sealing_parameters (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    parameters BLOB NOT NULL
) STRICT;

CREATE TABLE sealed_key (
    name    TEXT PRIMARY KEY NOT NULL,
    kind    TEXT NOT NULL,
    -- SubjectPublicKeyInfo of a key pair, the key check value of a symmetric key: what may be seen of it.
    visible BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;
