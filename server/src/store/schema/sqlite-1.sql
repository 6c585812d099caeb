-- The record. Ids are text, so that an auditor can read it with any SQLite tool; times are milliseconds since 1970, UTC.
-- The safety rules stand here once more: a delivered message without a passing verdict or a decision cannot be stored.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE site (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  settings TEXT NOT NULL CHECK (json_valid(settings))
) WITHOUT ROWID;

CREATE TABLE account (
  id         TEXT PRIMARY KEY,
  site       TEXT NOT NULL REFERENCES site (id),
  role       TEXT NOT NULL CHECK (role IN ('mentee', 'mentor', 'guest_officer', 'supervisor', 'coordinator', 'operator')),
  name       TEXT NOT NULL,
  username   TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password   TEXT NOT NULL,
  disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- A session's token is kept as its SHA-256: a stolen record signs nobody in.
CREATE TABLE session (
  token      BLOB PRIMARY KEY,
  account    TEXT NOT NULL REFERENCES account (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

CREATE TABLE conversation (
  id         TEXT PRIMARY KEY,
  site       TEXT NOT NULL REFERENCES site (id),
  kind       TEXT NOT NULL CHECK (kind IN ('pair', 'circle')),
  state      TEXT NOT NULL CHECK (state IN ('open', 'paused', 'ended')),
  last_seq   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE party (
  conversation TEXT NOT NULL REFERENCES conversation (id),
  account      TEXT NOT NULL REFERENCES account (id),
  read_seq     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, account)
) WITHOUT ROWID;
CREATE INDEX party_account ON party (account);

CREATE TABLE message (
  row          INTEGER PRIMARY KEY,
  id           TEXT NOT NULL,
  conversation TEXT NOT NULL REFERENCES conversation (id),
  sender       TEXT NOT NULL REFERENCES account (id),
  cid          TEXT NOT NULL,
  salt         BLOB,
  digest       BLOB NOT NULL CHECK (length(digest) = 32),
  text         TEXT,
  shown        TEXT,
  status       TEXT NOT NULL
               CHECK (status IN ('held', 'consent', 'delivered', 'rejected', 'rephrase', 'withdrawn', 'expired')),
  seq          INTEGER,
  passed       INTEGER NOT NULL CHECK (passed IN (0, 1)),
  rules        TEXT NOT NULL,
  decision     TEXT,
  sent_at      INTEGER NOT NULL,
  delivered_at INTEGER,
  CHECK (status <> 'delivered' OR passed = 1 OR decision IS NOT NULL),
  CHECK ((status = 'delivered') = (seq IS NOT NULL)),
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
  CHECK (shown IS NULL OR decision IS NOT NULL)
);
CREATE UNIQUE INDEX message_once ON message (sender, cid);
CREATE UNIQUE INDEX message_order ON message (conversation, seq) WHERE seq IS NOT NULL;
-- What is not delivered is little: it may be found by its id and by its conversation.
CREATE UNIQUE INDEX message_undelivered ON message (id) WHERE seq IS NULL;
CREATE INDEX message_waiting ON message (conversation) WHERE seq IS NULL;

CREATE TRIGGER message_end_is_final BEFORE UPDATE OF status ON message
WHEN old.status NOT IN ('held', 'consent') AND new.status <> old.status
BEGIN SELECT RAISE (ABORT, 'a message that ended does not change its state'); END;

CREATE TABLE item (
  id           TEXT PRIMARY KEY,
  message      TEXT NOT NULL,
  conversation TEXT NOT NULL REFERENCES conversation (id),
  site         TEXT NOT NULL REFERENCES site (id),
  sender       TEXT NOT NULL REFERENCES account (id),
  cid          TEXT,
  version      INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'decided', 'closed')),
  severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
  held_at      INTEGER NOT NULL,
  wake_at      INTEGER,
  claimed_by   TEXT,
  data         TEXT NOT NULL CHECK (json_valid(data))
) WITHOUT ROWID;
CREATE INDEX item_open ON item (site, severity DESC, held_at, id) WHERE state <> 'closed';
CREATE INDEX item_closed ON item (site, held_at DESC, id) WHERE state = 'closed';
CREATE INDEX item_wake ON item (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX item_claimed ON item (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX item_message ON item (message);

CREATE TRIGGER item_decided_once BEFORE UPDATE OF state ON item
WHEN old.state = 'closed' AND new.state <> 'closed'
BEGIN SELECT RAISE (ABORT, 'a closed item does not open again'); END;

-- The log: gap-free, chained by hash, only ever added to. `body` is the row of the message that it is about.
CREATE TABLE event (
  n            INTEGER PRIMARY KEY,
  at           INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  site         TEXT NOT NULL,
  conversation TEXT,
  message      TEXT,
  actor        TEXT,
  data         TEXT NOT NULL,
  body         INTEGER,
  body_digest  BLOB,
  hash         BLOB NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER event_is_final BEFORE UPDATE ON event
BEGIN SELECT RAISE (ABORT, 'the log is only added to'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event
BEGIN SELECT RAISE (ABORT, 'the log is only added to'); END;

-- Feeds: an account's own list of events, and a site's queue; offsets have no gap.
CREATE TABLE feed (
  owner  TEXT NOT NULL,
  offset INTEGER NOT NULL,
  n      INTEGER NOT NULL REFERENCES event (n),
  PRIMARY KEY (owner, offset)
) WITHOUT ROWID;

CREATE TABLE article (
  id    TEXT PRIMARY KEY,
  site  TEXT NOT NULL REFERENCES site (id),
  title TEXT NOT NULL,
  topic TEXT NOT NULL,
  body  TEXT NOT NULL,
  phone TEXT,
  crisis INTEGER NOT NULL DEFAULT 0 CHECK (crisis IN (0, 1))
) WITHOUT ROWID;
