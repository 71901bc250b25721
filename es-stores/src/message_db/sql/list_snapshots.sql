-- The last of ours in each stream, under the name of the aggregate's own; those with our suffix, where there is one.
SELECT
  regexp_replace(
    left(snapshots.stream_name, length(snapshots.stream_name) - CASE WHEN $3 = '' THEN 0 ELSE length($3) + 1 END),
    ':snapshot-', '-'
  ),
  (snapshots.ours ->> 'version')::bigint,
  to_timestamp(0) + (snapshots.ours ->> 'time')::bigint * interval '1 microsecond',
  ('x' || lpad(snapshots.ours ->> 'fingerprint', 16, '0'))::bit(64)::bigint,
  octet_length((snapshots.data -> '_es')::text)::bigint
FROM (
  SELECT DISTINCT ON (m.stream_name) m.stream_name, m.metadata -> '_es' AS ours, m.data
  FROM message_store.messages AS m
  WHERE m.type = 'SNAPSHOT'
    AND m.metadata ? '_es'
    AND m.stream_name > $1
    AND ($3 = '' OR right(m.stream_name, length($3) + 1) = '+' || $3)
  ORDER BY m.stream_name, m.position DESC
) AS snapshots
ORDER BY snapshots.stream_name
LIMIT $2::bigint
