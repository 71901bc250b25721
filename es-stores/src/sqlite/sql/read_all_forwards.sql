SELECT events.version, events.position, events.time, events.id, events.type, events.metadata, events.data, streams.name
FROM events
CROSS JOIN streams ON streams.id = events.stream_id
WHERE events.position >= ?1
ORDER BY events.position
