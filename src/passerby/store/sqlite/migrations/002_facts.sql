-- What pages claimed is kept page by page, and where moved pieces came from. `facts.py` then makes them of the gaps.

-- AT-9: the keyed hash of a device's key.
CREATE TABLE device_keys (
  org    INTEGER NOT NULL,
  device BLOB NOT NULL,
  mark   BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;

-- AT-4: the facts of devices whose pages contradict one another, and what all their pages share of them.
CREATE TABLE troubles (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  summary BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
  org    INTEGER NOT NULL,
  device BLOB NOT NULL,
  page   BLOB NOT NULL,
  n      INTEGER NOT NULL,
  at_ms  INTEGER NOT NULL,
  body   BLOB NOT NULL,
  PRIMARY KEY (org, device, page, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE ends (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  page    BLOB NOT NULL,
  n       INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  lets_go TEXT NOT NULL,
  body    BLOB NOT NULL,
  PRIMARY KEY (org, device, page, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX ends_in_time ON ends (org, device, at_ms, page, n);
CREATE INDEX ends_by_whom ON ends (org, device, lets_go, at_ms, page, n);

-- AT-3: where a piece on a substitute came from, for whoever has the org's secret.
CREATE TABLE moved (
  piece       INTEGER PRIMARY KEY,
  org         INTEGER NOT NULL,
  device_mark BLOB NOT NULL,
  page_mark   BLOB NOT NULL,
  hidden      BLOB NOT NULL
) STRICT;
CREATE INDEX moved_by_device ON moved (org, device_mark, piece);
CREATE INDEX moved_by_page ON moved (org, page_mark, piece);
CREATE TRIGGER origins_go_with_their_pieces AFTER DELETE ON pieces
BEGIN DELETE FROM moved WHERE piece = OLD.piece; END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('device_keys', 'device_keys', '1000000 1000000 1'),
  ('troubles', 'troubles', '10000 10000 1'),
  ('claims', 'claims', '100000 100000 10 2 1'),
  ('ends', 'ends', '20000 20000 2 1 1'),
  ('ends', 'ends_in_time', '20000 20000 2 1 1 1'),
  ('ends', 'ends_by_whom', '20000 20000 2 1 1 1 1'),
  ('moved', 'moved_by_device', '100000 100000 10 1'),
  ('moved', 'moved_by_page', '100000 100000 2 1');
ANALYZE sqlite_schema;
