-- The last one of ours.
SELECT messages.metadata -> '_es', messages.data -> '_es'
FROM message_store.messages
WHERE messages.stream_name = $1
  AND messages.type = 'SNAPSHOT'
  AND messages.metadata ? '_es'
ORDER BY messages.position DESC
LIMIT 1
