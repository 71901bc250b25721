INSERT INTO snapshots (stream, version, time, fingerprint, state)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (stream) DO UPDATE
SET version = excluded.version, time = excluded.time, fingerprint = excluded.fingerprint, state = excluded.state
WHERE snapshots.fingerprint <> excluded.fingerprint OR snapshots.version <= excluded.version
