DELETE FROM message_store.messages
WHERE messages.stream_name = $1
  AND messages.type = 'SNAPSHOT'
  AND messages.metadata ? '_es'
