-- The first events behind a version of each stream, at most so many.
SELECT p.place, e.id, e.position
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS p (stream, after, count, place)
CROSS JOIN LATERAL (
    SELECT e.id, e.position, e.version FROM {schema}.events e
    WHERE e.stream = p.stream AND e.version > p.after
    ORDER BY e.version
    LIMIT p.count
) AS e
ORDER BY p.place, e.version
