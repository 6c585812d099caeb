-- The scheme around the chat. A code that lets somebody choose the password of an account is kept as its SHA-256; of one account one
-- code holds at a time. An account whose password is empty has not been entered yet, and nobody signs in to it.
CREATE TABLE invite (
  code     BYTEA PRIMARY KEY,
  account  TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  made_by  TEXT REFERENCES account (id),
  made_at  BIGINT NOT NULL,
  until    BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX invite_open ON invite (account) WHERE ended_at IS NULL;

-- Papers: what is written down about a person or a relationship. `answers` and `salt` are null once they were erased.
CREATE TABLE paper (
  id           TEXT COLLATE "C" PRIMARY KEY,
  site         TEXT NOT NULL REFERENCES site (id),
  kind         TEXT NOT NULL,
  account      TEXT COLLATE "C" REFERENCES account (id),
  conversation TEXT COLLATE "C" REFERENCES conversation (id),
  answers      TEXT CHECK (answers IS NULL OR answers::json IS NOT NULL),
  salt         BYTEA,
  version      BIGINT NOT NULL,
  made_by      TEXT NOT NULL REFERENCES account (id),
  made_at      BIGINT NOT NULL,
  changed_at   BIGINT NOT NULL,
  due_at       BIGINT,
  closed_at    BIGINT,
  CHECK ((account IS NULL) <> (conversation IS NULL)),
  CHECK ((answers IS NULL) = (salt IS NULL))
);
CREATE INDEX paper_account ON paper (account, kind, made_at) WHERE account IS NOT NULL;
CREATE INDEX paper_conversation ON paper (conversation, kind, made_at) WHERE conversation IS NOT NULL;
CREATE INDEX paper_due ON paper (site, due_at) WHERE due_at IS NOT NULL AND closed_at IS NULL;
CREATE INDEX paper_site ON paper (site, kind, made_at);

-- Who signed a paper, and which version of it.
CREATE TABLE paper_signed (
  paper   TEXT COLLATE "C" NOT NULL REFERENCES paper (id),
  account TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  version BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (paper, account)
);

-- Who read who somebody really is, why, and who was told of it.
CREATE TABLE glass (
  id      TEXT COLLATE "C" PRIMARY KEY,
  site    TEXT NOT NULL REFERENCES site (id),
  account TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  made_by TEXT NOT NULL REFERENCES account (id),
  reason  TEXT NOT NULL,
  at      BIGINT NOT NULL,
  until   BIGINT NOT NULL,
  seen_by TEXT REFERENCES account (id),
  seen_at BIGINT,
  CHECK (seen_by IS NULL OR seen_by <> made_by)
);
CREATE INDEX glass_account ON glass (account, made_by, until);
CREATE INDEX glass_unseen ON glass (site) WHERE seen_by IS NULL;

-- A party that must confirm what they were told before they may write; and what both are told while it is paused or has ended.
ALTER TABLE party ADD COLUMN to_read BIGINT NOT NULL DEFAULT 0 CHECK (to_read IN (0, 1));
ALTER TABLE conversation ADD COLUMN words TEXT;

-- The condition that a restricted term was made from, if it was.
ALTER TABLE restriction ADD COLUMN paper TEXT COLLATE "C" REFERENCES paper (id);
CREATE INDEX restriction_paper ON restriction (paper) WHERE paper IS NOT NULL;
