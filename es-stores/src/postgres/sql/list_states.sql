SELECT version, time, data, stream FROM {schema}.states
WHERE category = $1 AND stream > $2 AND data IS NOT NULL
ORDER BY category, stream
LIMIT $3
