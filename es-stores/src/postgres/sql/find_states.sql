SELECT n.place, s.version, s.id, s.removed
FROM unnest($1::text[]) WITH ORDINALITY AS n (stream, place)
CROSS JOIN LATERAL (
    SELECT s.version, s.id, s.data IS NULL AS removed FROM {schema}.states s WHERE s.stream = n.stream
) AS s
