-- Version 1.

CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE {schema}.schema_version (
    version integer NOT NULL
);

-- The sequence behind `position` must keep its cache of 1, and a position must be taken by a statement that inserts events
-- alone: behind the lock of the table, which is what readers wait for.
CREATE TABLE {schema}.events (
    position bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME {schema}.positions) PRIMARY KEY,
    version  bigint NOT NULL,
    time     timestamptz NOT NULL,
    id       uuid NOT NULL,
    stream   text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    type     text COLLATE "C" NOT NULL,
    metadata json,   -- NULL where there is none
    data     json,   -- the payload as it came, where it is JSON; `json` keeps every letter of it
    bytes    bytea,  -- the payload where it is not
    CHECK ((data IS NULL) <> (bytes IS NULL))
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- What stands in a stream is known by this index alone. Of two who append behind the same version it lets one through.
CREATE UNIQUE INDEX events_by_stream ON {schema}.events (stream, version);

CREATE INDEX events_by_category ON {schema}.events (category, position);

CREATE TABLE {schema}.snapshots (
    stream      text COLLATE "C" PRIMARY KEY,
    version     bigint NOT NULL,
    time        timestamptz NOT NULL,
    fingerprint bigint NOT NULL,
    state       bytea NOT NULL
);

-- The current state of each aggregate that is state-stored. One that was removed leaves its version.
CREATE TABLE {schema}.states (
    stream   text COLLATE "C" PRIMARY KEY,
    category text COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    time     timestamptz NOT NULL,  -- of its last write
    id       uuid NOT NULL,         -- of its last write
    data     json                   -- NULL where it was removed
);

CREATE INDEX states_by_category ON {schema}.states (category, stream);

INSERT INTO {schema}.schema_version (version) VALUES (1);
