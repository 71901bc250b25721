INSERT INTO {schema}.events (stream, version, category, time, id, type, metadata, data, bytes)
SELECT $1::text, $3::bigint + n.nth, $2::text, n.time, n.id, n.type, n.metadata, n.data, n.bytes
FROM unnest($4::timestamptz[], $5::uuid[], $6::text[], $7::json[], $8::json[], $9::bytea[])
    WITH ORDINALITY AS n (time, id, type, metadata, data, bytes, nth)
WHERE $3::bigint = coalesce((SELECT e.version FROM {schema}.events e WHERE e.stream = $1::text ORDER BY e.version DESC LIMIT 1), 0)
ORDER BY n.nth
RETURNING position
