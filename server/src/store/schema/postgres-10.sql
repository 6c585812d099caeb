-- What a scheme has written down about itself, each version beside the next; the newest of a kind holds. `made_by` is null where whoever
-- runs the server wrote it.
CREATE TABLE site_paper (
  id      TEXT COLLATE "C" PRIMARY KEY,
  site    TEXT NOT NULL REFERENCES site (id),
  kind    TEXT NOT NULL,
  version BIGINT NOT NULL,
  answers TEXT NOT NULL,
  salt    BYTEA NOT NULL,
  made_by TEXT REFERENCES account (id),
  made_at BIGINT NOT NULL,
  due_at  BIGINT,
  UNIQUE (site, kind, version)
);

-- Passkeys: a second step that a device gives itself. `public_key` is a point of P-256; `sign_count` is how often the device says that it signed.
CREATE TABLE passkey (
  id         BYTEA PRIMARY KEY,
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  public_key BYTEA NOT NULL,
  name       TEXT NOT NULL,
  sign_count BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  used_at    BIGINT
);
CREATE INDEX passkey_account ON passkey (account);

-- What an account's device must sign next, once, and until when.
CREATE TABLE challenge (
  account TEXT COLLATE "C" PRIMARY KEY REFERENCES account (id),
  bytes   BYTEA NOT NULL,
  until   BIGINT NOT NULL
);

-- Seals: what was said in a relationship is evidence. Its words are under a legal hold, and of staff two alone read it: who that is stands in
-- the conversation's own row too, while it holds.
CREATE TABLE seal (
  conversation TEXT COLLATE "C" NOT NULL REFERENCES conversation (id),
  at           BIGINT NOT NULL,
  made_by      TEXT NOT NULL REFERENCES account (id),
  agreed_by    TEXT NOT NULL REFERENCES account (id),
  reason       TEXT NOT NULL,
  hold         TEXT NOT NULL REFERENCES legal_hold (id),
  sent_at      BIGINT,
  reference    TEXT,
  ended_at     BIGINT,
  PRIMARY KEY (conversation, at),
  CHECK (made_by <> agreed_by),
  CHECK ((sent_at IS NULL) = (reference IS NULL))
);
CREATE UNIQUE INDEX seal_open ON seal (conversation) WHERE ended_at IS NULL;
ALTER TABLE conversation ADD COLUMN sealed_by TEXT REFERENCES account (id);
ALTER TABLE conversation ADD COLUMN sealed_with TEXT REFERENCES account (id);
