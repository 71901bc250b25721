SELECT events.version, events.type, events.time, events.data, events.position, events.id, events.metadata, streams.name
FROM events INDEXED BY events_by_category
CROSS JOIN streams ON streams.id = events.stream_id
WHERE events.category_id = (SELECT id FROM categories WHERE name = ?1) AND events.position >= ?2
ORDER BY events.position
