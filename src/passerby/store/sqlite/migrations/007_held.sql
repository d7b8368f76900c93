-- Devices that are being placed again: until that is done nothing on them is anybody's. Of a substitute `mark` is the keyed
-- hash of the device that it stands in for; of that device itself it is empty.

CREATE TABLE held (
  org    INTEGER NOT NULL,
  device BLOB NOT NULL,
  mark   BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_by_mark ON held (org, mark) WHERE mark <> X'';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('held', 'held', '100 100 1'),
  ('held', 'held_by_mark', '100 100 5');
ANALYZE sqlite_schema;
