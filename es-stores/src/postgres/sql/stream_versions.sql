SELECT coalesce((SELECT e.version FROM {schema}.events e WHERE e.stream = n.stream ORDER BY e.version DESC LIMIT 1), 0)
FROM unnest($1::text[]) WITH ORDINALITY AS n (stream, place)
ORDER BY n.place
