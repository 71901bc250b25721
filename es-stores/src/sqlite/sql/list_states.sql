SELECT version, time, data, stream FROM states
WHERE category = ?1 AND stream > ?2 AND data IS NOT NULL
ORDER BY stream
LIMIT ?3
