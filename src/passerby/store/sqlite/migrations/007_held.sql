-- Devices that are being placed again: until that is done nothing on them is anybody's. Of a substitute `mark` is the keyed
-- hash of the device that it stands in for; of that device itself it is empty.

CREATE TABLE held (
  org    INTEGER NOT NULL,
  device BLOB NOT NULL,
  mark   BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_by_mark ON held (org, mark) WHERE mark <> X'';

-- The key's columns stand first: SQLite 3.40 takes a row for damaged where they do not.
CREATE TABLE parts_in_order (
  org    INTEGER NOT NULL,
  device BLOB NOT NULL,
  owner  BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;
INSERT INTO parts_in_order (org, device, owner) SELECT org, device, owner FROM parts;
DROP TABLE parts;
ALTER TABLE parts_in_order RENAME TO parts;
CREATE INDEX parts_by_owner ON parts (org, owner, device);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('parts', 'parts', '1000 1000 1'),
  ('parts', 'parts_by_owner', '1000 1000 2 1'),
  ('held', 'held', '100 100 1'),
  ('held', 'held_by_mark', '100 100 5');
ANALYZE sqlite_schema;
