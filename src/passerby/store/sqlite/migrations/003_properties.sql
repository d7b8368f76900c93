-- A user property says how its bundle had travelled, and so which of two values stands (PR-2). With all that comes of
-- properties, it is worked out again: people are named by theirs.
-- then: rebuild

DROP TABLE properties;
CREATE TABLE properties (
  org       INTEGER NOT NULL,
  device    BLOB NOT NULL,
  name      TEXT NOT NULL,
  type      TEXT NOT NULL,
  value     BLOB NOT NULL,
  session   BLOB NOT NULL,
  page      BLOB NOT NULL,
  n         INTEGER NOT NULL,
  t         INTEGER NOT NULL,
  at_ms     INTEGER NOT NULL,
  offset_ms INTEGER NOT NULL,
  PRIMARY KEY (org, device, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX properties_by_value ON properties (org, name, value) WHERE length(value) <= 64;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('properties', 'properties', '10000000 10000000 10 1'),
  ('properties', 'properties_by_value', '10000000 10000000 500000 1000');
ANALYZE sqlite_schema;
