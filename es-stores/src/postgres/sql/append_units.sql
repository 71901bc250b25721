-- Any units, each whole or not at all. The streams come each once, with the number of their unit and the version it expects
-- (-1: any); the events with the place of their stream among them, from 1, and their own in it, from 1.
--
-- Answers the version that each stream was at, which tells what fits, and the positions of the new events, in order. Positions
-- are in the order of the units; rows are inserted in the order of names, so that nobody waits for somebody who waits for them.
WITH parts AS MATERIALIZED (
    SELECT p.stream, p.category, p.unit, p.expected, p.place,
           coalesce((SELECT e.version FROM {schema}.events e WHERE e.stream = p.stream ORDER BY e.version DESC LIMIT 1), 0) AS before
    FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) WITH ORDINALITY AS p (stream, category, unit, expected, place)
)
, unfit AS MATERIALIZED (
    SELECT unit FROM parts WHERE expected >= 0 AND expected <> before
)
, numbered AS MATERIALIZED (
    SELECT nextval('{schema}.positions') AS position, p.stream, p.before + n.place AS version, p.category,
           n.time, n.id, n.type, n.metadata, n.data, n.bytes
    FROM unnest($5::bigint[], $6::bigint[], $7::timestamptz[], $8::uuid[], $9::text[], $10::json[], $11::json[], $12::bytea[])
        WITH ORDINALITY AS n (stream, place, time, id, type, metadata, data, bytes, nth)
    JOIN parts p ON p.place = n.stream
    WHERE p.unit NOT IN (SELECT unit FROM unfit)
    ORDER BY n.nth
)
, new AS (
    INSERT INTO {schema}.events (position, stream, version, category, time, id, type, metadata, data, bytes) OVERRIDING SYSTEM VALUE
    SELECT position, stream, version, category, time, id, type, metadata, data, bytes
    FROM numbered
    ORDER BY stream, version
)
SELECT (SELECT array_agg(before ORDER BY place) FROM parts), (SELECT array_agg(position ORDER BY position) FROM numbered)
