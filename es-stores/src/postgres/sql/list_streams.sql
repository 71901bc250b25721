-- From one stream's name to the next, by the index that begins with it; then the last event of each.
WITH RECURSIVE streams (stream, nth) AS (
    (
        SELECT e.stream, 1::bigint
        FROM {schema}.events e
        WHERE e.stream > $1::text {below}
        ORDER BY e.stream
        LIMIT least($2::bigint, 1)
    )
    UNION ALL
    SELECT behind.stream, streams.nth + 1
    FROM streams
    CROSS JOIN LATERAL (
        SELECT e.stream
        FROM {schema}.events e
        WHERE e.stream > streams.stream {below}
        ORDER BY e.stream
        LIMIT 1
    ) AS behind
    WHERE streams.nth < $2::bigint
)
SELECT streams.stream, last.version, last.position, last.time, last.type
FROM streams
CROSS JOIN LATERAL (
    SELECT e.version, e.position, e.time, e.type
    FROM {schema}.events e
    WHERE e.stream = streams.stream
    ORDER BY e.version DESC
    LIMIT 1
) AS last
ORDER BY streams.nth
