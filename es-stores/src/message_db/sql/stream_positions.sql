-- The last position of each stream, -1 where there is none. In a statement after the locks': it
-- must see what was committed while they were waited for.
SELECT coalesce(
  (
    SELECT messages.position
    FROM message_store.messages
    WHERE messages.stream_name = streams.name
    ORDER BY messages.position DESC
    LIMIT 1
  ),
  -1
)
FROM unnest($1::text[]) WITH ORDINALITY AS streams (name, place)
ORDER BY streams.place
