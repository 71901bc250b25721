-- Behind the lock of those that are there; of two who write a new one, the second finds it there and writes nothing.
INSERT INTO {schema}.states AS s (stream, category, version, time, id, data)
SELECT n.stream, n.category, n.version, n.time, n.id, n.data
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::json[])
    AS n (stream, category, version, time, id, data)
ON CONFLICT (stream) DO UPDATE
SET version = excluded.version, time = excluded.time, id = excluded.id, data = excluded.data
WHERE s.version = excluded.version - 1
