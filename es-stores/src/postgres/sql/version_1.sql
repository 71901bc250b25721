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

-- The sequence behind `position` must keep its cache of 1, and a position must be taken by `append` alone: behind the lock of
-- the table, which is what readers wait for.
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
-- how many events it gets; the events with the place of their stream among them, from 1, and their own in it, from 1.
--
-- Answers for each stream, in order: the version it was at, whether its unit was written, the position of its last new event;
-- where its unit was not written, the ids and positions that stand behind the version it expected.
CREATE FUNCTION {schema}.append(
    p_names text[], p_categories text[], p_units int[], p_expected bigint[], p_counts bigint[],
    e_streams int[], e_places bigint[], e_times timestamptz[], e_ids uuid[], e_types text[], e_metadata json[], e_data json[],
    e_bytes bytea[]
)
RETURNS TABLE (before bigint, written boolean, last_position bigint, standing_ids uuid[], standing_positions bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    v_count   int := cardinality(p_names);
    v_ids     bigint[] := array_fill(NULL::bigint, ARRAY[v_count]);
    v_before  bigint[] := array_fill(0::bigint, ARRAY[v_count]);
    v_last    bigint[] := v_ids;
    v_unfit   int[] := '{}';
    v_place   int := 1;
    r         record;
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

    -- In the order of names, whoever locks them: nobody waits for somebody who waits for them.
    FOR r IN
        SELECT s.id, s.version, s.name FROM {schema}.streams s WHERE s.name = ANY (p_names) ORDER BY s.name FOR NO KEY UPDATE
    LOOP
        WHILE p_names[v_place] <> r.name LOOP
            v_place := v_place + 1;
        END LOOP;
        v_ids[v_place] := r.id;
        v_before[v_place] := r.version;
    END LOOP;

    FOR i IN 1 .. v_count LOOP
        IF p_expected[i] >= 0 AND p_expected[i] <> v_before[i] THEN
            v_unfit := v_unfit || p_units[i];
        END IF;
    END LOOP;

    UPDATE {schema}.streams s
    SET version = s.version + n.count
    FROM unnest(v_ids, p_units, p_counts) AS n (id, unit, count)
    WHERE s.id = n.id AND n.count > 0 AND n.unit <> ALL (v_unfit);

    FOR r IN
        WITH new AS (
            INSERT INTO {schema}.events (stream_id, version, time, id, stream, category, type, metadata, data, bytes)
            SELECT s.id, s.before + e.place, e.time, e.id, s.name, s.category, e.type, e.metadata, e.data, e.bytes
            FROM unnest(e_streams, e_places, e_times, e_ids, e_types, e_metadata, e_data, e_bytes)
                 WITH ORDINALITY AS e (stream, place, time, id, type, metadata, data, bytes, nth)
            JOIN unnest(v_ids, v_before, p_names, p_categories, p_units)
                 WITH ORDINALITY AS s (id, before, name, category, unit, nth) ON s.nth = e.stream
            WHERE s.unit <> ALL (v_unfit)
            ORDER BY e.nth
            RETURNING stream_id, position
        )
        SELECT new.stream_id, max(new.position) AS position FROM new GROUP BY new.stream_id
    LOOP
        v_last[array_position(v_ids, r.stream_id)] := r.position;
    END LOOP;

    FOR i IN 1 .. v_count LOOP
        before := v_before[i];
        written := p_units[i] <> ALL (v_unfit);
        last_position := v_last[i];
        standing_ids := NULL;
        standing_positions := NULL;
        IF NOT written AND p_expected[i] >= 0 AND p_expected[i] < v_before[i] THEN
            SELECT array_agg(e.id ORDER BY e.version), array_agg(e.position ORDER BY e.version)
            INTO standing_ids, standing_positions
            FROM {schema}.events e
            WHERE e.stream_id = v_ids[i] AND e.version > p_expected[i] AND e.version <= p_expected[i] + p_counts[i];
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

INSERT INTO {schema}.schema_version (version) VALUES (1);
