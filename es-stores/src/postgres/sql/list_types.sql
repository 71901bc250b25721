-- This looks at every event.
SELECT category,
       type,
       count(*),
       count(*) FILTER (WHERE version = 1),
       sum(coalesce(octet_length(data::text), octet_length(bytes)) + coalesce(octet_length(metadata::text), 0))::bigint,
       min(time),
       max(time)
FROM {schema}.events
GROUP BY category, type
ORDER BY category, type
