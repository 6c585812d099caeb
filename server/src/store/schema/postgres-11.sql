-- Who is on duty is asked for every message that is held. (In a file, feeds and the order of messages are kept otherwise from this step
-- on; on a server indexes lead to them as before.)
CREATE INDEX account_of_site ON account (site, role);
