-- In a file client ids are sorted by themselves from this step on. On a server they stay sorted by their sender, which leads the planner
-- to a sender's messages.
COMMENT ON INDEX message_once IS 'a message is taken once; also what leads to what somebody said';
