WITH stream AS (
    INSERT INTO {schema}.streams (version, name, category)
    VALUES ($3::bigint + $4::bigint, $1::text, $2::text)
    ON CONFLICT (name) DO NOTHING
    RETURNING id, version - $4::bigint AS before
)
INSERT INTO {schema}.events (stream_id, version, time, id, stream, category, type, metadata, data, bytes)
SELECT stream.id, stream.before + 1, $5::timestamptz, $6::uuid, $1::text, $2::text, $7::text, $8::json, $9::json, $10::bytea
FROM stream
RETURNING position
