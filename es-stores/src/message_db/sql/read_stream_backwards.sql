-- A stream's first version is its position 0. Snapshots are no events.
SELECT
{columns}
FROM message_store.messages
WHERE stream_name = $1
  AND position <= $2::bigint - 1
  AND (type <> 'SNAPSHOT' OR message_store.category($1::varchar) NOT LIKE '%:snapshot')
ORDER BY position DESC
LIMIT $3
