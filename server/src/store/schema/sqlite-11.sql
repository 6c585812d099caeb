-- A line of a feed stands beside its event, at the end of the file, and names the line before it in the same feed: `before` is that line's
-- `n`, 0 at the first. So what a batch tells a thousand people changes a few pages and not a thousand. From where each feed ends
-- (`feed_head`), or from its marks, one line in sixty-four, a page of it is found by going back.
CREATE TABLE feed_line (
  n      INTEGER NOT NULL REFERENCES event (n),
  owner  TEXT NOT NULL,
  offset INTEGER NOT NULL,
  before INTEGER NOT NULL,
  PRIMARY KEY (n, owner)
) WITHOUT ROWID;
INSERT INTO feed_line (n, owner, offset, before)
  SELECT n, owner, offset, lag (n, 1, 0) OVER (PARTITION BY owner ORDER BY offset) FROM feed ORDER BY n, owner;
DROP TABLE feed;
ALTER TABLE feed_line RENAME TO feed;
CREATE UNIQUE INDEX feed_mark ON feed (owner, offset) WHERE offset % 64 = 0;

CREATE TABLE feed_head (
  owner TEXT PRIMARY KEY,
  n     INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO feed_head (owner, n) SELECT owner, max (n) FROM feed GROUP BY owner;

-- The same for the messages of a conversation: each delivered one names the row of the one before it, and the conversation that of its last.
ALTER TABLE message ADD COLUMN before INTEGER;
ALTER TABLE conversation ADD COLUMN last_row INTEGER;
DROP INDEX message_order;
UPDATE message SET before = earlier.row
  FROM (SELECT row AS own, lag (row) OVER (PARTITION BY conversation ORDER BY seq) AS row FROM message WHERE seq IS NOT NULL) AS earlier
  WHERE earlier.own = message.row AND earlier.row IS NOT NULL;
UPDATE conversation SET last_row = last.row
  FROM (SELECT conversation AS id, row, max (seq) FROM message WHERE seq IS NOT NULL GROUP BY conversation) AS last
  WHERE last.id = conversation.id;
CREATE UNIQUE INDEX message_mark ON message (conversation, seq) WHERE seq % 64 = 0;
-- A number is the one after the last that its conversation gave, and stays.
CREATE TRIGGER message_number_is_next BEFORE INSERT ON message
WHEN new.seq IS NOT NULL AND new.seq <> (SELECT last_seq + 1 FROM conversation WHERE id = new.conversation)
BEGIN SELECT RAISE (ABORT, 'a number is given once, and the next one'); END;
CREATE TRIGGER message_number_stays BEFORE UPDATE OF seq ON message
WHEN new.seq IS NOT old.seq
  AND (old.seq IS NOT NULL OR new.seq <> (SELECT last_seq + 1 FROM conversation WHERE id = new.conversation))
BEGIN SELECT RAISE (ABORT, 'a number is given once, and the next one'); END;

-- Who is on duty is asked for every message that is held.
CREATE INDEX account_of_site ON account (site, role);
