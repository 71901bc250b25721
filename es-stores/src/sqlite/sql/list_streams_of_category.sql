-- Names begin with their category and a -, behind which . comes next.
SELECT streams.name, streams.version, events.position, events.time, events.type
FROM streams
CROSS JOIN events ON events.stream_id = streams.id AND events.version = streams.version
WHERE streams.name > ?1 AND streams.name > ?3 || '-' AND streams.name < ?3 || '.'
ORDER BY streams.name
LIMIT ?2
