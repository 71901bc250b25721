INSERT INTO states (stream, category, version, time, id, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (stream) DO UPDATE
SET version = excluded.version, time = excluded.time, id = excluded.id, data = excluded.data
