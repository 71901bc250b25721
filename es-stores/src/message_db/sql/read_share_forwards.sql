-- At most $2 messages, and no further ones behind $3 bytes of stored payload; `found` is how many
-- of the $2 there are. Snapshots are no events.
-- $5 and $6 are the member and the size of its consumer group.
SELECT
  page.stream_name, page.position, page.global_position, page.time, page.id, page.type,
  page.metadata, page.data, page.found
FROM (
  SELECT
    messages.*,
    count(*) OVER () AS found,
    sum(messages.size) OVER (ORDER BY messages.global_position) - messages.size AS before
  FROM (
    SELECT
      messages.stream_name, messages.position, messages.global_position, messages.time, messages.id,
      messages.type, messages.metadata, messages.data,
      coalesce(pg_column_size(messages.data), 0) AS size
    FROM message_store.messages
    WHERE message_store.category(messages.stream_name) = $4
      AND messages.global_position >= $1
      AND (messages.type <> 'SNAPSHOT' OR $4 NOT LIKE '%:snapshot')
      AND mod(@message_store.hash_64(message_store.cardinal_id(messages.stream_name)), $6) = $5
    ORDER BY messages.global_position
    LIMIT $2
  ) AS messages
) AS page
WHERE page.before <= $3
ORDER BY page.global_position
