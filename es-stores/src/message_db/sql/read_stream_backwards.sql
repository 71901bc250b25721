-- At most $2 messages, and no further ones behind $3 bytes of stored payload; `found` is how many
-- of the $2 there are. Snapshots are no events.
SELECT
  page.stream_name, page.position, page.global_position, page.time, page.id, page.type,
  page.metadata, page.data, page.found
FROM (
  SELECT
    messages.*,
    count(*) OVER () AS found,
    sum(messages.size) OVER (ORDER BY messages.position DESC) - messages.size AS before
  FROM (
    SELECT
      messages.stream_name, messages.position, messages.global_position, messages.time, messages.id,
      messages.type, messages.metadata, messages.data,
      coalesce(pg_column_size(messages.data), 0) AS size
    FROM message_store.messages
    WHERE messages.stream_name = $4
      AND messages.position <= $1
      AND (messages.type <> 'SNAPSHOT' OR message_store.category($4::varchar) NOT LIKE '%:snapshot')
    ORDER BY messages.position DESC
    LIMIT $2
  ) AS messages
) AS page
WHERE page.before <= $3
ORDER BY page.position DESC
