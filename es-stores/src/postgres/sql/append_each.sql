-- One event to each stream. The streams come in the order of their names.
INSERT INTO {schema}.events (stream, version, category, time, id, type, metadata, data, bytes)
SELECT n.stream, n.expected + 1, n.category, n.time, n.id, n.type, n.metadata, n.data, n.bytes
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[], $7::json[], $8::json[], $9::bytea[])
    WITH ORDINALITY AS n (stream, category, expected, time, id, type, metadata, data, bytes, nth)
WHERE n.expected = coalesce((SELECT e.version FROM {schema}.events e WHERE e.stream = n.stream ORDER BY e.version DESC LIMIT 1), 0)
ORDER BY n.nth
RETURNING position
