-- What is due has a lane. The lanes of a kind take turns, and the index leads from one to the next, so that what waits
-- in one by the thousand is not looked at on the way to another. Deliveries that wait have a lane for each webhook.

ALTER TABLE entries ADD COLUMN lane TEXT NOT NULL DEFAULT '';
UPDATE entries SET lane = substr(id, 1, instr(id, '/') - 1)
WHERE kind = 'delivery' AND due_at_ms IS NOT NULL
AND CASE WHEN json_valid(CAST(body AS TEXT)) THEN json_extract(CAST(body AS TEXT), '$.state') = 'waiting' END;

DROP INDEX entries_due;
CREATE INDEX entries_due ON entries (kind, org, lane, due_at_ms) WHERE due_at_ms IS NOT NULL;

DELETE FROM sqlite_stat1 WHERE idx = 'entries_due';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('entries', 'entries_due', '50000 10000 1000 100 2');
ANALYZE sqlite_schema;
