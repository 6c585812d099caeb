-- Devices that may be told that something waits: a row for each that asked, gone when it signs out. `due_at` is set while there is
-- something to tell.
CREATE TABLE push (
  session    BLOB PRIMARY KEY,
  account    TEXT NOT NULL REFERENCES account (id),
  endpoint   TEXT NOT NULL UNIQUE,
  public_key BLOB NOT NULL CHECK (length(public_key) = 65),
  secret     BLOB NOT NULL CHECK (length(secret) = 16),
  origin     TEXT NOT NULL,
  language   TEXT NOT NULL,
  quiet      TEXT,
  created_at INTEGER NOT NULL,
  told_at    INTEGER,
  due_at     INTEGER,
  tries      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX push_account ON push (account, created_at);
CREATE INDEX push_due ON push (due_at) WHERE due_at IS NOT NULL;
