-- The library: every version of an article, so that it can be shown what was read on a day. Of one article at most one version may be
-- read, and at most one is being written.
CREATE TABLE article_version (
  article      TEXT NOT NULL REFERENCES article (id),
  version      INTEGER NOT NULL,
  site         TEXT NOT NULL REFERENCES site (id),
  state        TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'published', 'archived')),
  kind         TEXT NOT NULL CHECK (kind IN ('article', 'service')),
  topic        TEXT NOT NULL,
  language     TEXT NOT NULL,
  title        TEXT NOT NULL,
  body         TEXT NOT NULL,
  phone        TEXT,
  link         TEXT,
  searched     TEXT NOT NULL,
  author       TEXT REFERENCES account (id),
  changed_at   INTEGER NOT NULL,
  published_by TEXT REFERENCES account (id),
  published_at INTEGER,
  review_by    INTEGER,
  PRIMARY KEY (article, version),
  CHECK (author IS NULL OR published_by IS NULL OR author <> published_by),
  CHECK (state <> 'published' OR published_at IS NOT NULL)
);
CREATE UNIQUE INDEX article_read ON article_version (article) WHERE state = 'published';
CREATE UNIQUE INDEX article_written ON article_version (article) WHERE state IN ('draft', 'in_review');
CREATE INDEX article_site ON article_version (site, state, topic, title);

-- Articles that were there before were read already.
INSERT INTO article_version (article, version, site, state, kind, topic, language, title, body, phone, searched, changed_at, published_at)
  SELECT id, 1, site, 'published', 'article',
         CASE WHEN topic IN ('crisis', 'work', 'learning', 'money', 'housing', 'health', 'family', 'rights') THEN topic ELSE 'other' END,
         'en', title, body, phone, lower(title || ' ' || body), 0, 0
  FROM article;

-- What an article says stands in its versions from now on.
CREATE INDEX article_of_site ON article (site);
ALTER TABLE article DROP COLUMN title;
ALTER TABLE article DROP COLUMN topic;
ALTER TABLE article DROP COLUMN body;
ALTER TABLE article DROP COLUMN phone;

-- How often an article was read on a day, and by nobody in particular.
CREATE TABLE article_reads (
  article TEXT NOT NULL REFERENCES article (id),
  day     TEXT NOT NULL,
  reads   INTEGER NOT NULL,
  PRIMARY KEY (article, day)
) WITHOUT ROWID;
