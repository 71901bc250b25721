SELECT version, time, type, data, bytes
FROM {schema}.events
WHERE stream_id = (SELECT streams.id FROM {schema}.streams WHERE streams.name = $1) AND version >= $2
ORDER BY version
LIMIT $3
