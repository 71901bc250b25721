-- The states of these names, in their order, locked: whoever writes one of them waits.
SELECT n.place, s.version, s.id, s.removed
FROM unnest($1::text[]) WITH ORDINALITY AS n (stream, place)
CROSS JOIN LATERAL (
    SELECT s.version, s.id, s.data IS NULL AS removed FROM {schema}.states s WHERE s.stream = n.stream FOR UPDATE
) AS s
