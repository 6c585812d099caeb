-- Client ids begin with the time, as those of Handrail's own pages do: sorted by them and not by the sender, what a thousand people say
-- now stands side by side, and a batch changes a few pages of this index and not one for each message. What was said twice is found
-- as before.
DROP INDEX message_once;
CREATE UNIQUE INDEX message_once ON message (cid, sender);
