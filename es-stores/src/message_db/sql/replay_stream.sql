-- Of metadata only what tells the time: see columns.sql.
SELECT position, time, type, data,
  metadata -> 'headers' ->> 'time',
  metadata -> 'extensions',
  CASE WHEN metadata ? 'headers' AND metadata ? 'domain' THEN NULL ELSE metadata END
FROM message_store.messages
WHERE stream_name = $1
  AND position >= $2::bigint - 1
  AND (type <> 'SNAPSHOT' OR message_store.category($1::varchar) NOT LIKE '%:snapshot')
ORDER BY position
LIMIT $3
