-- In a file this step writes a check anew, which a server need not. What a sender said is found by its conversation from now on, so this
-- index leads to nothing else.
COMMENT ON INDEX message_once IS 'a message is taken once';
