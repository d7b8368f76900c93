-- name: org
SELECT org, secret, settings FROM orgs WHERE name = ?;
-- name: org_names
SELECT name FROM orgs ORDER BY name;
-- name: add_org
INSERT INTO orgs (name, secret, settings) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET settings = excluded.settings;
-- name: secrets
SELECT id, secret, made_at_ms, retired_at_ms FROM secrets WHERE org = ? ORDER BY made_at_ms DESC, id;
-- name: put_secret
INSERT INTO secrets (org, id, secret, made_at_ms, retired_at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (org, id) DO UPDATE SET secret = excluded.secret, retired_at_ms = excluded.retired_at_ms;
-- name: unsigned
SELECT coalesce(sum(count), 0) FROM unsigned WHERE org = ? AND day_at_ms >= ?;
-- name: count_unsigned
INSERT INTO unsigned (org, day_at_ms, count) VALUES (?, ?, ?)
ON CONFLICT (org, day_at_ms) DO UPDATE SET count = count + excluded.count;
-- name: forget_unsigned
DELETE FROM unsigned WHERE org = ? AND day_at_ms < ?;
-- name: key
SELECT digest, name, scope, label, made_at_ms FROM keys WHERE digest = ?;
-- name: keys
SELECT digest, name, scope, label, made_at_ms FROM keys WHERE name = ? ORDER BY made_at_ms, digest;
-- name: remove_key
DELETE FROM keys WHERE digest = ?;
-- name: add_key
INSERT OR REPLACE INTO keys (digest, name, scope, label, made_at_ms) VALUES (?, ?, ?, ?, ?);

-- name: binding
SELECT uid, instant FROM bindings WHERE org = ? AND device = ?;
-- name: bind
INSERT INTO bindings (org, device, uid, instant) VALUES (?, ?, ?, ?);
-- name: devices_of
SELECT device FROM bindings WHERE org = ? AND uid = ? AND device > ?
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = bindings.org AND h.device = bindings.device) ORDER BY device LIMIT ?;
-- name: count_devices
SELECT count(*) FROM bindings WHERE org = ? AND uid = ?
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = bindings.org AND h.device = bindings.device);
-- name: all_devices_of
SELECT device FROM bindings WHERE org = ? AND uid = ? AND device > ? ORDER BY device LIMIT ?;
-- name: count_all_devices
SELECT count(*) FROM bindings WHERE org = ? AND uid = ?;
-- name: hold
INSERT OR REPLACE INTO held (org, device, mark) VALUES (?, ?, ?);
-- name: is_held
SELECT EXISTS (SELECT 1 FROM held WHERE org = ? AND device = ?);
-- name: count_held
SELECT count(*) FROM (SELECT 1 FROM held LIMIT ?);
-- name: count_held_of
SELECT count(*) FROM (SELECT 1 FROM held h CROSS JOIN bindings b ON b.org = h.org AND b.device = h.device
  WHERE h.org = ? AND b.uid = ? LIMIT ?);
-- name: held_mark
SELECT mark FROM held WHERE org = ? AND device = ?;
-- name: device_of_user
SELECT device FROM sessions WHERE org = ?1 AND owner = ?2 UNION ALL SELECT device FROM parts WHERE org = ?1 AND owner = ?2 LIMIT 1;
-- name: held_by
SELECT device FROM held WHERE org = ? AND mark = ? AND mark <> X'' ORDER BY device LIMIT ?;
-- name: release
DELETE FROM held WHERE org = ? AND device = ?;
-- name: device
SELECT b.uid, b.instant, s.instant, s.why, t.summary, k.mark, h.device IS NOT NULL FROM (SELECT 1)
LEFT JOIN held h ON h.org = ?1 AND h.device = ?2
LEFT JOIN bindings b ON b.org = ?1 AND b.device = ?2
LEFT JOIN seals s ON s.org = ?1 AND s.device = ?2
LEFT JOIN troubles t ON t.org = ?1 AND t.device = ?2
LEFT JOIN device_keys k ON k.org = ?1 AND k.device = ?2;
-- name: set_seal
INSERT INTO seals (org, device, instant, why) VALUES (?, ?, ?, ?)
ON CONFLICT (org, device) DO UPDATE SET instant = excluded.instant, why = excluded.why;
-- name: meet
INSERT INTO device_keys (org, device, mark) VALUES (?, ?, ?);
-- name: sum_up
INSERT OR REPLACE INTO troubles (org, device, summary) VALUES (?, ?, ?);
-- name: learn_claim
INSERT OR REPLACE INTO claims (org, device, page, n, at_ms, body) VALUES (?, ?, ?, ?, ?, ?);
-- name: learn_end
INSERT OR REPLACE INTO ends (org, device, page, n, at_ms, lets_go, body) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: claims_around
SELECT body FROM claims WHERE org = ?1 AND device = ?2 AND page = ?3 AND n >= coalesce(
  (SELECT max(n) FROM claims WHERE org = ?1 AND device = ?2 AND page = ?3 AND n <= ?4), ?4)
AND n <= coalesce((SELECT min(n) FROM claims WHERE org = ?1 AND device = ?2 AND page = ?3 AND n > ?5), ?5) ORDER BY n LIMIT ?6;
-- name: ends_around
SELECT body FROM ends WHERE org = ?1 AND device = ?2 AND page = ?3 AND n >= coalesce(
  (SELECT max(n) FROM ends WHERE org = ?1 AND device = ?2 AND page = ?3 AND n < ?4), ?4)
AND n <= ?5 ORDER BY n LIMIT ?6;
-- name: ends_by_time
SELECT body FROM ends WHERE org = ? AND device = ? AND at_ms >= ? ORDER BY at_ms, page, n LIMIT ?;
-- name: ends_that_let_go
SELECT body FROM ends WHERE org = ? AND device = ? AND lets_go = ? AND at_ms >= ? ORDER BY at_ms, page, n LIMIT ?;
-- name: claims_of
SELECT body FROM claims WHERE org = ? AND device = ?;

-- name: keep_piece
INSERT INTO pieces
  (org, device, session, page, started, offset_ms, received_at_ms, sdk, first_at_ms, last_at_ms, first_n, last_n, operations, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- name: drop_piece
DELETE FROM pieces WHERE piece = ?;
-- name: pieces_of_device
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE org = ? AND device = ? ORDER BY piece;
-- name: pieces_of_page
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE page = ?3 AND org = ?1 AND device = ?2 ORDER BY piece;
-- name: home_after
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body FROM pieces WHERE piece IN (
  SELECT piece FROM pieces WHERE org = ? AND device = ? AND piece > ? ORDER BY piece LIMIT ?) ORDER BY piece;
-- name: away_after
SELECT p.piece, p.device, p.session, p.page, p.started, p.offset_ms, p.received_at_ms, p.sdk, p.body, m.device_mark, m.page_mark, m.hidden
FROM moved m JOIN pieces p ON p.piece = m.piece WHERE m.org = ? AND m.device_mark = ? AND m.piece > ? ORDER BY m.piece LIMIT ?;
-- name: weight_of
-- 9 is PIECE_WEIGHT.
SELECT total(operations + 9) FROM (
  SELECT * FROM (SELECT operations FROM pieces WHERE org = ?1 AND device = ?2 AND last_at_ms >= ?5 LIMIT ?4)
  UNION ALL SELECT * FROM (SELECT p.operations FROM moved m JOIN pieces p ON p.piece = m.piece
    WHERE m.org = ?1 AND m.device_mark = ?3 AND p.last_at_ms >= ?5 LIMIT ?4));
-- name: weight_of_page
-- 9 is PIECE_WEIGHT.
SELECT total(operations + 9) FROM (
  SELECT * FROM (SELECT operations FROM pieces WHERE org = ?1 AND device = ?2 AND page = ?6 AND last_at_ms >= ?5 LIMIT ?4)
  UNION ALL SELECT * FROM (SELECT p.operations FROM moved m JOIN pieces p ON p.piece = m.piece
    WHERE m.org = ?1 AND m.page_mark = ?3 AND p.last_at_ms >= ?5 LIMIT ?4));
-- name: pages_since
SELECT DISTINCT page FROM pieces WHERE org = ? AND device = ? AND last_at_ms >= ? LIMIT ?;
-- name: origins_since
SELECT p.piece, p.device, p.session, p.page, p.started, p.offset_ms, p.received_at_ms, p.sdk, p.body, m.device_mark, m.page_mark, m.hidden
FROM moved m JOIN pieces p ON p.piece = m.piece WHERE m.piece IN (
  SELECT min(a.piece) FROM moved a JOIN pieces b ON b.piece = a.piece
  WHERE a.org = ? AND a.device_mark = ? AND b.last_at_ms >= ? GROUP BY a.page_mark LIMIT ?) ORDER BY m.piece;
-- name: bound_from
SELECT DISTINCT p.device FROM moved m JOIN pieces p ON p.piece = m.piece
JOIN bindings b ON b.org = p.org AND b.device = p.device WHERE m.org = ? AND m.device_mark = ? ORDER BY p.device;
-- name: keep_origin
INSERT INTO moved (piece, org, device_mark, page_mark, hidden) VALUES (?, ?, ?, ?, ?);
-- name: pieces_from_device
SELECT p.piece, p.device, p.session, p.page, p.started, p.offset_ms, p.received_at_ms, p.sdk, p.body, m.device_mark, m.page_mark, m.hidden
FROM moved m JOIN pieces p ON p.piece = m.piece WHERE m.org = ? AND m.device_mark = ? AND p.last_at_ms >= ? ORDER BY p.piece;
-- name: pieces_from_page
SELECT p.piece, p.device, p.session, p.page, p.started, p.offset_ms, p.received_at_ms, p.sdk, p.body, m.device_mark, m.page_mark, m.hidden
FROM moved m JOIN pieces p ON p.piece = m.piece WHERE m.org = ? AND m.page_mark = ? AND p.last_at_ms >= ? ORDER BY p.piece;
-- name: latest_pieces
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body, last_at_ms
FROM pieces WHERE org = ? AND device = ? ORDER BY last_at_ms DESC, piece DESC;
-- name: pieces_past
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE org = ?1 AND device = ?2 AND piece IN (
  SELECT piece FROM pieces WHERE org = ?1 AND device = ?2 AND last_at_ms >= ?3
  UNION SELECT piece FROM pieces WHERE page = ?4 AND last_n >= ?5) ORDER BY piece;
-- name: pieces_of_session
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE org = ? AND session = ? ORDER BY first_at_ms, piece;
-- name: marks_of_session
SELECT piece, page, first_n, last_n, offset_ms, first_at_ms, last_at_ms, operations
FROM pieces WHERE org = ? AND session = ? AND (first_at_ms, piece) > (?, ?) ORDER BY first_at_ms, piece LIMIT ?;
-- name: last_marks_of_session
SELECT piece, page, first_n, last_n, offset_ms, first_at_ms, last_at_ms, operations
FROM pieces WHERE org = ? AND session = ? ORDER BY first_at_ms DESC, piece DESC LIMIT ?;
-- name: weights_of_session
SELECT first_at_ms, piece, operations
FROM pieces WHERE org = ? AND session = ? AND (first_at_ms, piece) > (?, ?) ORDER BY first_at_ms, piece LIMIT ?;
-- name: rows_of_device
SELECT piece FROM pieces WHERE org = ? AND device = ? AND piece > ? ORDER BY piece LIMIT ?;
-- name: kept_of
SELECT count(*), coalesce(sum(operations), 0),
  (SELECT count(*) FROM sessions WHERE org = ?1 AND device = ?2 AND session <> device),
  (SELECT count(*) FROM properties WHERE org = ?1 AND device = ?2)
FROM pieces WHERE org = ?1 AND device = ?2;
-- name: piece_of_row
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body FROM pieces WHERE piece = ? AND org = ?;
-- name: size_of_row
SELECT length(body) FROM pieces WHERE piece = ? AND org = ?;
-- name: has_device
SELECT EXISTS (SELECT 1 FROM pieces WHERE org = ? AND device = ?);

-- name: receipts
SELECT device, outcomes FROM receipts WHERE org = ? AND page = ? AND first_n BETWEEN ? AND ? AND last_n >= ? ORDER BY first_n;
-- name: page_device
SELECT device FROM receipts WHERE org = ? AND page = ? LIMIT 1;
-- name: add_receipt
INSERT INTO receipts (org, page, first_n, last_n, device, outcomes) VALUES (?, ?, ?, ?, ?, ?);

-- name: add_to_session
INSERT INTO sessions
  (org, session, device, owner, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (org, session) DO UPDATE SET
  began_at_ms = min(began_at_ms, excluded.began_at_ms),
  active_at_ms = max(active_at_ms, excluded.active_at_ms),
  end_why = CASE
    WHEN ended_at_ms IS NULL THEN excluded.end_why
    WHEN excluded.ended_at_ms IS NULL OR (ended_at_ms, end_why) <= (excluded.ended_at_ms, excluded.end_why) THEN end_why
    ELSE excluded.end_why END,
  ended_at_ms = CASE
    WHEN ended_at_ms IS NULL THEN excluded.ended_at_ms
    WHEN excluded.ended_at_ms IS NULL THEN ended_at_ms
    ELSE min(ended_at_ms, excluded.ended_at_ms) END,
  operations = operations + excluded.operations,
  events = events + excluded.events,
  pages = pages + excluded.pages;
-- name: empty_session
DELETE FROM sessions WHERE org = ?1 AND session = ?2 AND NOT EXISTS (SELECT 1 FROM pieces WHERE org = ?1 AND session = ?2);
-- name: take_out_of_session
UPDATE sessions SET operations = operations - ?3, events = events - ?4, pages = pages - ?5,
  began_at_ms = (SELECT min(first_at_ms) FROM pieces WHERE org = ?1 AND session = ?2),
  active_at_ms = (SELECT max(last_at_ms) FROM pieces WHERE org = ?1 AND session = ?2)
WHERE org = ?1 AND session = ?2;
-- name: end_session
UPDATE sessions SET ended_at_ms = ?3, end_why = ?4 WHERE org = ?1 AND session = ?2;
-- name: ending_pieces
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body FROM pieces
WHERE org = ? AND session = ? AND instr(body, CAST('"op":"end"' AS BLOB));
-- name: pieces_with_properties
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body FROM pieces
WHERE org = ? AND device = ? AND (instr(body, CAST('"op":"identify"' AS BLOB)) OR instr(body, CAST('"op":"properties"' AS BLOB))) ORDER BY last_at_ms DESC, piece DESC;
-- name: forget_sessions_of
DELETE FROM sessions WHERE org = ? AND device = ?;
-- name: session
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ? AND session = ? AND session <> device;
-- name: device_of_session
SELECT device FROM sessions WHERE org = ? AND session = ?;
-- name: sessions_of_device
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ? AND device = ? AND session <> device ORDER BY began_at_ms DESC, session LIMIT ?;
-- name: sessions_of_device_after
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ?1 AND device = ?2
  AND session <> device AND began_at_ms <= ?3 AND (began_at_ms < ?3 OR session > ?4) ORDER BY began_at_ms DESC, session LIMIT ?5;
-- name: sessions_of_owner
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ?1 AND owner = ?2
  AND session <> device AND began_at_ms <= ?3 AND (began_at_ms < ?3 OR session > ?4)
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device) ORDER BY began_at_ms DESC, session LIMIT ?5;
-- name: next_session_of_owner
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ?1 AND owner = ?2
  AND session <> device AND began_at_ms >= ?3 AND (began_at_ms > ?3 OR session < ?4)
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device) ORDER BY began_at_ms, session DESC LIMIT 1;
-- name: active_sessions_of_owner
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ? AND owner = ?
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device)
ORDER BY active_at_ms DESC, session;
-- name: count_sessions_of_owner
SELECT count(*) FROM (SELECT 1 FROM sessions WHERE org = ? AND owner = ? AND session <> device
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device) LIMIT ?);
-- name: span_of_owner
SELECT (SELECT began_at_ms FROM sessions WHERE org = ?1 AND owner = ?2
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device) ORDER BY began_at_ms LIMIT 1),
  (SELECT active_at_ms FROM sessions WHERE org = ?1 AND owner = ?2
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = sessions.org AND h.device = sessions.device) ORDER BY active_at_ms DESC LIMIT 1);

-- name: parts_of
SELECT device FROM parts WHERE org = ? AND owner = ?;
-- name: is_large
SELECT (SELECT count(*) FROM (SELECT 1 FROM sessions WHERE org = ?1 AND device = ?2 LIMIT ?3))
  + (SELECT count(*) FROM (SELECT 1 FROM properties WHERE org = ?1 AND device = ?2 LIMIT ?3)) >= ?3;
-- name: own_sessions
UPDATE sessions SET owner = ?1 WHERE org = ?2 AND session IN (SELECT session FROM sessions WHERE org = ?2 AND owner = ?3 LIMIT ?4);
-- name: own_properties
UPDATE properties SET owner = ?1
WHERE org = ?2 AND device = ?3 AND name IN (SELECT name FROM properties WHERE org = ?2 AND owner = ?3 LIMIT ?4);
-- name: add_part
INSERT INTO parts (org, owner, device) VALUES (?, ?, ?);
-- name: first_part
SELECT org, owner, device FROM parts LIMIT 1;
-- name: remove_part
DELETE FROM parts WHERE org = ? AND device = ?;
-- name: forget_parts
DELETE FROM parts;

-- name: recent_sessions
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ? AND session <> device ORDER BY active_at_ms DESC, session LIMIT ?;

-- name: next_session_of_device
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ?1 AND device = ?2
  AND session <> device AND began_at_ms >= ?3 AND (began_at_ms > ?3 OR session < ?4) ORDER BY began_at_ms, session DESC LIMIT 1;
-- name: count_sessions
SELECT (SELECT count(*) FROM sessions WHERE org = ?1) - (SELECT count(*) FROM sessions WHERE org = ?1 AND session = device);
-- name: piece_of
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE org = ?1 AND device = ?2 AND last_at_ms >= ?3 AND page = ?4 AND last_n >= ?5
ORDER BY last_at_ms LIMIT 1;
-- name: pieces_after
SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body
FROM pieces WHERE piece > ?2 AND org = ?1 ORDER BY piece LIMIT ?3;
-- name: last_row
SELECT coalesce((SELECT piece FROM pieces WHERE org = ? ORDER BY piece DESC LIMIT 1), 0);

-- name: set_property
-- The same question as `projection.stands_against`; 60000 is SAME_CLOCK_MS.
INSERT INTO properties (org, device, owner, name, type, value, session, page, n, t, at_ms, offset_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (org, device, name) DO UPDATE SET
  type = excluded.type, value = excluded.value, session = excluded.session, page = excluded.page, n = excluded.n,
  t = excluded.t, at_ms = excluded.at_ms, offset_ms = excluded.offset_ms
WHERE CASE
  WHEN excluded.page = page AND excluded.n <> n THEN excluded.n > n
  WHEN excluded.page <> page AND abs(excluded.offset_ms - offset_ms) <= 60000 AND excluded.t <> t THEN excluded.t > t
  ELSE (excluded.at_ms, excluded.n, excluded.session) >= (at_ms, n, session)
END;
-- name: forget_set_here
DELETE FROM properties WHERE org = ? AND device = ? AND page = ? AND n BETWEEN ? AND ? RETURNING name;
-- name: forget_properties_of
DELETE FROM properties WHERE org = ? AND device = ?;
-- name: properties_of_device
SELECT name, type, value, device, session, page, n, t, at_ms, offset_ms FROM properties WHERE org = ? AND device = ?;
-- name: named_property
SELECT name, type, value, device, session, page, n, t, at_ms, offset_ms FROM properties
WHERE org = ? AND owner = ? AND name = ?
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = properties.org AND h.device = properties.device)
ORDER BY at_ms DESC, n DESC, device DESC, session DESC LIMIT 1;
-- name: next_property
SELECT name, type, value, device, session, page, n, t, at_ms, offset_ms FROM properties
WHERE org = ? AND owner = ? AND name > ?
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = properties.org AND h.device = properties.device)
ORDER BY name, at_ms DESC, n DESC, device DESC, session DESC LIMIT 1;

-- name: touch_person
INSERT INTO people (org, id, uid, first_at_ms, last_at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (org, id) DO UPDATE SET
  first_at_ms = min(first_at_ms, excluded.first_at_ms), last_at_ms = max(last_at_ms, excluded.last_at_ms);
-- name: name_person
UPDATE people SET display_name = ?, email = ? WHERE org = ? AND id = ?;
-- name: forget_person
DELETE FROM people WHERE org = ? AND id = ?;
-- name: people_after
SELECT id, uid, display_name, email, first_at_ms, last_at_ms FROM people WHERE org = ? AND id > ? ORDER BY id LIMIT ?;
-- name: person
SELECT id, uid, display_name, email, first_at_ms, last_at_ms FROM people WHERE org = ? AND id = ?;

-- name: forget_sessions
DELETE FROM sessions;
-- name: forget_properties
DELETE FROM properties;
-- name: forget_people
DELETE FROM people;
-- name: count_pieces
SELECT count(*) FROM pieces;

-- name: all_pieces
SELECT o.name, p.piece, p.device, p.session, p.page, p.started, p.offset_ms, p.received_at_ms, p.sdk, p.body
FROM pieces p JOIN orgs o ON o.org = p.org ORDER BY p.piece;

-- name: add_tally
INSERT INTO tallies (org, minute_at_ms, outcome, count) VALUES (?, ?, ?, ?)
ON CONFLICT (org, minute_at_ms, outcome) DO UPDATE SET count = count + excluded.count;
-- name: forget_tallies
DELETE FROM tallies WHERE org = ? AND minute_at_ms < ?;
-- name: tallies
SELECT minute_at_ms, outcome, count FROM tallies WHERE org = ? AND minute_at_ms >= ? ORDER BY minute_at_ms, outcome;
-- name: add_complaint
INSERT INTO complaints (org, hour_at_ms, code, call, page, sdk, name, message, last_at_ms, count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (org, hour_at_ms, code, call, page, sdk, name) DO UPDATE SET
  message = excluded.message, last_at_ms = max(last_at_ms, excluded.last_at_ms), count = count + excluded.count;
-- name: count_complaints
SELECT kinds FROM complaint_hours WHERE org = ? AND hour_at_ms = ?;
-- name: forget_complaints
DELETE FROM complaints WHERE org = ? AND hour_at_ms < ?;
-- name: forget_complaint_hours
DELETE FROM complaint_hours WHERE org = ? AND hour_at_ms < ?;
-- name: complaints
SELECT last_at_ms, code, call, page, sdk, name, message, count
FROM complaints WHERE org = ?1 AND hour_at_ms >= ?2 - 3600000 AND last_at_ms >= ?2
ORDER BY last_at_ms DESC, code, call, page, sdk, name;

-- name: put_member
INSERT OR REPLACE INTO members (org, name, role, password_hash) VALUES (?, ?, ?, ?);
-- name: remove_member
DELETE FROM members WHERE org = ? AND name = ?;
-- name: dismiss_member
DELETE FROM admissions WHERE org = ? AND member = ?;
-- name: members
SELECT name, role, password_hash FROM members WHERE org = ? ORDER BY name;
-- name: member
SELECT name, role, password_hash FROM members WHERE org = ? AND name = ?;
-- name: admit
INSERT INTO admissions (digest, org, member, role, session, made_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: forget_expired
DELETE FROM admissions WHERE expires_at_ms <= ?;
-- name: dismiss
DELETE FROM admissions WHERE digest = ?;
-- name: admission
SELECT a.digest, o.name, a.member, a.role, a.session, a.made_at_ms, a.expires_at_ms
FROM admissions a JOIN orgs o ON o.org = a.org WHERE a.digest = ?;
-- name: admissions
SELECT a.digest, o.name, a.member, a.role, a.session, a.made_at_ms, a.expires_at_ms
FROM admissions a JOIN orgs o ON o.org = a.org WHERE a.org = ? ORDER BY a.made_at_ms DESC, a.digest;

-- name: sessions_active
SELECT session, device, began_at_ms, active_at_ms, ended_at_ms, end_why, operations, events, pages
FROM sessions WHERE org = ? AND (active_at_ms, session) > (?, ?) AND active_at_ms <= ? AND session <> device
ORDER BY active_at_ms, session LIMIT ?;

-- name: entry
SELECT kind, id, body, about, due_at_ms, lane FROM entries WHERE org = ? AND kind = ? AND id = ?;
-- name: entries
SELECT kind, id, body, about, due_at_ms, lane FROM entries
WHERE org = ? AND kind = ? AND id >= ? AND id < ? AND id > ? ORDER BY id LIMIT ?;
-- name: put_entry
INSERT OR REPLACE INTO entries (org, kind, id, body, about, due_at_ms, lane) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: remove_entry
DELETE FROM entries WHERE org = ? AND kind = ? AND id = ?;
-- name: remove_entries_about
DELETE FROM entries WHERE org = ? AND about = ?;
-- name: next_lane
SELECT e.org, (SELECT name FROM orgs WHERE org = e.org), e.lane, e.due_at_ms FROM entries e
WHERE e.kind = ? AND (e.org, e.lane) > (?, ?) AND e.due_at_ms IS NOT NULL
ORDER BY e.org, e.lane, e.due_at_ms LIMIT 1;
-- name: due_in
SELECT kind, id, body, about, due_at_ms, lane FROM entries
WHERE kind = ? AND org = ? AND lane = ? AND due_at_ms <= ? ORDER BY due_at_ms, id LIMIT ?;

-- name: count_of_sessions_of
SELECT count(*) FROM sessions WHERE org = ? AND device = ? AND session <> device;
-- name: has_more_pieces
SELECT EXISTS (SELECT 1 FROM pieces WHERE org = ? AND device = ? LIMIT 1 OFFSET ?);
-- name: thin_out
DELETE FROM pieces WHERE piece IN (SELECT piece FROM pieces WHERE org = ? AND device = ? LIMIT ?) RETURNING operations;
-- name: remove_pieces
DELETE FROM pieces WHERE org = ? AND device = ?;
-- name: remove_receipts
DELETE FROM receipts WHERE org = ? AND device = ?;
-- name: remove_binding
DELETE FROM bindings WHERE org = ? AND device = ?;
-- name: remove_seal
DELETE FROM seals WHERE org = ? AND device = ?;
-- name: remove_key_of
DELETE FROM device_keys WHERE org = ? AND device = ?;
-- name: remove_summary
DELETE FROM troubles WHERE org = ? AND device = ?;
-- name: remove_claims
DELETE FROM claims WHERE org = ? AND device = ?;
-- name: remove_ends
DELETE FROM ends WHERE org = ? AND device = ?;
-- name: dismiss_from_sessions_of
DELETE FROM admissions WHERE org = ?1 AND session IN (SELECT session FROM sessions WHERE org = ?1 AND device = ?2);
