-- What stands in some ranges of some streams, `last` exclusive.
SELECT ranges.place, messages.position, messages.id, messages.global_position
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS ranges (name, first, last, place)
CROSS JOIN LATERAL (
  SELECT messages.id, messages.position, messages.global_position
  FROM message_store.messages
  WHERE messages.stream_name = ranges.name
    AND messages.position >= ranges.first
    AND messages.position < ranges.last
  ORDER BY messages.position
) AS messages
ORDER BY ranges.place, messages.position
