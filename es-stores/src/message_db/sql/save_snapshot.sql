-- Behind the lock of its category. A snapshot of ours stays where it has seen more by the same
-- rules.
SELECT message_store.write_message($1::uuid::varchar, $2::varchar, 'SNAPSHOT', $3::jsonb, $4::jsonb)
WHERE NOT EXISTS (
  SELECT
  FROM (
    SELECT messages.metadata -> '_es' AS ours
    FROM message_store.messages
    WHERE messages.stream_name = $2
      AND messages.type = 'SNAPSHOT'
      AND messages.metadata ? '_es'
    ORDER BY messages.position DESC
    LIMIT 1
  ) AS standing
  WHERE standing.ours -> 'fingerprint' = $4 -> '_es' -> 'fingerprint'
    AND standing.ours -> 'version' > $4 -> '_es' -> 'version'
)
