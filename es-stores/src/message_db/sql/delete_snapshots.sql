-- A stream may hold many, of which the last counts.
WITH deleted AS (
  DELETE FROM message_store.messages
  WHERE messages.type = 'SNAPSHOT'
    AND messages.metadata ? '_es'
  RETURNING messages.stream_name
)
SELECT count(DISTINCT deleted.stream_name) FROM deleted
