-- Version 1.

CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE {schema}.schema_version (
    version integer NOT NULL
);

-- One row a stream. An append locks the row, and that alone: `version` is in no index, so that its updates stay on the page.
CREATE TABLE {schema}.streams (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version  bigint NOT NULL CHECK (version >= 0),  -- 0: somebody wanted to begin it and did not
    name     text COLLATE "C" NOT NULL UNIQUE,
    category text COLLATE "C" NOT NULL
) WITH (fillfactor = 80);

-- The sequence behind `position` must keep its cache of 1, and a position must be taken by inserting an event alone: behind
-- the lock of the table, which is what readers wait for.
CREATE TABLE {schema}.events (
    position  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id bigint NOT NULL,
    version   bigint NOT NULL,
    time      timestamptz NOT NULL,
    id        uuid NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    category  text COLLATE "C" NOT NULL,
    type      text COLLATE "C" NOT NULL,
    metadata  json,   -- NULL where there is none
    data      json,   -- the payload as it came, where it is JSON; `json` keeps every letter of it
    bytes     bytea,  -- the payload where it is not
    CHECK ((data IS NULL) <> (bytes IS NULL))
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE UNIQUE INDEX events_by_stream ON {schema}.events (stream_id, version);

CREATE INDEX events_by_category ON {schema}.events (category, position);

CREATE TABLE {schema}.snapshots (
    stream      text COLLATE "C" PRIMARY KEY,
    version     bigint NOT NULL,
    time        timestamptz NOT NULL,
    fingerprint bigint NOT NULL,
    state       bytea NOT NULL
);

-- Appends a batch of units in one transaction, each whole or not at all, without an error where one does not fit.
--
-- The streams come each once, in the order of their names, with the number of their unit, the version it expects (-1: any) and
-- how many events it gets; the events with the place of their stream among them, from 1, and their own in it, from 1. Columns
-- that stand in no event may come empty.
--
-- Answers the version that each stream was at, which tells what fits, and the positions of the new events, in order. Where a
-- unit was not written, also what stands behind the versions it expected, with the places of its streams.
CREATE FUNCTION {schema}.append(
    p_names text[], p_categories text[], p_units int[], p_expected bigint[], p_counts bigint[],
    e_streams int[], e_places bigint[], e_times timestamptz[], e_ids uuid[], e_types text[], e_metadata json[], e_data json[],
    e_bytes bytea[],
    OUT before bigint[], OUT positions bigint[],
    OUT standing_streams int[], OUT standing_ids uuid[], OUT standing_positions bigint[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_ids   bigint[];
    v_unfit int[];
BEGIN
    IF -1 = ANY (p_expected) OR 0 = ANY (p_expected) THEN
        INSERT INTO {schema}.streams (version, name, category)
        SELECT 0, n.name, n.category
        FROM unnest(p_names, p_categories, p_expected, p_counts) AS n (name, category, expected, count)
        WHERE n.expected <= 0 AND n.count > 0
          AND NOT EXISTS (SELECT FROM {schema}.streams s WHERE s.name = n.name)
        ORDER BY n.name COLLATE "C"
        ON CONFLICT (name) DO NOTHING;
    END IF;

    -- One after the other in the order of names, whoever locks them: nobody waits for somebody who waits for them.
    SELECT array_agg(s.id), coalesce(array_agg(coalesce(s.version, 0)), '{}'),
           coalesce(array_agg(n.unit) FILTER (WHERE n.expected >= 0 AND n.expected <> coalesce(s.version, 0)), '{}')
    INTO v_ids, before, v_unfit
    FROM unnest(p_names, p_units, p_expected) AS n (name, unit, expected)
    LEFT JOIN LATERAL (
        SELECT s.id, s.version FROM {schema}.streams s WHERE s.name = n.name FOR NO KEY UPDATE
    ) AS s ON true;

    WITH moved AS (
        UPDATE {schema}.streams s
        SET version = s.version + n.count
        FROM unnest(v_ids, p_units, p_counts) AS n (id, unit, count)
        WHERE s.id = n.id AND n.count > 0 AND n.unit <> ALL (v_unfit)
    ), new AS (
        INSERT INTO {schema}.events (stream_id, version, time, id, stream, category, type, metadata, data, bytes)
        SELECT v_ids[e.stream], before[e.stream] + e.place, e.time, e.id, p_names[e.stream], p_categories[e.stream], e.type,
               e.metadata, e.data, e.bytes
        FROM unnest(e_streams, e_places, e_times, e_ids, e_types, e_metadata, e_data, e_bytes)
             WITH ORDINALITY AS e (stream, place, time, id, type, metadata, data, bytes, nth)
        WHERE p_units[e.stream] <> ALL (v_unfit)
        ORDER BY e.nth
        RETURNING position
    )
    SELECT array_agg(new.position ORDER BY new.position) INTO positions FROM new;

    IF v_unfit <> '{}' THEN
        SELECT array_agg(n.place ORDER BY n.place, e.version), array_agg(e.id ORDER BY n.place, e.version),
               array_agg(e.position ORDER BY n.place, e.version)
        INTO standing_streams, standing_ids, standing_positions
        FROM generate_subscripts(p_names, 1) AS n (place)
        JOIN {schema}.events e
          ON e.stream_id = v_ids[n.place] AND e.version > p_expected[n.place]
         AND e.version <= least(p_expected[n.place], 9223372036854775807 - p_counts[n.place]) + p_counts[n.place]
        WHERE p_expected[n.place] >= 0 AND p_units[n.place] = ANY (v_unfit);
    END IF;
END
$$;

INSERT INTO {schema}.schema_version (version) VALUES (1);
