SELECT stream, version, time, fingerprint, length(state)
FROM snapshots
WHERE stream > ?1
ORDER BY stream
LIMIT ?2
