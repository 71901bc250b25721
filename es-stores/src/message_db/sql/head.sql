-- The last event up to $1. Snapshots are no events.
SELECT messages.global_position
FROM message_store.messages
WHERE messages.global_position <= $1
  AND (
    messages.type <> 'SNAPSHOT' OR message_store.category(messages.stream_name) NOT LIKE '%:snapshot'
  )
ORDER BY messages.global_position DESC
LIMIT 1
