INSERT INTO events (stream_id, category_id, version, time, id, type, metadata, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
