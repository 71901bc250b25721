-- The lock that every insert takes on the table, not the category's advisory lock: that one may be
-- held by a session which writes nothing.
SELECT pg_is_in_recovery(), coalesce(array_agg(virtualtransaction), '{}')
FROM pg_locks
WHERE locktype = 'relation'
  AND relation = 'message_store.messages'::regclass
  AND mode = 'RowExclusiveLock'
  AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
