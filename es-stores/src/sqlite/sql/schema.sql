-- Version 1. Two processes may run this at once: it runs inside BEGIN EXCLUSIVE, after a look whether it is needed.

CREATE TABLE categories (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE streams (
    id          INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL UNIQUE
) STRICT;

-- AUTOINCREMENT: the position of an event that somebody deleted by hand is never given to another.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id   INTEGER NOT NULL REFERENCES streams (id),
    category_id INTEGER NOT NULL REFERENCES categories (id),
    version     INTEGER NOT NULL,
    time        INTEGER NOT NULL,  -- microseconds since 1970-01-01T00:00:00Z
    id          BLOB NOT NULL,     -- the 16 bytes of a UUID
    type        TEXT NOT NULL,
    metadata    ANY,               -- JSON, or NULL where there is none
    data        ANY NOT NULL       -- the bytes as they came: TEXT where they are UTF-8, else BLOB
) STRICT;

CREATE UNIQUE INDEX events_by_stream ON events (stream_id, version);

-- An index ends with the row's key, so each category is in the order of positions.
CREATE INDEX events_by_category ON events (category_id);

CREATE TABLE snapshots (
    stream      TEXT NOT NULL PRIMARY KEY,
    version     INTEGER NOT NULL,
    time        INTEGER NOT NULL,  -- microseconds since 1970-01-01T00:00:00Z
    fingerprint INTEGER NOT NULL,
    state       BLOB NOT NULL
) STRICT;

-- The current state of each aggregate that is state-stored. One that was removed leaves its version.
CREATE TABLE states (
    stream   TEXT NOT NULL PRIMARY KEY,
    category TEXT NOT NULL,
    version  INTEGER NOT NULL,
    time     INTEGER NOT NULL,  -- of its last write, in microseconds since 1970-01-01T00:00:00Z
    id       BLOB NOT NULL,     -- of its last write: the 16 bytes of a UUID
    data     ANY                -- JSON, as TEXT; NULL where it was removed
) STRICT;

CREATE INDEX states_by_category ON states (category, stream);

-- For people: names instead of numbers, times and ids as text.
CREATE VIEW event_log AS
SELECT events.position,
       streams.name AS stream,
       categories.name AS category,
       events.version,
       strftime('%Y-%m-%dT%H:%M:%S', (events.time - (events.time % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
           || printf('.%06dZ', (events.time % 1000000 + 1000000) % 1000000) AS time,
       lower(substr(hex(events.id), 1, 8) || '-' || substr(hex(events.id), 9, 4) || '-' || substr(hex(events.id), 13, 4)
           || '-' || substr(hex(events.id), 17, 4) || '-' || substr(hex(events.id), 21)) AS id,
       events.type,
       events.data,
       events.metadata
FROM events
JOIN streams ON streams.id = events.stream_id
JOIN categories ON categories.id = events.category_id;
