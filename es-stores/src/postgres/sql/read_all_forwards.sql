SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE position >= $1 AND position <= $2
ORDER BY position
LIMIT $3
