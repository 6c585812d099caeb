-- What is done with the record as a whole: when relationships ended, which words were erased, and which must not be.

ALTER TABLE conversation ADD COLUMN ended_at BIGINT;
UPDATE conversation SET ended_at = (
  SELECT max(event.at) FROM event
  WHERE event.conversation = conversation.id AND event.kind = 'conversation' AND event.data ->> 'act' = 'end'
) WHERE state = 'ended';
CREATE INDEX conversation_ended ON conversation (site, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX item_conversation ON item (conversation);

-- An erasure is of one conversation, one account or one message; without a name and a reason it is the site's own time.
CREATE TABLE erasure (
  id           TEXT COLLATE "C" PRIMARY KEY,
  conversation TEXT REFERENCES conversation (id),
  account      TEXT REFERENCES account (id),
  message      TEXT,
  asked_by     TEXT REFERENCES account (id),
  reason       TEXT,
  asked_at     BIGINT NOT NULL,
  done_at      BIGINT,
  CHECK ((asked_by IS NULL) = (reason IS NULL))
);
CREATE INDEX erasure_open ON erasure (asked_at) WHERE done_at IS NULL;
CREATE INDEX erasure_conversation ON erasure (conversation) WHERE conversation IS NOT NULL;

CREATE TABLE legal_hold (
  id           TEXT COLLATE "C" PRIMARY KEY,
  conversation TEXT NOT NULL REFERENCES conversation (id),
  reason       TEXT NOT NULL,
  asked_by     TEXT NOT NULL REFERENCES account (id),
  agreed_by    TEXT NOT NULL REFERENCES account (id),
  created_at   BIGINT NOT NULL,
  until        BIGINT NOT NULL,
  ended_at     BIGINT,
  CHECK (asked_by <> agreed_by)
);
CREATE INDEX legal_hold_conversation ON legal_hold (conversation);

-- Who was told of an event, from the event: whoever catches up reads whole pages of the log.
CREATE INDEX feed_event ON feed (n, owner);
