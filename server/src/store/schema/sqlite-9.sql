-- The second step of a sign-in. `secret` is what the person's app makes codes from; `pending` is one that no code was given for yet.
-- `last_step` is the last step of time whose code was taken: each counts once.
CREATE TABLE second_step (
  account   TEXT PRIMARY KEY REFERENCES account (id),
  secret    BLOB,
  pending   BLOB,
  set_at    INTEGER,
  last_step INTEGER NOT NULL DEFAULT 0,
  asked_by  TEXT REFERENCES account (id),
  asked_at  INTEGER,
  CHECK ((secret IS NULL) = (set_at IS NULL)),
  CHECK ((asked_by IS NULL) = (asked_at IS NULL)),
  CHECK (asked_by IS NULL OR asked_by <> account)
) WITHOUT ROWID;

-- Codes for whoever has lost their phone, each as its SHA-256; a row goes when its code is used.
CREATE TABLE spare_code (
  code    BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id)
) WITHOUT ROWID;
CREATE INDEX spare_code_account ON spare_code (account);

-- What shows that a code was given in this session, as its SHA-256, and when that was.
ALTER TABLE session ADD COLUMN proof BLOB;
ALTER TABLE session ADD COLUMN proved_at INTEGER;

-- Whether it is on a phone that its person said is theirs alone, and when they last did something in it: null until that is written.
ALTER TABLE session ADD COLUMN own_phone INTEGER NOT NULL DEFAULT 0 CHECK (own_phone IN (0, 1));
ALTER TABLE session ADD COLUMN seen_at INTEGER;

-- When somebody last signed in to it, or was let in again: staff who do not for long are disabled.
ALTER TABLE account ADD COLUMN used_at INTEGER;
