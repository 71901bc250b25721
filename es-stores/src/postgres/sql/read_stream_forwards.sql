SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE stream = $1 AND version >= $2
ORDER BY version
LIMIT $3
