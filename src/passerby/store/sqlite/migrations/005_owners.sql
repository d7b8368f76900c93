-- Sessions and properties say whose they are: the id in `people`. So all of one person come by index, however many devices
-- they have. Pieces say how many operations they hold and the first of their numbers, so that a part of a long session is
-- found without reading the rest.
-- then: rebuild

ALTER TABLE pieces ADD COLUMN first_n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pieces ADD COLUMN operations INTEGER NOT NULL DEFAULT 0;
UPDATE pieces SET first_n = json_extract(CAST(body AS TEXT), '$.ops[0].n'),
  operations = json_array_length(CAST(body AS TEXT), '$.ops');
DROP INDEX pieces_by_session;
CREATE INDEX pieces_by_session ON pieces
  (org, session, first_at_ms, piece, page, first_n, last_n, offset_ms, last_at_ms, operations);
DELETE FROM sqlite_stat1 WHERE idx = 'pieces_by_session';

DROP TABLE sessions;
CREATE TABLE sessions (
  org          INTEGER NOT NULL,
  session      BLOB NOT NULL,
  device       BLOB NOT NULL,
  owner        BLOB NOT NULL,
  began_at_ms  INTEGER NOT NULL,
  active_at_ms INTEGER NOT NULL,
  ended_at_ms  INTEGER,
  end_why      TEXT,
  operations   INTEGER NOT NULL,
  events       INTEGER NOT NULL,
  pages        INTEGER NOT NULL,
  PRIMARY KEY (org, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_device ON sessions (org, device, began_at_ms DESC, session);
CREATE INDEX sessions_by_owner ON sessions (org, owner, began_at_ms DESC, session);
CREATE INDEX sessions_by_owners_activity ON sessions (org, owner, active_at_ms DESC, session);
CREATE INDEX sessions_that_are_none ON sessions (org) WHERE session = device;
CREATE INDEX sessions_by_activity ON sessions (org, active_at_ms DESC, session);

DROP TABLE properties;
CREATE TABLE properties (
  org       INTEGER NOT NULL,
  device    BLOB NOT NULL,
  owner     BLOB NOT NULL,
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
CREATE INDEX properties_by_value ON properties (org, name, value, owner) WHERE length(value) <= 64;
CREATE INDEX properties_by_owner ON properties (org, owner, name, at_ms DESC, n DESC, device DESC, session DESC);

-- Devices that were bound with more than is given its owner at once: what of them names the device as owner is `owner`'s.
CREATE TABLE parts (
  org    INTEGER NOT NULL,
  owner  BLOB NOT NULL,
  device BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_by_owner ON parts (org, owner, device);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('pieces', 'pieces_by_session', '10000000 10000000 10 1 1 1 1 1 1 1 1'),
  ('sessions', 'sessions', '5000000 5000000 1'),
  ('sessions', 'sessions_by_device', '5000000 5000000 10 1 1'),
  ('sessions', 'sessions_by_owner', '5000000 5000000 20 1 1'),
  ('sessions', 'sessions_by_owners_activity', '5000000 5000000 20 1 1'),
  ('sessions', 'sessions_by_activity', '5000000 5000000 1 1'),
  ('properties', 'properties', '10000000 10000000 10 1'),
  ('properties', 'properties_by_value', '10000000 10000000 500000 1000 2'),
  ('properties', 'properties_by_owner', '10000000 10000000 20 2 1 1 1 1'),
  ('parts', 'parts', '1000 1000 1'),
  ('parts', 'parts_by_owner', '1000 1000 2 1');
ANALYZE sqlite_schema;
