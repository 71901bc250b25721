-- Each with its last event.
SELECT streams.name, streams.version, events.position, events.time, events.type
FROM streams
CROSS JOIN events ON events.stream_id = streams.id AND events.version = streams.version
WHERE streams.name > ?1
ORDER BY streams.name
LIMIT ?2
