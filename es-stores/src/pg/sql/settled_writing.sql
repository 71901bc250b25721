-- The lock that every insert takes on the table; no other lock tells who is writing.
SELECT pg_is_in_recovery(), coalesce(array_agg(virtualtransaction), '{}')
FROM pg_locks
WHERE locktype = 'relation' AND relation = '{events}'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
