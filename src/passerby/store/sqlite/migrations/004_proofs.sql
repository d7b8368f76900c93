-- How many kinds of complaint an hour has, so that nobody counts them.
CREATE TABLE complaint_hours (
  org        INTEGER NOT NULL,
  hour_at_ms INTEGER NOT NULL,
  kinds      INTEGER NOT NULL,
  PRIMARY KEY (org, hour_at_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO complaint_hours SELECT org, hour_at_ms, count(*) FROM complaints GROUP BY org, hour_at_ms;
CREATE TRIGGER complaints_are_counted AFTER INSERT ON complaints
BEGIN
  INSERT INTO complaint_hours VALUES (NEW.org, NEW.hour_at_ms, 1)
  ON CONFLICT (org, hour_at_ms) DO UPDATE SET kinds = kinds + 1;
END;

-- WI-11: the secrets by which a customer's server proves uids. They must be readable: with them signatures are checked.
-- Of a retired one the secret itself is gone.
CREATE TABLE secrets (
  org           INTEGER NOT NULL,
  id            TEXT NOT NULL,
  secret        BLOB CHECK (length(secret) >= 32),
  made_at_ms    INTEGER NOT NULL,
  retired_at_ms INTEGER,
  PRIMARY KEY (org, id),
  CHECK ((secret IS NULL) = (retired_at_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- How many identifies came without a signature, by day.
CREATE TABLE unsigned (
  org       INTEGER NOT NULL,
  day_at_ms INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (org, day_at_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('complaint_hours', 'complaint_hours', '1000 1000 1'),
  ('secrets', 'secrets', '100 100 1'),
  ('unsigned', 'unsigned', '1000 1000 1');
ANALYZE sqlite_schema;
