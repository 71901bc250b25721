-- Snapshots are no events.
SELECT
{columns}
FROM message_store.messages
WHERE message_store.category(stream_name) = $1
  AND global_position >= $2
  AND global_position <= $3
  AND (type <> 'SNAPSHOT' OR $1 NOT LIKE '%:snapshot')
ORDER BY global_position
LIMIT $4
