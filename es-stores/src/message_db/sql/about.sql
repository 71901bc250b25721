SELECT
  current_setting('server_version'),
  message_store.message_store_version()::text,
  pg_total_relation_size('message_store.messages')::bigint
