SELECT streams.name, events.version, events.position, events.time, events.id, events.type, events.metadata, events.data
FROM events
CROSS JOIN streams ON streams.id = events.stream_id
WHERE events.position <= ?1
ORDER BY events.position DESC
