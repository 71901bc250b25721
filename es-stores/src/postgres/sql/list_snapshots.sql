SELECT stream, version, time, fingerprint, octet_length(state)::bigint
FROM {schema}.snapshots
WHERE stream > $1::text
ORDER BY stream
LIMIT $2::bigint
