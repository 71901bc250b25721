SELECT version, time, type, data, bytes
FROM {schema}.events
WHERE stream = $1 AND version >= $2
ORDER BY version
LIMIT $3
