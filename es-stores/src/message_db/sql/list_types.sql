-- This looks at every message. Snapshots are no events.
SELECT
  types.category,
  types.type,
  count(*),
  count(*) FILTER (WHERE types.position = 0),
  sum(types.bytes)::bigint,
  min(types.time),
  max(types.time)
FROM (
  SELECT
    split_part(m.stream_name, '-', 1) COLLATE "C" AS category,
    m.type COLLATE "C" AS type,
    m.position,
    octet_length(m.data::text) + coalesce(octet_length(m.metadata::text), 0) AS bytes,
    {time} AS time
  FROM message_store.messages AS m
  WHERE m.type <> 'SNAPSHOT' OR split_part(m.stream_name, '-', 1) NOT LIKE '%:snapshot'
) AS types
GROUP BY types.category, types.type
ORDER BY types.category, types.type
