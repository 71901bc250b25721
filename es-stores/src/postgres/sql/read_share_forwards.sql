-- The rule of Message DB's consumer groups: a hash of the id up to its first +.
SELECT stream, version, position, time, id, type, metadata, data, bytes
FROM {schema}.events
WHERE category = $1 AND position >= $2 AND position <= $3
  AND mod(abs(('x' || left(md5(split_part(substr(stream, strpos(stream, '-') + 1), '+', 1)), 16))::bit(64)::bigint), $5) = $6
ORDER BY category, position
LIMIT $4
