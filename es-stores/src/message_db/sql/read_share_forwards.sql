-- Snapshots are no events. Message DB's rule of consumer groups, `hash_64(cardinal_id(…))`, written out: three functions in
-- plpgsql for each message take most of the time of a read.
SELECT
{columns}
FROM message_store.messages
WHERE message_store.category(stream_name) = $1
  AND global_position >= $2
  AND global_position <= $3
  AND (type <> 'SNAPSHOT' OR $1 NOT LIKE '%:snapshot')
  AND mod(abs(('x' || left(md5(split_part(substr(stream_name, nullif(strpos(stream_name, '-'), 0) + 1), '+', 1)), 16))::bit(64)::bigint), $5) = $6
ORDER BY global_position
LIMIT $4
