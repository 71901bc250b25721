SELECT count(*), max(position) FILTER (WHERE position = $1 + nth), max(position)
FROM (
  SELECT global_position AS position, row_number() OVER (ORDER BY global_position) AS nth
  FROM message_store.messages
  WHERE global_position > $1
  ORDER BY global_position
  LIMIT $2
) AS behind
