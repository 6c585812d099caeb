-- What a message's status may be is asked one word after the other: for a list of words SQLite makes a table anew for each message
-- that it checks. The check says the same as before, and nothing that is stored changes; SQLite's manual writes such a change so
-- (https://sqlite.org/lang_altertable.html#otheralter).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace (sql,
    'status IN (''held'', ''consent'', ''delivered'', ''rejected'', ''rephrase'', ''withdrawn'', ''expired'')',
    'status = ''delivered'' OR status = ''held'' OR status = ''consent'' OR status = ''rejected'' OR status = ''rephrase'' '
    || 'OR status = ''withdrawn'' OR status = ''expired''')
  WHERE type = 'table' AND name = 'message';
PRAGMA writable_schema = RESET;
