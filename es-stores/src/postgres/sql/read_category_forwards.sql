SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE (category, position) >= ($1, $2) AND (category, position) <= ($1, $3)
ORDER BY category, position
LIMIT $4
