-- Snapshots are no events.
SELECT
{columns}
FROM message_store.messages
WHERE global_position <= $1
  AND (type <> 'SNAPSHOT' OR message_store.category(stream_name) NOT LIKE '%:snapshot')
ORDER BY global_position DESC
LIMIT $2
