-- The record on two kinds of database: a sign-in name is found by its small letters on both.
CREATE UNIQUE INDEX account_username ON account (lower(username));

-- What parties tell the supervisors. No other party is ever shown it; the log has its id and its reason, never its words.

CREATE TABLE report (
  id           TEXT PRIMARY KEY,
  site         TEXT NOT NULL REFERENCES site (id),
  conversation TEXT NOT NULL REFERENCES conversation (id),
  sender       TEXT NOT NULL REFERENCES account (id),
  cid          TEXT NOT NULL,
  reason       TEXT NOT NULL CHECK (reason IN ('unsafe', 'upset', 'change_mentor', 'other')),
  text         TEXT,
  pause        INTEGER NOT NULL CHECK (pause IN (0, 1)),
  at           BIGINT NOT NULL
);
CREATE UNIQUE INDEX report_once ON report (sender, cid);
CREATE INDEX report_site ON report (site, at, id);
