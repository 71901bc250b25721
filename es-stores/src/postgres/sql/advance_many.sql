WITH stream AS (
    UPDATE {schema}.streams
    SET version = version + $4::bigint
    WHERE name = $1::text AND version = $3::bigint
    RETURNING id, version - $4::bigint AS before
)
, new AS (
    INSERT INTO {schema}.events (stream_id, version, time, id, stream, category, type, metadata, data, bytes)
    SELECT stream.id, stream.before + e.nth, e.time, e.id, $1::text, $2::text, e.type, e.metadata, e.data, e.bytes
    FROM stream
    CROSS JOIN unnest($5::timestamptz[], $6::uuid[], $7::text[], $8::json[], $9::json[], $10::bytea[])
        WITH ORDINALITY AS e (time, id, type, metadata, data, bytes, nth)
    ORDER BY e.nth
    RETURNING position
)
SELECT max(position) FROM new
