SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE (category, position) >= ($1, 0) AND (category, position) <= ($1, $2)
ORDER BY category DESC, position DESC
LIMIT $3
