SELECT events.version, events.position, events.time, events.id, events.type, events.metadata, events.data
FROM streams
CROSS JOIN events ON events.stream_id = streams.id
WHERE streams.name = ?1 AND events.version <= ?2
ORDER BY events.version DESC
