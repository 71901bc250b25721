-- A lock for each category, in an order that all writers share, so that no two wait for each other.
SELECT message_store.acquire_lock(categories.name)
FROM (
  SELECT DISTINCT name, message_store.hash_64(name) AS hash
  FROM unnest($1::varchar[]) AS name
  ORDER BY hash
) AS categories
