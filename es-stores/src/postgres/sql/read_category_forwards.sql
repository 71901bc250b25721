SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE category = $1 AND position >= $2 AND position <= $3
ORDER BY category, position
LIMIT $4
