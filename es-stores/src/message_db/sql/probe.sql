-- What there is of Message DB, and what is missing of what the store calls.
SELECT
  to_regclass('message_store.messages') IS NOT NULL,
  ARRAY(
    SELECT needed
    FROM unnest(ARRAY[
      'message_store.message_store_version()',
      'message_store.write_message(varchar, varchar, varchar, jsonb, jsonb, bigint)',
      'message_store.acquire_lock(varchar)',
      'message_store.hash_64(varchar)',
      'message_store.category(varchar)'
    ]) AS needed
    WHERE to_regprocedure(needed) IS NULL
  ),
  current_setting('fsync')::boolean AND current_setting('synchronous_commit') <> 'off'
