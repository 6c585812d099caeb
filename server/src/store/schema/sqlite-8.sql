-- The scheme around the chat. A code that lets somebody choose the password of an account is kept as its SHA-256; of one account one
-- code holds at a time. An account whose password is empty has not been entered yet, and nobody signs in to it.
CREATE TABLE invite (
  code     BLOB PRIMARY KEY,
  account  TEXT NOT NULL REFERENCES account (id),
  made_by  TEXT REFERENCES account (id),
  made_at  INTEGER NOT NULL,
  until    INTEGER NOT NULL,
  ended_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX invite_open ON invite (account) WHERE ended_at IS NULL;

-- Papers: what is written down about a person or a relationship. `answers` and `salt` are null once they were erased.
CREATE TABLE paper (
  id           TEXT PRIMARY KEY,
  site         TEXT NOT NULL REFERENCES site (id),
  kind         TEXT NOT NULL,
  account      TEXT REFERENCES account (id),
  conversation TEXT REFERENCES conversation (id),
  answers      TEXT CHECK (answers IS NULL OR json_valid(answers)),
  salt         BLOB,
  version      INTEGER NOT NULL,
  made_by      TEXT NOT NULL REFERENCES account (id),
  made_at      INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  due_at       INTEGER,
  closed_at    INTEGER,
  CHECK ((account IS NULL) <> (conversation IS NULL)),
  CHECK ((answers IS NULL) = (salt IS NULL))
) WITHOUT ROWID;
CREATE INDEX paper_account ON paper (account, kind, made_at) WHERE account IS NOT NULL;
CREATE INDEX paper_conversation ON paper (conversation, kind, made_at) WHERE conversation IS NOT NULL;
CREATE INDEX paper_due ON paper (site, due_at) WHERE due_at IS NOT NULL AND closed_at IS NULL;
CREATE INDEX paper_site ON paper (site, kind, made_at);

-- Who signed a paper, and which version of it.
CREATE TABLE paper_signed (
  paper   TEXT NOT NULL REFERENCES paper (id),
  account TEXT NOT NULL REFERENCES account (id),
  version INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (paper, account)
) WITHOUT ROWID;

-- Who read who somebody really is, why, and who was told of it.
CREATE TABLE glass (
  id      TEXT PRIMARY KEY,
  site    TEXT NOT NULL REFERENCES site (id),
  account TEXT NOT NULL REFERENCES account (id),
  made_by TEXT NOT NULL REFERENCES account (id),
  reason  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  until   INTEGER NOT NULL,
  seen_by TEXT REFERENCES account (id),
  seen_at INTEGER,
  CHECK (seen_by IS NULL OR seen_by <> made_by)
) WITHOUT ROWID;
CREATE INDEX glass_account ON glass (account, made_by, until);
CREATE INDEX glass_unseen ON glass (site) WHERE seen_by IS NULL;

-- A party that must confirm what they were told before they may write; and what both are told while it is paused or has ended.
ALTER TABLE party ADD COLUMN to_read INTEGER NOT NULL DEFAULT 0 CHECK (to_read IN (0, 1));
ALTER TABLE conversation ADD COLUMN words TEXT;

-- The condition that a restricted term was made from, if it was.
ALTER TABLE restriction ADD COLUMN paper TEXT REFERENCES paper (id);
CREATE INDEX restriction_paper ON restriction (paper) WHERE paper IS NOT NULL;
