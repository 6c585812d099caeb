-- What a scheme has written down about itself, each version beside the next; the newest of a kind holds. `made_by` is null where whoever
-- runs the server wrote it.
CREATE TABLE site_paper (
  id      TEXT PRIMARY KEY,
  site    TEXT NOT NULL REFERENCES site (id),
  kind    TEXT NOT NULL,
  version INTEGER NOT NULL,
  answers TEXT NOT NULL CHECK (json_valid(answers)),
  salt    BLOB NOT NULL,
  made_by TEXT REFERENCES account (id),
  made_at INTEGER NOT NULL,
  due_at  INTEGER,
  UNIQUE (site, kind, version)
) WITHOUT ROWID;

-- Passkeys: a second step that a device gives itself. `public_key` is a point of P-256; `sign_count` is how often the device says that it signed.
CREATE TABLE passkey (
  id         BLOB PRIMARY KEY,
  account    TEXT NOT NULL REFERENCES account (id),
  public_key BLOB NOT NULL,
  name       TEXT NOT NULL,
  sign_count INTEGER NOT NULL,
  made_at    INTEGER NOT NULL,
  used_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);

-- What an account's device must sign next, once, and until when.
CREATE TABLE challenge (
  account TEXT PRIMARY KEY REFERENCES account (id),
  bytes   BLOB NOT NULL,
  until   INTEGER NOT NULL
) WITHOUT ROWID;

-- Seals: what was said in a relationship is evidence. Its words are under a legal hold, and of staff two alone read it: who that is stands in
-- the conversation's own row too, while it holds.
CREATE TABLE seal (
  conversation TEXT NOT NULL REFERENCES conversation (id),
  at           INTEGER NOT NULL,
  made_by      TEXT NOT NULL REFERENCES account (id),
  agreed_by    TEXT NOT NULL REFERENCES account (id),
  reason       TEXT NOT NULL,
  hold         TEXT NOT NULL REFERENCES legal_hold (id),
  sent_at      INTEGER,
  reference    TEXT,
  ended_at     INTEGER,
  PRIMARY KEY (conversation, at),
  CHECK (made_by <> agreed_by),
  CHECK ((sent_at IS NULL) = (reference IS NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX seal_open ON seal (conversation) WHERE ended_at IS NULL;
ALTER TABLE conversation ADD COLUMN sealed_by TEXT REFERENCES account (id);
ALTER TABLE conversation ADD COLUMN sealed_with TEXT REFERENCES account (id);
