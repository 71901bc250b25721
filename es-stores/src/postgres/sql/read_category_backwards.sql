SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE category = $1 AND position <= $2
ORDER BY category DESC, position DESC
LIMIT $3
