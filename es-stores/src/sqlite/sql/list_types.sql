-- By the numbers of categories, and their names at the end: this looks at every event.
SELECT categories.name, types.type, types.events, types.begun, types.bytes, types.first, types.last
FROM (
    SELECT category_id,
           type,
           count(*) AS events,
           sum(version = 1) AS begun,
           sum(octet_length(data) + coalesce(octet_length(metadata), 0)) AS bytes,
           min(time) AS first,
           max(time) AS last
    FROM events
    GROUP BY category_id, type
) AS types
JOIN categories ON categories.id = types.category_id
ORDER BY categories.name, types.type
