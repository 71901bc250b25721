INSERT INTO {schema}.snapshots AS kept (stream, version, time, fingerprint, state)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (stream) DO UPDATE
SET version = excluded.version, time = excluded.time, fingerprint = excluded.fingerprint, state = excluded.state
WHERE kept.fingerprint <> excluded.fingerprint OR kept.version <= excluded.version
