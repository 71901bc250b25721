SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE position <= $1
ORDER BY position DESC
LIMIT $2
