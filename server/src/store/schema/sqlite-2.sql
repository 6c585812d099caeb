-- What the filter leans on: restricted terms, signs of drift, the rule sets that judged, and what a set in shadow would have done.

CREATE TABLE restriction (
  id           TEXT PRIMARY KEY,
  conversation TEXT NOT NULL REFERENCES conversation (id),
  term         TEXT NOT NULL,
  reason       TEXT NOT NULL,
  owner        TEXT NOT NULL REFERENCES account (id),
  created_at   INTEGER NOT NULL,
  until        INTEGER NOT NULL,
  ended_at     INTEGER
) WITHOUT ROWID;
CREATE INDEX restriction_conversation ON restriction (conversation);

CREATE TABLE sign (
  row          INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL REFERENCES conversation (id),
  account      TEXT NOT NULL REFERENCES account (id),
  category     TEXT NOT NULL,
  points       INTEGER NOT NULL CHECK (points BETWEEN 1 AND 10),
  at           INTEGER NOT NULL
);
CREATE INDEX sign_of ON sign (conversation, account);

-- Every set of rules that ever judged, as it was written, so that an item can be read beside the rules of its time.
CREATE TABLE rule_set (
  version  TEXT PRIMARY KEY,
  first_at INTEGER NOT NULL,
  packs    TEXT NOT NULL CHECK (json_valid(packs))
) WITHOUT ROWID;

-- Messages on which a set in shadow and the live one disagreed. No text: the message has it.
CREATE TABLE shadow (
  message   TEXT NOT NULL,
  live      TEXT NOT NULL,
  candidate TEXT NOT NULL,
  held      INTEGER NOT NULL CHECK (held IN (0, 1)),
  rules     TEXT NOT NULL CHECK (json_valid(rules)),
  at        INTEGER NOT NULL,
  PRIMARY KEY (candidate, message)
) WITHOUT ROWID;
CREATE TABLE shadow_run (
  candidate TEXT PRIMARY KEY,
  first_at  INTEGER NOT NULL,
  judged    INTEGER NOT NULL
) WITHOUT ROWID;
