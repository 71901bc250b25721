-- Streams by their first message, behind that of the stream $1; then the last of each. Snapshots are no events.
SELECT
  first.stream_name,
  m.position + 1,
  m.global_position,
  {time},
  m.type
FROM (
  SELECT first.stream_name, first.global_position
  FROM message_store.messages AS first
  WHERE first.position = 0
    AND first.global_position > coalesce(
      (
        SELECT told.global_position
        FROM message_store.messages AS told
        WHERE told.stream_name = $1 AND told.position = 0
      ),
      0
    )
    AND (first.type <> 'SNAPSHOT' OR message_store.category(first.stream_name) NOT LIKE '%:snapshot')
    {category}
  ORDER BY first.global_position
  LIMIT $2::bigint
) AS first
CROSS JOIN LATERAL (
  SELECT *
  FROM message_store.messages AS last
  WHERE last.stream_name = first.stream_name
  ORDER BY last.position DESC
  LIMIT 1
) AS m
ORDER BY first.global_position
