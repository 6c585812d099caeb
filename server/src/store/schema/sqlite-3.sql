-- The record on two kinds of database: a sign-in name is found by its small letters on both.
CREATE UNIQUE INDEX account_username ON account (lower(username));
