SELECT events.version, events.type, events.time, events.data, events.position, events.id, events.metadata
FROM streams
CROSS JOIN events ON events.stream_id = streams.id
WHERE streams.name = ?1 AND events.version >= ?2
ORDER BY events.version
