-- Who is on duty: a row a shift. Nobody has two at once.
CREATE TABLE shift (
  id         TEXT PRIMARY KEY,
  site       TEXT NOT NULL REFERENCES site (id),
  account    TEXT NOT NULL REFERENCES account (id),
  tier       INTEGER NOT NULL CHECK (tier BETWEEN 1 AND 3),
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  note       TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX shift_on ON shift (account) WHERE ended_at IS NULL;
CREATE INDEX shift_site ON shift (site, started_at);

-- When an item rang, at which tier, and who answered. `told_at` is null until it was settled whom it rings.
CREATE TABLE ring (
  item        TEXT NOT NULL REFERENCES item (id),
  at          INTEGER NOT NULL,
  tier        INTEGER NOT NULL,
  told_at     INTEGER,
  answered_by TEXT REFERENCES account (id),
  answered_at INTEGER,
  PRIMARY KEY (item, at)
) WITHOUT ROWID;
CREATE INDEX ring_untold ON ring (at) WHERE told_at IS NULL;

-- Whom it rang.
CREATE TABLE rung (
  item    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  account TEXT NOT NULL REFERENCES account (id),
  PRIMARY KEY (item, at, account),
  FOREIGN KEY (item, at) REFERENCES ring (item, at)
) WITHOUT ROWID;

-- A notification that is urgent says so, and does not wait for quiet hours to end.
ALTER TABLE push ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));

-- Second looks: what somebody else would have done with a message. One person has one to look at.
CREATE TABLE look (
  id           TEXT PRIMARY KEY,
  site         TEXT NOT NULL REFERENCES site (id),
  conversation TEXT NOT NULL REFERENCES conversation (id),
  message      TEXT NOT NULL,
  item         TEXT REFERENCES item (id),
  reason       TEXT NOT NULL CHECK (reason IN ('sample', 'appeal', 'doubt', 'new_facts')),
  asked_by     TEXT REFERENCES account (id),
  asked_at     INTEGER NOT NULL,
  given_to     TEXT REFERENCES account (id),
  opinion      TEXT CHECK (opinion IN ('deliver', 'keep_back')),
  category     TEXT,
  said_at      INTEGER,
  delivered    INTEGER NOT NULL CHECK (delivered IN (0, 1)),
  CHECK (asked_by IS NULL OR given_to IS NULL OR asked_by <> given_to),
  CHECK (reason = 'sample' OR item IS NOT NULL),
  CHECK ((opinion IS NULL) = (said_at IS NULL)),
  CHECK (opinion IS NULL OR given_to IS NOT NULL)
) WITHOUT ROWID;
CREATE UNIQUE INDEX look_open ON look (given_to) WHERE given_to IS NOT NULL AND opinion IS NULL;
CREATE INDEX look_site ON look (site, asked_at);
CREATE INDEX look_message ON look (message);
