SELECT events.version, events.type, events.time, events.data, events.position, events.id, events.metadata, streams.name
FROM events
CROSS JOIN streams ON streams.id = events.stream_id
WHERE events.position <= ?1
ORDER BY events.position DESC
