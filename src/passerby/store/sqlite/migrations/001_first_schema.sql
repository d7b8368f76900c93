-- Schema 1. Released: never changed; what is to be otherwise is a migration of its own.
-- The truth: orgs, keys, bindings, seals, gaps, pieces, receipts. What serves reading: sessions, properties, people.
-- Ids of devices, sessions and pages are 16-byte blobs; instants are ms since 1970.

CREATE TABLE orgs (
  org      INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  secret   BLOB NOT NULL,
  settings BLOB NOT NULL
) STRICT;

CREATE TABLE keys (
  digest     BLOB PRIMARY KEY,
  name       TEXT NOT NULL,
  scope      TEXT NOT NULL,
  label      TEXT NOT NULL,
  made_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ID-1: the primary key allows one binding a device, the trigger forbids changing it.
CREATE TABLE bindings (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL CHECK (length(device) = 16),
  uid     TEXT NOT NULL CHECK (uid <> ''),
  instant BLOB NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX bindings_by_uid ON bindings (org, uid, device);
CREATE TRIGGER bindings_are_written_once BEFORE UPDATE ON bindings
BEGIN SELECT RAISE(ABORT, 'ID-1: a binding is written once'); END;

CREATE TABLE seals (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  instant BLOB NOT NULL,
  why     TEXT NOT NULL,
  PRIMARY KEY (org, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  ordinal INTEGER NOT NULL,
  body    BLOB NOT NULL,
  PRIMARY KEY (org, device, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE pieces (
  piece          INTEGER PRIMARY KEY,
  org            INTEGER NOT NULL,
  device         BLOB NOT NULL CHECK (length(device) = 16),
  session        BLOB NOT NULL CHECK (length(session) = 16),
  page           BLOB NOT NULL CHECK (length(page) = 16),
  started        INTEGER NOT NULL,
  offset_ms      INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL,
  sdk            TEXT NOT NULL,
  first_at_ms    INTEGER NOT NULL,
  last_at_ms     INTEGER NOT NULL,
  last_n         INTEGER NOT NULL,
  body           BLOB NOT NULL
) STRICT;
CREATE INDEX pieces_by_device ON pieces (org, device, last_at_ms);
CREATE INDEX pieces_by_session ON pieces (org, session, first_at_ms);
CREATE INDEX pieces_by_page ON pieces (page, last_n);

-- AT-1: what the operations first_n..last_n of a page were answered, so that a repeat is answered the same.
CREATE TABLE receipts (
  org      INTEGER NOT NULL,
  page     BLOB NOT NULL,
  first_n  INTEGER NOT NULL,
  last_n   INTEGER NOT NULL,
  device   BLOB NOT NULL,
  outcomes BLOB NOT NULL,
  PRIMARY KEY (org, page, first_n)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  org          INTEGER NOT NULL,
  session      BLOB NOT NULL,
  device       BLOB NOT NULL,
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
CREATE INDEX sessions_that_are_none ON sessions (org) WHERE session = device;
CREATE INDEX sessions_by_activity ON sessions (org, active_at_ms DESC, session);

CREATE TABLE properties (
  org     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  name    TEXT NOT NULL,
  type    TEXT NOT NULL,
  value   BLOB NOT NULL,
  session BLOB NOT NULL,
  at_ms   INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (org, device, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX properties_by_value ON properties (org, name, value) WHERE length(value) <= 64;

CREATE TABLE people (
  org          INTEGER NOT NULL,
  id           BLOB NOT NULL,
  uid          TEXT,
  display_name TEXT,
  email        TEXT,
  first_at_ms  INTEGER NOT NULL,
  last_at_ms   INTEGER NOT NULL,
  PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_by_recency ON people (org, last_at_ms DESC, id);
CREATE INDEX people_identified ON people (org, last_at_ms DESC, id) WHERE uid IS NOT NULL;
CREATE INDEX people_by_uid ON people (org, uid, last_at_ms DESC, id);
CREATE INDEX people_by_email ON people (org, email, last_at_ms DESC, id) WHERE email IS NOT NULL;
CREATE INDEX people_by_name ON people (org, display_name, last_at_ms DESC, id) WHERE display_name IS NOT NULL;
CREATE INDEX people_uid_prefix ON people (org, uid COLLATE NOCASE) WHERE uid IS NOT NULL;
CREATE INDEX people_email_prefix ON people (org, email COLLATE NOCASE) WHERE email IS NOT NULL;
CREATE INDEX people_name_prefix ON people (org, display_name COLLATE NOCASE) WHERE display_name IS NOT NULL;

-- What arrived lately; not made anew by a rebuild.
CREATE TABLE tallies (
  org          INTEGER NOT NULL,
  minute_at_ms INTEGER NOT NULL,
  outcome      TEXT NOT NULL,
  count        INTEGER NOT NULL,
  PRIMARY KEY (org, minute_at_ms, outcome)
) STRICT, WITHOUT ROWID;

CREATE TABLE complaints (
  org        INTEGER NOT NULL,
  hour_at_ms INTEGER NOT NULL,
  code       TEXT NOT NULL,
  call       TEXT NOT NULL,
  page       TEXT NOT NULL,
  sdk        TEXT NOT NULL,
  name       TEXT NOT NULL,
  message    TEXT NOT NULL,
  last_at_ms INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  PRIMARY KEY (org, hour_at_ms, code, call, page, sdk, name)
) STRICT, WITHOUT ROWID;

-- Who may look.
CREATE TABLE members (
  org           INTEGER NOT NULL,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  PRIMARY KEY (org, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE admissions (
  digest        BLOB PRIMARY KEY,
  org           INTEGER NOT NULL,
  member        TEXT NOT NULL,
  role          TEXT NOT NULL,
  session       BLOB,
  made_at_ms    INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX admissions_by_org ON admissions (org, made_at_ms DESC);

-- What the service must remember besides: jobs, idempotency, webhooks, receipts of erasure.
CREATE TABLE entries (
  org       INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  id        TEXT NOT NULL,
  body      BLOB NOT NULL,
  about     TEXT,
  due_at_ms INTEGER,
  PRIMARY KEY (org, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_due ON entries (kind, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX entries_about ON entries (org, about) WHERE about IS NOT NULL;

-- What the planner is to believe of how much there is: one org with all of it. Without this it takes ten rows for granted
-- in every org and reads an org through where an index leads straight there. Never measured (no ANALYZE), so that plans
-- do not change with the data; tests/store/test_plans.py holds the statements to it.
ANALYZE orgs;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('bindings', 'bindings', '1000000 1000000 1'),
  ('bindings', 'bindings_by_uid', '1000000 1000000 2 1'),
  ('seals', 'seals', '100000 100000 1'),
  ('gaps', 'gaps', '1000 1000 2 1'),
  ('pieces', 'pieces_by_device', '10000000 10000000 100 1'),
  ('pieces', 'pieces_by_session', '10000000 10000000 10 1'),
  ('pieces', 'pieces_by_page', '10000000 5 1'),
  ('receipts', 'receipts', '10000000 10000000 2 1'),
  ('sessions', 'sessions', '5000000 5000000 1'),
  ('sessions', 'sessions_by_device', '5000000 5000000 10 1 1'),
  ('sessions', 'sessions_by_activity', '5000000 5000000 1 1'),
  ('properties', 'properties', '10000000 10000000 10 1'),
  ('properties', 'properties_by_value', '10000000 10000000 500000 1000'),
  ('people', 'people', '1000000 1000000 1'),
  ('people', 'people_by_recency', '1000000 1000000 1 1'),
  ('people', 'people_identified', '500000 500000 1 1'),
  ('people', 'people_by_uid', '1000000 1000000 1 1 1'),
  ('people', 'people_by_email', '500000 500000 2 1 1'),
  ('people', 'people_by_name', '500000 500000 3 1 1'),
  ('people', 'people_uid_prefix', '500000 500000 1'),
  ('people', 'people_email_prefix', '500000 500000 2'),
  ('people', 'people_name_prefix', '500000 500000 3'),
  ('entries', 'entries', '100000 100000 10000 1'),
  ('entries', 'entries_due', '50000 10000 2'),
  ('entries', 'entries_about', '50000 50000 5');
ANALYZE sqlite_schema;
